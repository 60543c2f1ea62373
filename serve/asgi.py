"""ASGI apps behind both doors: the same identity, log ids and guard as for WSGI apps, and a call for Lambda."""

import asyncio
import atexit
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .instance import Identity, headers_before, is_health_check, server_timing
from .logs import ids, ids_of
from .messages import (
    INTERNAL_ERROR,
    Response,
    check_bytes,
    check_value,
    error,
    field_names,
    one_length,
    status_code,
)
from .wsgi_call import is_number

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger(__name__)

_BAD_REQUEST = error("400 Bad Request")


def identify(
    app: Application, identity: Identity, *, build: str, health_path: str = "/health"
) -> Application:
    """`app` with the headers of serve.instance.identify in its HTTP responses."""

    async def identified(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        arrived = time.monotonic()
        query = scope.get("query_string", b"").decode("latin-1")
        counted = not is_health_check(scope["path"], query, health_path)
        extra = headers_before(identity, arrived, build, counted=counted)

        async def send_identified(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [*extra, *server_timing(arrived, counted=counted)]
                encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in added]
                message = {**message, "headers": [*message.get("headers", ()), *encoded]}
            await send(message)

        await app(scope, receive, send_identified)

    return identified


def follow(app: Application) -> Application:
    """`app`; each record that is logged while a request is served has the request's ids."""

    async def followed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            environ = {
                f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
                for name, value in scope["headers"]
            }
            ids.set(ids_of({**environ, "aws.context": scope.get("aws.context")}))
        await app(scope, receive, send)

    return followed


def guard(app: Application) -> Application:
    """`app` with a guard: a failure before its first byte becomes a 500 that shows nothing of the inside.

    A later SystemExit becomes an exception: it would end the server, and with it other requests. A failure after the
    response is logged.
    """

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        response = _Response(send)
        request = _Request(receive)
        try:
            await app(scope, request.receive, response.send)
            response.require_begun()
        except BaseException as failure:
            if isinstance(failure, KeyboardInterrupt | GeneratorExit):
                raise  # the process is to end, or this coroutine
            if not response.begun and request.is_cut_off:
                await response.answer(_BAD_REQUEST)
            elif not response.begun and not _is_given_up():
                log.exception("The app failed")
                await response.answer(INTERNAL_ERROR)
            elif response.is_whole and not _is_given_up():
                # A framework answers with a 500 of its own before it raises on, and background tasks run after the
                # response. gunicorn would take either for a client that has gone, and say nothing.
                log.exception("The app failed")
            elif isinstance(failure, SystemExit):
                raise RuntimeError("the app exited amid its response") from failure
            else:
                raise

    return guarded


class _Request:
    """Knows whether the client has gone in the middle of its body: then an error of the app is not the app's fault."""

    def __init__(self, receive: Receive) -> None:
        self.of_server = receive
        self.is_whole = False
        self.is_cut_off = False

    async def receive(self) -> Message:
        message = await self.of_server()
        if message["type"] == "http.disconnect":
            self.is_cut_off = not self.is_whole
        else:
            self.is_whole = not message.get("more_body")
        return message


class _Response:
    """Holds the app's status and headers back until the first event of a body, which may be empty."""

    def __init__(self, send: Send) -> None:
        self.to_server = send
        self.held: Message | None = None
        self.begun = False
        self.is_whole = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self.held or self.begun:
                raise RuntimeError("the app started its response twice")
            self.held = _checked(message)
            return
        if message["type"] == "http.response.body":
            check_bytes(message.get("body", b""))
        if self.held and message["type"] != "http.response.informational":
            start, self.held, self.begun = self.held, None, True
            await self.to_server(start)
        await self.to_server(message)
        self.is_whole |= message["type"] == "http.response.body" and not message.get("more_body")

    def require_begun(self) -> None:
        if not self.begun:
            raise RuntimeError("the app sent no response")

    async def answer(self, response: Response) -> None:
        """Send `response` instead of the app's."""
        status, headers, body = response
        encoded = [(name.encode(), value.encode()) for name, value in headers]
        await self.to_server({"type": "http.response.start", "status": int(status[:3]), "headers": encoded})
        await self.to_server({"type": "http.response.body", "body": body})


def _checked(start: Message) -> Message:
    """`start` unchanged. Raises ValueError if its status or headers are not valid in HTTP.

    Transfer-Encoding is the server's own (asgi.readthedocs.io/en/latest/specs/www.html).
    """
    status_code(str(start["status"]))
    headers: list[tuple[bytes, bytes]] = []
    length = None
    for name, value in start.get("headers", ()):
        kind, text = field_names[name.decode("latin-1")], value.decode("latin-1")
        check_value(text)
        if kind == "content-length":
            is_first, length = length is None, one_length(length, text)
            if not is_first:
                continue
        if kind != "transfer-encoding":
            headers.append((name, value))
    return {**start, "headers": headers}


def _is_given_up() -> bool:
    """Whether the server cancels this request, because its client is gone."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def to_scope(environ: "WSGIEnvironment") -> dict[str, Any]:
    """A WSGI environ as an ASGI scope (asgi.readthedocs.io/en/latest/specs/www.html)."""
    mount = environ["SCRIPT_NAME"].encode("latin-1")
    path = environ["PATH_INFO"].encode("latin-1")
    headers = [
        (key.removeprefix("HTTP_").lower().replace("_", "-").encode("latin-1"), value.encode("latin-1"))
        for key, value in environ.items()
        if key.startswith("HTTP_") or key in ("CONTENT_TYPE", "CONTENT_LENGTH")
    ]
    port = environ["SERVER_PORT"]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": environ["SERVER_PROTOCOL"].removeprefix("HTTP/"),
        "method": environ["REQUEST_METHOD"],
        "scheme": environ["wsgi.url_scheme"],
        # ASGI's path includes the prefix that root_path names.
        "path": (mount + path).decode("utf-8", "replace"),
        "raw_path": quote(mount + path, safe="/:@!$&'()*+,;=-._~").encode("ascii"),
        "query_string": environ["QUERY_STRING"].encode("latin-1"),
        "root_path": mount.decode("utf-8", "replace"),
        "headers": headers,
        "client": (environ["REMOTE_ADDR"], 0) if environ["REMOTE_ADDR"] else None,
        "server": (environ["SERVER_NAME"], int(port) if is_number(port) else None),
        **{key: value for key, value in environ.items() if key.startswith("aws.")},
    }


class Caller:
    """An ASGI app in this process. Its lifespan starts now and ends with the process; each call is one request."""

    def __init__(self, app: Application) -> None:
        # Mangum, which runs the cycles of ASGI, is loaded only for ASGI apps.
        from mangum.protocols import HTTPCycle, LifespanCycle  # noqa: PLC0415
        from mangum.protocols.http import HTTPCycleState  # noqa: PLC0415

        # Mangum would log each request. It still logs its errors.
        for name in ("mangum.http", "mangum.lifespan"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self.app = app
        self.http_cycle = HTTPCycle
        self.complete = HTTPCycleState.COMPLETE
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        lifespan = LifespanCycle(app, "auto")  # pyright: ignore[reportArgumentType]
        lifespan.__enter__()  # it ends with the process
        atexit.register(lifespan.__exit__, None, None, None)
        self.state = lifespan.lifespan_state

    def __call__(self, environ: "WSGIEnvironment") -> Response:
        """The app's whole response."""
        cycle: Any = self.http_cycle(*self.prepare(environ))  # pyright: ignore[reportArgumentType]
        answer = cycle(self.app)
        if cycle.state is not self.complete:
            # The app failed in the middle of its response; Mangum has logged it.
            return INTERNAL_ERROR
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer["headers"]]
        return str(answer["status"]), headers, answer["body"]

    def prepare(self, environ: "WSGIEnvironment") -> tuple[dict[str, Any], bytes]:
        """A request's scope and body; the loop is the current one."""
        # An asyncio.run() elsewhere, such as in the app, leaves no current loop behind.
        asyncio.set_event_loop(self.loop)
        # The app's own log records have the ids, in its task. Records about its response, made here, need them too.
        ids.set(ids_of(environ))
        return {**to_scope(environ), "state": self.state.copy()}, environ["wsgi.input"].read()
