"""An Application Load Balancer's own answers, and what it changes in a request. Pure.

Sources, by the names used below:
ERRORS   docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
HEADERS  .../x-forwarded-headers.html, with the load balancer's defaults
TRACING  .../load-balancer-request-tracing.html
SEEN     captured answers of real ones: their pages of 502 and 503, byte for byte
"""

import os
import time
from collections.abc import Mapping
from dataclasses import replace

import platforms
from local.http.message import Answer, Headers, Request, end_to_end
from local.http.proxy import NoResponseError, TooLateError, is_sendable
from local.instances.pool import RefusedError, StartError


def page(title: str) -> Answer:
    """The load balancer's page of an error, such as "502 Bad Gateway" (SEEN)."""
    lines = ("<html>", f"<head><title>{title}</title></head>", "<body>", f"<center><h1>{title}</h1></center>")
    body = "".join(f"{line}\r\n" for line in (*lines, "</body>", "</html>")).encode()
    return _own(int(title[:3]), [(b"content-type", b"text/html")], body)


def _own(status: int, headers: Headers, body: bytes = b"") -> Answer:
    measured = [*headers, (b"server", b"awselb/2.0"), (b"content-length", str(len(body)).encode())]
    return Answer(status, measured, body)


BAD_REQUEST = page("400 Bad Request")
METHOD_NOT_ALLOWED = page("405 Not Allowed")
URI_TOO_LONG = page("414 Request-URI Too Large")
# The load balancer's own status, which has no name.
TOO_MANY_ADDRESSES = _own(463, [])
FAILURES: Mapping[type[Exception], Answer] = {
    # No target is registered: the earlier tasks have ended, and no other is healthy yet.
    RefusedError: page("503 Service Temporarily Unavailable"),
    StartError: page("503 Service Temporarily Unavailable"),
    # The target refused the connection, closed it without an answer, or sent no HTTP.
    NoResponseError: page("502 Bad Gateway"),
    # The target sent nothing for as long as a connection may be idle.
    TooLateError: page("504 Gateway Time-out"),
}


def refusal(request: Request) -> Answer | None:
    """The load balancer's answer to a request that it passes to no target, or None (ERRORS)."""
    line = len(request.path) + len(request.query)
    longest = max((len(name) + len(value) for name, value in request.headers), default=0)
    if request.method == "TRACE":
        return METHOD_NOT_ALLOWED
    if line > platforms.limit("ecs", "request_line"):
        return URI_TOO_LONG
    if longest > platforms.limit("ecs", "header") or request.head_size > platforms.limit(
        "ecs", "request_head"
    ):
        return BAD_REQUEST
    if _forwarded_for(request).count(b",") >= platforms.limit("ecs", "forwarded_addresses"):
        return TOO_MANY_ADDRESSES
    return None if is_sendable(request) else BAD_REQUEST


def to_target(request: Request) -> Request:
    """`request` as the task gets it."""
    client = request.client
    forwarded = _forwarded_for(request)
    address = client.address.encode()
    replaced = (
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-port",
        b"x-amzn-trace-id",
        # The load balancer has answered the Expect header itself.
        b"expect",
    )
    headers = [(name, value) for name, value in end_to_end(request.headers) if name not in replaced]
    headers += [
        (b"x-forwarded-for", forwarded + b", " + address if forwarded else address),
        # The real one always says https and 443; here the client's own scheme and port keep absolute links working.
        (b"x-forwarded-proto", client.scheme.encode()),
        (b"x-forwarded-port", str(client.port).encode()),
        (b"x-amzn-trace-id", traced(request.header(b"x-amzn-trace-id") or b"", _new_id())),
    ]
    return replace(request, headers=headers)


def to_client(headers: Headers) -> Headers:
    """The task's response headers as the client gets them: all of them. Raises NoResponseError if they are too long."""
    if sum(len(name) + len(value) for name, value in headers) > platforms.limit("ecs", "response_head"):
        raise NoResponseError("the response's head is longer than the load balancer takes")
    return headers


def traced(given: bytes, new: bytes) -> bytes:
    """X-Amzn-Trace-Id as the task gets it: a new Root, or the load balancer's Self before the client's Root (TRACING).

    Other fields stay. It is not documented what happens to them without a Root.
    """
    fields = [
        field for part in given.split(b";") if (field := part.strip()) and not field.startswith(b"Self=")
    ]
    rooted = any(field.startswith(b"Root=") for field in fields)
    return b";".join([(b"Self=" if rooted else b"Root=") + new, *fields])


def _forwarded_for(request: Request) -> bytes:
    return b", ".join(value for name, value in request.headers if name == b"x-forwarded-for")


def _new_id() -> bytes:
    return f"1-{int(time.time()):08x}-{os.urandom(12).hex()}".encode()
