"""gunicorn's worker of threads: a slow client holds none of the threads that other requests need.

At most THREADS requests run at once. A request that waits for its client's bytes, or for room to send, lets another
run meanwhile. So slow uploads and downloads, up to gunicorn's 1000 connections, do not hold other requests up.
"""

import errno
import select
import selectors
import socket
import time
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.http.errors import InvalidHeader
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers import gthread

from . import gunicorn_response, patience
from .gunicorn_end import LINGER_SECONDS, grace
from .gunicorn_target import host_of
from .turns import Turns

# The parts that are used here have no types.
gunicorns: Any = gthread
ThreadWorker: Any = gunicorns.ThreadWorker
GunicornsConnection: Any = gunicorns.TConn
Unreader: Any = SocketUnreader


class TooSlowError(patience.TooSlowError, InvalidHeader):
    """An error that gunicorn takes for the client's fault."""

    def __init__(self) -> None:
        super().__init__(patience.TOO_SLOW)


class ClientSocket(socket.socket):
    """A client's connection: a request that cannot send on it lets another run."""

    turns: Turns

    def sendall(self, data: Any, flags: int = 0) -> None:  # type: ignore[override]
        """Send all of `data`, however slowly the client takes it."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self.send(rest, flags | socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                self.turns.wait(lambda: is_ready(self, select.POLLOUT, None))

    def sendfile(self, *arguments: Any, **named: Any) -> int:
        """Send a file, for as long as the client takes."""
        return self.turns.wait(lambda: super(ClientSocket, self).sendfile(*arguments, **named))


def is_ready(client: socket.socket, event: int, seconds: float | None) -> bool:
    """Whether the socket is ready for `event` within these seconds; None waits until it is."""
    poll = select.poll()
    poll.register(client, event)
    return bool(poll.poll(None if seconds is None else max(0.0, seconds * 1000)))


class PatientUnreader(Unreader):
    """Reads requests. A request that waits for its client lets another run; a request that trickles is given up."""

    def __init__(self, client: ClientSocket) -> None:
        super().__init__(client)
        self.begin()

    def begin(self) -> None:
        """The next bytes are those of another request."""
        self.waited, self.received = 0.0, 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """The next bytes; none if the client has said that no more come. Raises TooSlowError."""
        size = max(self.mxchunk, min(size_hint or 0, self.max_body_chunk))
        timeout = self.sock.gettimeout()
        if timeout is not None:
            self._wait(timeout)
        try:
            data = self.sock.recv(size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            self._wait(timeout)
            data = self.sock.recv(size)
        self.received += len(data)
        return data

    def _wait(self, timeout: float | None) -> None:
        began = time.monotonic()
        left = patience.left(self.waited, self.received)
        seconds = left if timeout is None else min(left, timeout)
        came = self.sock.turns.wait(lambda: is_ready(self.sock, select.POLLIN, seconds))
        self.waited += time.monotonic() - began
        if not came:
            raise TooSlowError if timeout is None else TimeoutError


class Connection(GunicornsConnection):
    """A client's connection, which reaches a thread when its first bytes are there."""

    def init(self) -> None:
        """Begin to read requests."""
        is_new = not self.initialized
        super().init()
        if is_new:
            self.parser.unreader = PatientUnreader(self.sock)

    def wait_for_data(self, timeout: float) -> bool:  # noqa: ARG002 - gunicorn would hold a thread for as long
        """Whether there is data; if not, the worker waits for it, without a thread."""
        self.data_ready = is_ready(self.sock, select.POLLIN, 0)
        return self.data_ready


class Worker(ThreadWorker):
    """The worker that gunicorn's configuration names."""

    def get_thread_pool(self) -> Turns:
        """The pool that runs the requests."""
        gunicorn_response.use()
        return Turns(self.cfg.threads)

    def accept(self, listener: Any) -> None:
        """Take a new connection."""
        try:
            taken, address = listener.accept()
        except OSError as problem:
            if problem.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        client = ClientSocket(fileno=taken.detach())
        client.turns = self.tpool
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, client, address, listener.getsockname()))

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """Called when a thread has done for a connection what it could.

        gunicorn closes a connection without data that came as the worker was told to end. But its request is on the
        way, and threads wait for data so shortly here that this is no rarity.
        """
        if self.alive or fs.exception() or fs.result() is not gunicorns._DEFER:  # noqa: SLF001 - it has no other name
            super().finish_request(conn, fs)
            return
        conn.sock.settimeout(0.0)
        conn.timeout = time.monotonic() + LINGER_SECONDS
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Called on SIGTERM."""
        grace.begin()
        super().handle_exit(sig, frame)

    def handle(self, conn: Connection) -> Any:
        """Serve a request of the connection, in a thread."""
        if conn.initialized:
            conn.parser.unreader.begin()
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Serve a request whose head is whole.

        Raises InvalidHeader if it has no Host, which HTTP/1.1 demands; InvalidRequestLine if its target has no host.
        """
        names = [name for name, _ in req.headers]
        if "HOST" not in names and req.version == (1, 1):
            raise InvalidHeader("HOST", req=req)
        if host := host_of(req.uri):
            req.headers = [pair for pair in req.headers if pair[0] != "HOST"] + [("HOST", host)]
        if names.count("COOKIE") > 1:
            cookies = "; ".join(value for name, value in req.headers if name == "COOKIE")
            req.headers = [pair for pair in req.headers if pair[0] != "COOKIE"] + [("COOKIE", cookies)]
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that cannot be served."""
        if isinstance(exc, TooSlowError):
            util.write_error(client, 408, "Request Timeout", str(exc))
        else:
            super().handle_error(req, client, addr, exc)

    def _cap_keepalive(self, deadline: float) -> None:
        """When the worker stops, close all connections without a request, also those that never had one."""
        super()._cap_keepalive(deadline)
        for connection in self.pending_conns:
            connection.timeout = min(connection.timeout, deadline)
