"""The smallest possible Runtime API, for many events one after the other: each result is read, timed and taken."""

import queue
import socket
import threading
import time
from dataclasses import dataclass

TIMEOUT = 60
_ZEROS = bytes(8)
_TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
_EXTENSION = b"HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: 1\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class Result:
    """When its first byte and its last came, on time.perf_counter's clock; `text` is its first 1000 bytes."""

    first: float
    last: float
    size: int
    text: bytes


class Api:
    """Listens on `address`; `call` hands an event to the runtime that asks there."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self._events: queue.Queue[bytes] = queue.Queue()
        self._results: queue.Queue[Result] = queue.Queue()
        threading.Thread(target=self._accept, daemon=True).start()

    def call(self, event: bytes) -> Result:
        """The result of `event`, once it is whole. Raises queue.Empty after a minute."""
        self._events.put(event)
        return self._results.get(timeout=TIMEOUT)

    def close(self) -> None:
        """Take no more runtimes."""
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while data := _head(connection):
                head, _, body = data.partition(b"\r\n\r\n")
                if b"/extension/" in head.partition(b"\r\n")[0]:
                    # The adapter registers, and waits for the end.
                    if head.startswith(b"POST"):
                        connection.sendall(_EXTENSION)
                elif head.startswith(b"GET"):
                    connection.sendall(_next(self._events.get()))
                else:
                    result = _result(connection, head.lower(), body)
                    connection.sendall(_TAKEN)
                    self._results.put(result)


def _head(connection: socket.socket) -> bytes:
    """A request's head and what came with it; nothing if the connection has ended."""
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            piece = connection.recv(65536)
        except OSError:
            return b""
        if not piece:
            return b""
        data += piece
    return data


def _next(event: bytes) -> bytes:
    lines = (
        *("HTTP/1.1 200 OK", "Content-Type: application/json", "Lambda-Runtime-Aws-Request-Id: 1"),
        *("Lambda-Runtime-Deadline-Ms: 99999999999999", f"Content-Length: {len(event)}"),
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f",
        *("Lambda-Runtime-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793", "", ""),
    )
    return "\r\n".join(lines).encode() + event


def _result(connection: socket.socket, head: bytes, body: bytes) -> Result:
    """A posted result. If it comes in pieces, its first byte is the one after status and headers."""
    _, declared, rest = head.partition(b"content-length: ")
    length = int(rest.partition(b"\r\n")[0]) if declared else None
    # The searches for the first byte and for the end look at `text` and `tail`; the rest is only counted.
    text, tail, size, first = body, body[-5:], len(body), 0.0
    while True:
        if not first and (text if length is not None else text.partition(_ZEROS)[2]):
            first = time.perf_counter()
        if size >= length if length is not None else tail == b"0\r\n\r\n":
            return Result(first or time.perf_counter(), time.perf_counter(), size, text[:1000])
        piece = connection.recv(262144)
        if not piece:
            raise ConnectionError("the runtime has gone amid its result")
        size += len(piece)
        tail = (tail + piece)[-5:]
        if not first:
            text += piece
