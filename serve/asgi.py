"""ASGI apps behind both doors: the same identity and log ids as WSGI apps get, and a call for Lambda."""

import asyncio
import atexit
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

from serve.instance import Identity, headers_before, server_timing
from serve.logs import ids, ids_of
from serve.messages import INTERNAL_ERROR, Request, Response, check_headers, header_value
from serve.wsgi_call import is_number, to_environ

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def identify(
    app: Application, identity: Identity, *, build: str, health_path: str = "/health"
) -> Application:
    """`app` with the headers of serve.instance.identify in its HTTP responses."""

    async def identified(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        arrived = time.monotonic()
        extra = headers_before(identity, arrived, build, counted=scope["path"] != health_path)

        async def send_identified(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [*extra, *server_timing(arrived, counted=scope["path"] != health_path)]
                encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in added]
                message = {**message, "headers": [*message.get("headers", ()), *encoded]}
            await send(message)

        await app(scope, receive, send_identified)

    return identified


def follow(app: Application) -> Application:
    """`app`, with the ids of each request known to every record that is logged while it is served."""

    async def followed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            ids.set(_ids_in(scope))
        await app(scope, receive, send)

    return followed


def _ids_in(scope: Scope) -> dict[str, Any]:
    environ = {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in scope["headers"]
    }
    return ids_of({**environ, "aws.context": scope.get("aws.context")})


def to_scope(request: Request) -> dict[str, Any]:
    """What the environ of `request` says, as an ASGI scope (asgi.readthedocs.io/en/latest/specs/www.html)."""
    environ = to_environ(request)
    path = request.path.encode("latin-1")
    mount = request.mount.encode("latin-1")
    headers = [
        (header_value(name.lower()).encode("latin-1"), header_value(value).encode("latin-1"))
        for name, value in request.headers
        if "_" not in name and name.lower() != "content-length"
    ]
    if length := environ.get("CONTENT_LENGTH"):
        headers.append((b"content-length", length.encode()))
    port = environ["SERVER_PORT"]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": request.protocol.removeprefix("HTTP/"),
        "method": request.method,
        "scheme": environ["wsgi.url_scheme"],
        # ASGI's path includes the prefix that root_path names.
        "path": (mount + path).decode("utf-8", "replace"),
        "raw_path": quote(mount + path, safe="/:@!$&'()*+,;=-._~").encode("ascii"),
        "query_string": request.query.encode("latin-1"),
        "root_path": mount.decode("utf-8", "replace"),
        "headers": headers,
        "client": (request.client, 0) if request.client else None,
        "server": (environ["SERVER_NAME"], int(port) if is_number(port) else None),
    }


class Caller:
    """An ASGI app in this process: its lifespan starts now, ends with the process, and each call is one request."""

    def __init__(self, app: Application) -> None:
        # Only ASGI apps pay for Mangum, which runs the cycles of ASGI.
        from mangum.protocols import HTTPCycle, LifespanCycle  # noqa: PLC0415
        from mangum.protocols.http import HTTPCycleState  # noqa: PLC0415

        self.app = app
        self.http_cycle = HTTPCycle
        self.complete = HTTPCycleState.COMPLETE
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        lifespan = LifespanCycle(app, "auto")  # pyright: ignore[reportArgumentType]
        lifespan.__enter__()  # it ends with the process
        atexit.register(lifespan.__exit__, None, None, None)
        self.state = lifespan.lifespan_state

    def __call__(self, request: Request, event: Any, context: Any) -> Response:
        """The app's whole response."""
        # An asyncio.run() of somebody else's leaves none behind.
        asyncio.set_event_loop(self.loop)
        scope = {**to_scope(request), "state": self.state.copy(), "aws.event": event, "aws.context": context}
        # What the app logs has them by itself, in its task; what is said of its response here needs them too.
        ids.set(_ids_in(scope))
        cycle: Any = self.http_cycle(scope, request.body)  # pyright: ignore[reportArgumentType]
        answer = cycle(self.app)
        if cycle.state is not self.complete:
            # The app failed midway; Mangum has told the log.
            return INTERNAL_ERROR
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer["headers"]]
        check_headers(headers)
        return Response(str(answer["status"]), headers, answer["body"])
