"""A platform's front HTTP server: bytes on a connection to requests, and answers back; uvicorn does the HTTP."""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import AsyncIterator, Generator
from typing import Any, TypeAlias

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.http.message import Answer, Client, Headers, Request, dated
from local.log import Log
from local.settings import SettingsError

Scope: TypeAlias = Any
Receive: TypeAlias = Any
Send: TypeAlias = Any

# The parser itself has no limit; no platform takes more.
LONGEST_HEAD = 65536


class ClientGoneError(Exception):
    """The client closed the connection before its request was whole."""


class BrokenResponseError(Exception):
    """The instance ended in the middle of a response; all that can be done is to break the connection off."""


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, where an endless head and a CONNECT get an answer too."""

    _head = 0
    _in_head = True

    def on_message_begin(self) -> None:
        self._head, self._in_head = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self.parser and self.parser.get_method() == b"CONNECT":
            # The parser never says that such a request is complete, so it would be waited for without end.
            self.send_400_response("CONNECT is for proxies")
        else:
            super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        if self._in_head and self._head > LONGEST_HEAD:
            return
        super().data_received(data)
        if not self._in_head or self.transport.is_closing():
            return
        self._head += len(data)
        if self._head > LONGEST_HEAD:
            text = b"Request Header Fields Too Large"
            head = b"HTTP/1.1 431 %b\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
            self.transport.write(head % (text, len(text)) + b"connection: close\r\n\r\n" + text)
            self.transport.close()


class Front(uvicorn.Server):
    """An ASGI application on one port of 127.0.0.1, without a header of its own and without signal handlers."""

    def __init__(self, app: Any, listening: socket.socket, log: Log) -> None:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            # The platforms' own rules for X-Forwarded-For and -Proto hold, not uvicorn's.
            proxy_headers=False,
            # As long as the longest of the platforms' fronts keep an idle connection, or longer.
            timeout_keep_alive=600,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._listening = listening
        _send_to(log)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._listening.getsockname()[1]

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals to the emulator."""
        yield

    async def serve_until_stopped(self) -> None:
        """Serve until `should_exit` is set."""
        await self.serve(sockets=[self._listening])


def listen(port: int) -> socket.socket:
    """A socket on 127.0.0.1. Raises SettingsError where the port is taken or not allowed."""
    # With the protocol named, asyncio sends without Nagle's delay; without it, each response is 40 ms late.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(2048)
    except OSError as problem:
        listening.close()
        reason = {errno.EADDRINUSE: "is in use", errno.EACCES: "needs more rights"}.get(problem.errno or 0)
        raise SettingsError(
            f"port {port} {reason or f'cannot be used: {problem}'}; choose another with --port, or 0 for any"
        ) from None
    return listening


async def read(scope: Scope, receive: Receive, limit: int) -> Request:
    """The whole request; of a body beyond `limit` bytes just enough to tell. Raises ClientGoneError."""
    body = bytearray()
    async for chunk in stream(receive):
        if len(body) <= limit:
            body += chunk
    return request_of(scope, bytes(body))


async def stream(receive: Receive) -> AsyncIterator[bytes]:
    """The request's body in pieces as they arrive. Raises ClientGoneError."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        yield message["body"]
        if not message["more_body"]:
            return


def request_of(scope: Scope, body: bytes) -> Request:
    """An ASGI scope as a request."""
    address, _ = scope["client"] or ("", 0)
    return Request(
        method=scope["method"],
        path=scope["raw_path"],
        query=scope["query_string"],
        headers=scope["headers"],
        body=body,
        client=Client(address, scope["scheme"], scope["server"][1]),
        protocol=f"HTTP/{scope['http_version']}",
        in_chunks=any(name == b"transfer-encoding" for name, _ in scope["headers"]),
    )


async def respond(send: Send, answer: Answer) -> None:
    """Send a whole answer."""
    await begin(send, answer.status, answer.headers)
    await send({"type": "http.response.body", "body": answer.body})


async def begin(send: Send, status: int, headers: Headers) -> None:
    """Send the head of a response; its body follows by `send`."""
    if status in (204, 304):
        # There is no body; uvicorn would insist on one of the length that a 304 may tell of.
        headers = [pair for pair in headers if pair[0] != b"content-length"]
    await send({"type": "http.response.start", "status": status, "headers": dated(headers)})


def _send_to(log: Log) -> None:
    """Uvicorn's own complaints are about clients; what is an error of this program goes to the log, in a line."""
    logger = logging.getLogger("uvicorn.error")
    logger.handlers = [_ToLog(log)]
    logger.propagate = False
    logger.setLevel(logging.ERROR)


class _ToLog(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        problem = record.exc_info[1] if record.exc_info else None
        if isinstance(problem, BrokenResponseError | asyncio.CancelledError):
            return
        detail = f": {type(problem).__name__}: {problem}" if problem else ""
        self._log.event(f"front: {record.getMessage().strip()}{detail}")
