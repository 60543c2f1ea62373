"""A result to Lambda's Runtime API, whole or in pieces, on a connection that is kept for the next one.

Sources: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html for a whole result, runtimes-custom.html there for
one in pieces. AWS's own clients keep their connections, after results in pieces too: the agent of RAPIDClient.js in
github.com/aws/aws-lambda-nodejs-runtime-interface-client.
"""

# The part of `socket` that is in C: the whole of it takes a millisecond of the start.
import _socket
import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

_HEAD = b"POST /2018-06-01/runtime/invocation/%b/response HTTP/1.1\r\nHost: %b\r\n"
_WHOLE = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_IN_PIECES = (
    b"Content-Type: application/vnd.awslambda.http-integration-response\r\n"
    b"Lambda-Runtime-Function-Response-Mode: streaming\r\n"
    b"Transfer-Encoding: chunked\r\n"
    b"Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n"
)
_ACCEPTED = 202
_TOO_LARGE = 413


class RefusedError(RuntimeError):
    """The Runtime API did not take a result."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"Lambda's Runtime API refused the result: {status} {text}")


class LostError(RuntimeError):
    """The connection to the Runtime API ended amid a result in pieces."""


class Piecewise:
    """A handler returns it in place of a result that is sent in pieces: `run` sends it, given the ids of the request.

    run: (results, invoke id, invocation id or None).
    """

    def __init__(self, run: Callable[["Results", str, str | None], None]) -> None:
        self.run = run


class Results:
    """Posts results to the Runtime API at `address`, HOST:PORT. It connects at the first one, never in the init phase.

    A connection in a snapshot of an instance would be dead in each instance that is restored from it.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._place = (host.strip("[]"), int(port)) if host else (address, 80)
        self._host = address.encode()
        self._socket: _socket.socket | None = None

    def post(self, invoke_id: str, invocation_id: str | None, data: bytes) -> None:
        """Post a whole result, JSON. Raises RefusedError, or OSError if there is no Runtime API."""
        request = self._head(invoke_id, invocation_id) + _WHOLE % len(data) + data
        is_kept = self._connect()
        try:
            self.connection.sendall(request)
            status, text = self.answer()
        except OSError:
            if not is_kept:
                raise
            # A kept connection may have been closed just now.
            self.close()
            self._connect()
            self.connection.sendall(request)
            status, text = self.answer()
        if status != _ACCEPTED:
            raise RefusedError(status, text)

    def begin(self, invoke_id: str, invocation_id: str | None) -> bytes:
        """Connect to send a result in pieces, and return the bytes that come before the first piece."""
        self._connect()
        return self._head(invoke_id, invocation_id) + _IN_PIECES

    def send(self, data: bytes) -> None:
        """Send a piece as `begin` and serve.streaming make it, waiting for as long as that takes. Raises LostError."""
        try:
            self.connection.sendall(data)
        except OSError as problem:
            raise self.lost(problem) from problem

    def finish(self) -> None:
        """Read the answer to a result in pieces. Raises LostError; RefusedError unless the invocation is over."""
        try:
            status, text = self.answer()
        except OSError as problem:
            raise self.lost(problem) from problem
        if status == _TOO_LARGE:
            # The platform has taken the result for a failure, and the next event may come.
            log.error("%s", RefusedError(status, text))
        elif status != _ACCEPTED:
            raise RefusedError(status, text)

    def lost(self, problem: OSError) -> LostError:
        """The error to raise if a piece could not be sent."""
        self.close()
        return LostError(f"Lambda's Runtime API took no more of the response: {problem}")

    def answer(self) -> tuple[int, str]:
        """The Runtime API's answer: status and text. Raises ConnectionError if the connection ends before it."""
        head, _, body = self._read_until(b"\r\n\r\n").partition(b"\r\n\r\n")
        fields = head.lower()
        length = _length(fields)
        while len(body) < (length or 0):
            body += self._read()
        if length is None or b"\r\nconnection: close" in fields:
            self.close()
        return int(head[9:12]), body.decode("utf-8", "replace").strip()

    def close(self) -> None:
        """Let go of the connection, amid a result too; the next one makes another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @property
    def connection(self) -> _socket.socket:
        """The present connection."""
        assert self._socket is not None  # noqa: S101 - connected before anything is sent
        return self._socket

    def _head(self, invoke_id: str, invocation_id: str | None) -> bytes:
        head = _HEAD % (invoke_id.encode(), self._host)
        if invocation_id:
            head += b"Lambda-Runtime-Invocation-Id: %b\r\n" % invocation_id.encode()
        return head

    def _connect(self) -> bool:
        """Make sure that there is a connection. Says whether it is a kept one that still seems to be open."""
        if self._socket is not None:
            try:
                self._socket.recv(1, _socket.MSG_PEEK | _socket.MSG_DONTWAIT)
            except BlockingIOError:
                return True
            except OSError:
                pass
            # The connection is closed, or it has bytes that nobody had asked for.
            self.close()
        self._socket = _connected(*self._place)
        return False

    def _read_until(self, end: bytes) -> bytes:
        data = b""
        while end not in data:
            data += self._read()
        return data

    def _read(self) -> bytes:
        data = self.connection.recv(65536)
        if not data:
            raise ConnectionError("Lambda's Runtime API closed the connection without an answer")
        return data


def _connected(host: str, port: int) -> _socket.socket:
    """A connection to `host`, a name or an address. Raises OSError."""
    places: list[Any] = _socket.getaddrinfo(host, port, 0, _socket.SOCK_STREAM)
    family, kind, protocol, _, place = places[0]
    connection = _socket.socket(family, kind, protocol)
    try:
        # Each piece goes out at once, and does not wait until the piece before it has been acknowledged.
        connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        connection.connect(place)
    except OSError:
        connection.close()
        raise
    return connection


def _length(fields: bytes) -> int | None:
    """The content length among an answer's lower-case header fields."""
    _, name, rest = fields.partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if name else None
