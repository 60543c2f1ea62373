"""A platform's front HTTP server: reads requests from connections and sends answers back; uvicorn does the HTTP."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Generator
from typing import Any, TypeAlias

import httptools
import uvicorn
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.http.message import Answer, Client, Headers, Request, dated, host_of, malformed
from local.http.together import Together
from local.http.tunnel import Tunnel
from local.log import Log

Scope: TypeAlias = Any
Receive: TypeAlias = Any
Send: TypeAlias = Any

# The longest head. The parser itself has no limit, and no platform takes more.
LONGEST_HEAD = 65536


# uvicorn knows only the statuses below; a server may send any three digits.
httptools_impl.STATUS_LINE.update({status: b"HTTP/1.1 %d \r\n" % status for status in range(600, 1000)})


class ClientGoneError(Exception):
    """The client closed the connection before its request was whole, or before it had its answer."""


class BrokenResponseError(Exception):
    """The instance ended in the middle of a response, so the connection has to be broken off."""


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which here also answers an endless head, a CONNECT and an offer to change the protocol."""

    _head = 0
    _in_head = True
    _tunnel: Tunnel | None = None
    # The framing of a body behind an offer that is ignored; the parser takes it for what follows the request.
    _framing: tuple[bytes, ...] = ()
    _is_replayed = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(Together(transport))  # pyright: ignore[reportArgumentType] - in all but the name

    def on_message_begin(self) -> None:
        if not self._is_replayed:
            self._head, self._in_head = 0, True
            super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._is_replayed:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_replayed:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._is_replayed:
            return
        self._in_head = False
        if problem := malformed(self.parser.get_http_version(), self.headers):
            self.send_400_response(problem)
            return
        if host := host_of(self.url):
            # What the target says counts (RFC 9112, 3.2.2).
            self.headers[:] = [pair for pair in self.headers if pair[0] != b"host"] + [(b"host", host)]
        elif all(name != b"host" for name, _ in self.headers) and self.server:
            # Of HTTP/1.0. The instance gets the front end's name, not the address by which the front end reaches it
            # (docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html).
            self.headers.append((b"host", b"%s:%d" % (self.server[0].encode(), self.server[1] or 0)))
        if self.parser and self.parser.get_method() == b"CONNECT":
            # The parser never says that such a request is complete, so the front would wait for it for ever.
            self.send_400_response("CONNECT is for proxies")
            return
        if self.parser.should_upgrade():
            self._framing = tuple(
                name + b": " + value for name, value in self.headers if _frames_a_body(name, value)
            )
        if self._get_upgrade() == b"websocket" and not self._framing:
            self._tunnel = Tunnel(self.transport, self.flow, self._unhand)
            self.scope["tunnel"] = self._tunnel  # pyright: ignore[reportGeneralTypeIssues]
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self._framing:
            super().on_message_complete()

    def _unhand(self) -> None:
        # The tunnel has the connection now; uvicorn would complain that there is no response.
        self.cycle.disconnected = True

    def data_received(self, data: bytes) -> None:
        if self._tunnel is not None:
            self._tunnel.feed(data)
            return
        if self._in_head and self._head > LONGEST_HEAD:
            return
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._go_on(data[offer.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        if not self._in_head or self.transport.is_closing():
            return
        self._head += len(data)
        self._refuse_a_long_head()

    def _go_on(self, rest: bytes) -> None:
        """The client offered another protocol with this request, and sent `rest` after it.

        A server may ignore the offer (RFC 9110, 7.8). Then `rest` is the next request; the parser does not expect it.
        """
        if self._tunnel is not None:
            self._tunnel.feed(rest)
            return
        self.parser = httptools.HttpRequestParser(self)
        if self._framing:
            # The parser gets another head, from which it learns how long the body is.
            self._is_replayed = True
            self.parser.feed_data(b"\r\n".join([b"POST / HTTP/1.1", *self._framing, b"", b""]))
            self._is_replayed, self._framing = False, ()
        if rest:
            self.data_received(rest)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._tunnel is not None and not self.transport.is_closing():
            # No instance has taken the offer.
            rest, self._tunnel = self._tunnel.held(), None
            self._go_on(rest)

    def eof_received(self) -> None:
        if self._tunnel is not None:
            self._tunnel.feed_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._tunnel is not None:
            self._tunnel.feed_eof()
        super().connection_lost(exc)

    def _refuse_a_long_head(self) -> None:
        if self._head > LONGEST_HEAD:
            text = b"Request Header Fields Too Large"
            head = b"HTTP/1.1 431 %b\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
            self.transport.write(head % (text, len(text)) + b"connection: close\r\n\r\n" + text)
            self.transport.close()


def _frames_a_body(name: bytes, value: bytes) -> bool:
    return name == b"transfer-encoding" or (name == b"content-length" and value.strip() != b"0")


class Front(uvicorn.Server):
    """Serves an ASGI application on one port of 127.0.0.1; adds no header, and installs no signal handlers."""

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
            # X-Forwarded-For and -Proto follow the platforms' rules, not uvicorn's.
            proxy_headers=False,
            # At least as long as any platform's front keeps an idle connection.
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
        """Do nothing: the emulator handles the signals."""
        yield

    async def serve_until_stopped(self) -> None:
        """Serve until `should_exit` is set."""
        await self.serve(sockets=[self._listening])


async def read(scope: Scope, receive: Receive, limit: int) -> Request:
    """The whole request; of a body that exceeds `limit` bytes, just enough to see that. Raises ClientGoneError."""
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
        tunnel=scope.get("tunnel"),
        in_chunks=any(name == b"transfer-encoding" for name, _ in scope["headers"]),
    )


async def respond(send: Send, answer: Answer) -> None:
    """Send a whole answer."""
    await begin(send, answer.status, answer.headers)
    await send({"type": "http.response.body", "body": answer.body})


async def begin(send: Send, status: int, headers: Headers) -> None:
    """Send the head of a response; its body follows by `send`."""
    if status in (204, 304):
        # There is no body. A 304 may say the length of one, and uvicorn would insist on sending so many bytes.
        headers = [pair for pair in headers if pair[0] != b"content-length"]
    await send({"type": "http.response.start", "status": status, "headers": dated(headers)})


def _send_to(log: Log) -> None:
    """Log an error of this program in a line. Uvicorn's own warnings, which are about clients, are left out."""
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
