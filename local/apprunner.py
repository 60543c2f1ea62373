"""App Runner on this machine: always at least one instance of gunicorn, more with load; a sick one is replaced.

Sources: docs.aws.amazon.com/apprunner/latest/dg/manage-autoscaling.html (concurrency, sizes),
.../manage-configure-healthcheck.html (health checks), .../develop.html (port, 120 s). Its front end is Envoy. App
Runner's pages do not say what Envoy adds to a request or answers itself; that follows Envoy's own documentation.
"""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace

import platforms
from local.http import front
from local.http.message import Answer, Headers, Request, end_to_end
from local.http.proxy import NoResponseError, TooLateError, is_sendable
from local.instances import health
from local.instances.health import HealthCheck, Watch
from local.instances.pool import RefusedError, StartError
from local.instances.process import Reaper
from local.instances.server import Backend, Server
from local.log import Log
from local.settings import Behaviour, Settings

# After so many seconds a deployment is given up if its instance is not healthy; the real time is not documented.
_START_SECONDS = 240


def text(status: int, body: str) -> Answer:
    """A short answer of Envoy's own."""
    length = str(len(body)).encode()
    return Answer(status, [(b"content-type", b"text/plain"), (b"content-length", length)], body.encode())


BAD_REQUEST = text(400, "Bad Request")
# App Runner has no WebSockets (github.com/aws/apprunner-roadmap, issue 13). This is Envoy's answer if they are not
# enabled (envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/upgrades).
NO_UPGRADE = text(403, "")
FAILURES: dict[type[Exception], Answer] = {
    RefusedError: text(429, "Too Many Requests"),
    StartError: text(503, "no healthy upstream"),
    NoResponseError: text(503, "upstream connect error or disconnect/reset before headers"),
    TooLateError: text(504, "upstream request timeout"),
}


def to_container(request: Request) -> Request:
    """`request` as the container gets it."""
    client = request.client
    forwarded = [value for name, value in request.headers if name == b"x-forwarded-for"]
    replaced = (b"x-forwarded-for", b"x-forwarded-proto", b"x-request-id", b"expect")
    headers = [
        (name, value)
        for name, value in end_to_end(request.headers)
        if name not in replaced and not name.startswith(b"x-envoy-")
    ]
    headers += [
        (b"x-forwarded-for", b",".join([*forwarded, client.address.encode()])),
        # The real front end always says https; here the client's own scheme keeps absolute links working.
        (b"x-forwarded-proto", client.scheme.encode()),
        (b"x-request-id", str(uuid.uuid4()).encode()),
    ]
    return replace(request, headers=headers)


def to_client(since: float, clock: Callable[[], float]) -> Callable[[Headers], Headers]:
    """The container's response headers as the client gets them. `since`: when the request came, on the clock."""

    def rewrite(headers: Headers) -> Headers:
        kept = [pair for pair in headers if pair[0] != b"server"]
        took = str(int((clock() - since) * 1000)).encode()
        return [*kept, (b"x-envoy-upstream-service-time", took), (b"server", b"envoy")]

    return rewrite


class Service:
    """App Runner's front end and the service behind it, as an ASGI application."""

    def __init__(
        self,
        settings: Settings,
        behaviour: Behaviour,
        log: Log,
        reaper: Reaper,
        check: HealthCheck | None = None,
    ) -> None:
        self._log = log
        self._watch = Watch(
            check or HealthCheck.of("apprunner", settings.health), _START_SECONDS, self._replace
        )
        self._backend = Backend(
            settings,
            behaviour,
            log,
            reaper,
            environment=lambda port: {"PORT": str(port)},
            ready=self._watch.become_healthy,
            grace=platforms.limit("apprunner", "stop_grace"),
        )

    async def begin(self) -> None:
        """Deploy: start the minimum and wait for its first instance. Raises SettingsError if that fails."""
        await health.deploy(self._backend.pool, "App Runner's first instance")

    async def close(self) -> None:
        """End every instance."""
        await self._watch.close()
        await self._backend.close()

    async def __call__(self, scope: front.Scope, receive: front.Receive, send: front.Send) -> None:
        """Answer one HTTP request."""
        clock = asyncio.get_running_loop().time
        request = front.request_of(scope, b"")
        rewrite = to_client(clock(), clock)
        answer = BAD_REQUEST
        if request.tunnel is not None:
            answer = NO_UPGRADE
        elif is_sendable(request):
            answer = await self._backend.answer(to_container(request), receive, send, rewrite, FAILURES)
        if answer:
            await front.respond(send, replace(answer, headers=rewrite(answer.headers)))

    async def _replace(self, server: Server, problem: str) -> None:
        self._log.event(f"instance {server.number} gone: {problem}")
        # From here on it gets no new request; those that it works on may end.
        self._backend.pool.lost(server.number)
        try:
            await server.instance.stop(platforms.limit("apprunner", "stop_grace"))
        finally:
            await server.instance.stop(0)
