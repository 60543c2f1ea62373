"""A gunicorn worker for ASGI that ends when its requests have ended, and reads requests as its threaded worker does.

A platform's front end keeps its connections open. gunicorn's own ASGI worker would wait for them until its master kills
it. That takes all of the time that an instance has to end, the time is billed, and the app's lifespan does not end.
"""

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes

from gunicorn.asgi import protocol
from gunicorn.http.errors import InvalidHeader, InvalidRequestLine
from gunicorn.util import split_request_uri
from gunicorn.workers import gasgi

from . import gunicorn_port, patience
from .gunicorn_end import LINGER_SECONDS, grace
from .gunicorn_target import host_of

# The parts that are used here have no types.
Protocol: Any = protocol.ASGIProtocol
BodyReceiver: Any = protocol.BodyReceiver
ASGIWorker: Any = gasgi.ASGIWorker


class Body(BodyReceiver):
    """A request's body, which is waited for until its connection gives it up."""

    __slots__ = ()

    async def _wait_for_data(self) -> None:
        # gunicorn's own gives a body up after 30 silent seconds.
        if not (self._chunks or self._complete or self._disconnected):
            self._waiter = self.protocol.worker.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None


class Connection(Protocol):
    """A connection that its worker knows while it is idle, that is while the timer of keep-alive runs."""

    is_answered = False
    _throws_away = False
    _received = 0
    _waits_since = 0.0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Called when a client has connected; if it never sends anything, it is idle."""
        super().connection_made(transport)
        self._arm_keepalive_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called when the connection has ended."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _feed_callback_parser(self, data: bytes) -> bool:
        self._received += len(data)
        goes_on = super()._feed_callback_parser(data)
        body = self._body_receiver
        if not goes_on or (body is not None and body._complete):  # noqa: SLF001 - gunicorn has no other way
            self._wait_no_more()
            self._received = 0
        elif self._waiting is None:
            self._wait()
        return goes_on

    def _wait(self) -> None:
        """Wait for the rest of a request, of which some has come."""
        self._wait_no_more()
        self._cancel_keepalive_timer()
        loop = self.worker.loop
        self._waits_since = loop.time()
        self._waiting = loop.call_later(patience.left(0, self._received), self._give_up)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        """The time for the rest is over, unless more has come meanwhile, or the app was not ready for it."""
        body = self._body_receiver
        if self._reading_paused or (body is not None and body.expect_continue):
            self._wait()
            return
        left = patience.left(self.worker.loop.time() - self._waits_since, self._received)
        if left > 0:
            self._waiting = self.worker.loop.call_later(left, self._give_up)
            return
        self._send_error_response(408, patience.TOO_SLOW)
        self._keepalive_timeout()

    def _resume_reading(self) -> None:
        was_paused = self._reading_paused
        super()._resume_reading()
        if was_paused and self._waiting is not None:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Called with what a client has sent."""
        if not self._throws_away:
            super().data_received(data)

    def _close_transport(self) -> None:
        """End the connection; what of a request is still on the way is thrown away meanwhile.

        Else the system would reset the connection, which may take the answer with it (RFC 9112, 9.6).
        """
        body = self._body_receiver
        is_over = self in self.worker.idle or (body is not None and body._complete)  # noqa: SLF001
        # TLS knows no end of one direction alone.
        if self._closed or self.transport is None or is_over or not self.transport.can_write_eof():
            super()._close_transport()
            return
        self._closed = self._throws_away = True
        self._wait_no_more()
        self._resume_reading()
        # The system refuses it if the client has reset the connection meanwhile.
        with suppress(OSError):
            self.transport.write_eof()
        self.worker.loop.call_later(LINGER_SECONDS, self.transport.close)

    def eof_received(self) -> None:
        """The client sends no more: if a request is not whole, it never will be."""
        if self._throws_away:
            return
        body = self._body_receiver
        if self._callback_parser is not None and body is not None and not body._complete:  # noqa: SLF001
            self._send_error_response(400, "the body has been cut off")

    def _on_headers_complete(self) -> bool:
        self.is_answered = False
        goes_on = super()._on_headers_complete()
        _complete(self._current_request)
        return goes_on

    def _send_response_start(self, *arguments: Any, **named: Any) -> None:
        self.is_answered = True
        super()._send_response_start(*arguments, **named)
        # The guard sends it with the first event of a body: with that event's bytes, or alone if there are none.
        self.worker.loop.call_soon(self._send_head)

    def _send_head(self) -> None:
        if self._response_buffer:
            self._safe_write(self._response_buffer)
            self._response_buffer = None

    def _send_error_response(self, *arguments: Any, **named: Any) -> None:
        # In the middle of a response the client would take it for a part of the response, so the connection just ends.
        if not self.is_answered:
            self.is_answered = True
            super()._send_error_response(*arguments, **named)

    def _arm_keepalive_timer(self) -> None:
        super()._arm_keepalive_timer()
        self.worker.idle.add(self)
        if not self.worker.alive:
            self.end_soon()

    def end_soon(self) -> None:
        """End when the client has had the time to send what it may have begun; a request that comes is answered."""
        if self._keepalive_handle:
            self._keepalive_handle.cancel()
        self._keepalive_handle = self.worker.loop.call_later(LINGER_SECONDS, self._keepalive_timeout)

    def _cancel_keepalive_timer(self) -> None:
        super()._cancel_keepalive_timer()
        self.worker.idle.discard(self)


def _complete(request: Any) -> None:
    """Take a request's Host, cookies and target as WSGI has them. Raises InvalidHeader, InvalidRequestLine."""
    names = [name for name, _ in request.headers_bytes]
    if b"host" not in names and request.version == (1, 1):
        raise InvalidHeader("HOST")
    if host := host_of(request.uri):
        others = [pair for pair in request.headers_bytes if pair[0] != b"host"]
        request.headers_bytes = [*others, (b"host", host.encode("latin-1"))]
    if names.count(b"cookie") > 1:
        cookies = b"; ".join(value for name, value in request.headers_bytes if name == b"cookie")
        others = [pair for pair in request.headers_bytes if pair[0] != b"cookie"]
        request.headers_bytes = [*others, (b"cookie", cookies)]
    if not request.uri.startswith("/") or "#" in request.uri:
        try:
            target = split_request_uri(request.uri)
        except ValueError:
            raise InvalidRequestLine(request.uri) from None
        request.raw_path = target.path.encode("latin-1")
        request.path = unquote_to_bytes(request.raw_path).decode("utf-8", "replace")
        request.query = target.query


class Worker(ASGIWorker):
    """The worker that gunicorn's configuration names."""

    # Its port opens when the app's lifespan has begun.
    opens_itself = True
    is_open = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.idle: set[Connection] = set()

    def notify(self) -> None:
        """Called again and again while requests can come."""
        if not self.is_open:
            self.is_open = True
            gunicorn_port.say_open(self)
        super().notify()

    def handle_exit_signal(self) -> None:
        """Called on SIGTERM."""
        grace.begin()
        super().handle_exit_signal()

    async def _shutdown(self) -> None:
        """End the idle connections soon; then wait for requests and end the lifespan, as usual."""
        for connection in self.idle:
            connection.end_soon()
        await super()._shutdown()


# gunicorn's worker takes the class of its connections from here, and a connection that of its bodies.
gasgi.ASGIProtocol = Connection  # pyright: ignore[reportAttributeAccessIssue]
protocol.BodyReceiver = Body  # pyright: ignore[reportAttributeAccessIssue]
