"""Cloud Run on this machine: requests to instances of gunicorn, from none up to the maximum and back.

Sources: cloud.google.com/run/docs/container-contract (variables, SIGTERM), .../about-instance-autoscaling (waiting at
the maximum, idle instances), .../configuring/healthchecks (the start-up probe), .../issues (reserved paths, methods,
decoded characters), .../troubleshooting (429, 503, 504), cloud.google.com/functions/docs/reference/headers (headers
that Google's front end adds and removes). Google's error pages are longer than the texts here.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import platforms
from local.http import front
from local.http.message import Answer, Headers, Request, end_to_end
from local.http.proxy import NoResponseError, TooLateError, is_sendable, unreserved_decoded
from local.instances import process
from local.instances.pool import RefusedError, StartError
from local.instances.process import Reaper
from local.instances.server import Backend, Server
from local.log import Log
from local.settings import Behaviour, Settings

SERVICE = "scale-to-zero"
REVISION = "scale-to-zero-00001-abc"

_TRACE_CONTEXT = re.compile(rb"([0-9a-f]{32})(/|;|$)")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-")


@dataclass(frozen=True)
class Trace:
    """A request's trace, in hexadecimal, and the span of the front end in it."""

    trace: str
    span: int

    @classmethod
    def of(cls, request: Request) -> "Trace":
        """The trace that the client began, by either header, or a new one."""
        begun = _TRACEPARENT.match(request.header(b"traceparent") or b"") or _TRACE_CONTEXT.match(
            request.header(b"x-cloud-trace-context") or b""
        )
        trace = begun[1].decode() if begun else os.urandom(16).hex()
        return cls(trace, int.from_bytes(os.urandom(8), "big") or 1)


def text(status: int, body: str) -> Answer:
    """A short answer of the front end's own."""
    headers = [
        (b"content-type", b"text/html; charset=UTF-8" if body.startswith("<") else b"text/plain"),
        (b"content-length", str(len(body)).encode()),
    ]
    return Answer(status, headers, body.encode())


BAD_REQUEST = text(400, "Bad Request")
NOT_FOUND = text(404, "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title><p><b>404.</b> That's an error.")
TOO_LARGE = text(413, "Request Entity Too Large")
METHOD_NOT_ALLOWED = text(405, "Method Not Allowed")
FAILURES: dict[type[Exception], Answer] = {
    RefusedError: text(429, "Rate exceeded."),
    StartError: text(503, "Service Unavailable"),
    NoResponseError: text(503, "upstream connect error or disconnect/reset before headers"),
    TooLateError: text(504, "upstream request timeout"),
}


def refusal(request: Request) -> Answer | None:
    """Google's own answer to a request that it does not pass on to the container, or None."""
    path = request.path
    # CONNECT is not passed on either, but front.py answers it.
    if request.method == "TRACE":
        return METHOD_NOT_ALLOWED
    # "Some paths that end with z" are reserved too. Only this path is known for certain.
    if path in (b"/eventlog", b"/healthz") or path.startswith(b"/_ah/"):
        return NOT_FOUND
    if int(request.header(b"content-length") or 0) > platforms.limit("gcp", "request_payload"):
        return TOO_LARGE
    return None if is_sendable(request) else BAD_REQUEST


def to_container(request: Request, trace: Trace) -> Request:
    """`request` as the container gets it."""
    client = request.client
    forwarded = b",".join(value for name, value in request.headers if name == b"x-forwarded-for")
    address = client.address.encode()
    replaced = (
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"forwarded",
        b"x-cloud-trace-context",
        b"traceparent",
        # The front end has answered the Expect header itself.
        b"expect",
    )
    headers = [
        (name, value)
        for name, value in end_to_end(request.headers)
        if name not in replaced and not name.startswith(b"x-google-")
    ]
    headers += [
        (b"x-forwarded-for", forwarded + b"," + address if forwarded else address),
        # The real front end always says https; here the client's own scheme keeps absolute links working.
        (b"x-forwarded-proto", client.scheme.encode()),
        (b"forwarded", f'for="{client.address}";proto={client.scheme}'.encode()),
        (b"x-cloud-trace-context", f"{trace.trace}/{trace.span};o=1".encode()),
        (b"traceparent", f"00-{trace.trace}-{trace.span:016x}-01".encode()),
    ]
    return replace(request, path=unreserved_decoded(request.path), headers=headers)


def to_client(trace: Trace) -> Callable[[Headers], Headers]:
    """The container's response headers as the client gets them."""

    def rewrite(headers: Headers) -> Headers:
        kept = [pair for pair in headers if pair[0] != b"server"]
        context = f"{trace.trace};o=1".encode()
        return [*kept, (b"x-cloud-trace-context", context), (b"server", b"Google Frontend")]

    return rewrite


def environment(port: int) -> dict[str, str]:
    """The variables that Cloud Run sets for a container."""
    return {
        "PORT": str(port),
        "K_SERVICE": SERVICE,
        "K_REVISION": REVISION,
        "K_CONFIGURATION": SERVICE,
    }


async def startup_probe(server: Server) -> str | None:
    """The default probe: TCP, on the port, for up to 240 s."""
    return await process.wait_for_port(server.instance, platforms.limit("gcp", "startup_probe_timeout"))


class Service:
    """Google's front end and the service behind it, as an ASGI application."""

    def __init__(self, settings: Settings, behaviour: Behaviour, log: Log, reaper: Reaper) -> None:
        self._backend = Backend(
            settings,
            behaviour,
            log,
            reaper,
            environment=environment,
            ready=startup_probe,
            grace=platforms.limit("gcp", "stop_grace"),
        )

    async def begin(self) -> None:
        """Start the minimum, if there is any."""
        self._backend.pool.begin()

    async def close(self) -> None:
        """End every instance."""
        await self._backend.close()

    async def __call__(self, scope: front.Scope, receive: front.Receive, send: front.Send) -> None:
        """Answer one HTTP request."""
        request = front.request_of(scope, b"")
        trace = Trace.of(request)
        rewrite = to_client(trace)
        answer = refusal(request) or await self._backend.answer(
            to_container(request, trace), receive, send, rewrite, FAILURES
        )
        if answer:
            await front.respond(send, replace(answer, headers=rewrite(answer.headers)))
