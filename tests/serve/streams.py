"""Apps that stream, for the doors' tests: a path each, the same for WSGI and for ASGI."""

import asyncio
import base64
import json
import os
import resource
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

PIECE = bytes(range(256)) * 256  # 64 KiB


class Plan:
    """One response, as the path says: status, headers, and the pieces of the body."""

    def __init__(self, path: str, query: str, method: str) -> None:
        self.path, self.query, self.method = path, query, method
        self.status = "200 OK"
        self.headers = [("Content-Type", "text/plain")]
        match path:
            case "/short":
                self.headers.append(("Content-Length", "10"))
            case "/long":
                self.headers.append(("Content-Length", "4"))
            case "/cookies":
                self.headers += [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; Path=/"), ("X-Name", "caf\xe9")]
            case "/head":
                self.headers.append(("X-Long", "x" * 20_000))
            case "/drawn":
                plan = json.loads(base64.urlsafe_b64decode(query))
                self.status = plan["status"]
                self.headers = [(name, value) for name, value in plan["headers"]]
            case _:
                pass

    def pieces(self) -> Iterator[bytes]:
        return _BODIES.get(self.path, _plain)(self.query)

    def close(self) -> None:
        """What is done after the response."""
        if self.path == "/close":
            Path(self.query).write_text("closed", encoding="utf-8")


def _plain(_query: str) -> Iterator[bytes]:
    yield b"12345"
    yield b""
    yield b"678"


def _acknowledged(port: str) -> Iterator[bytes]:
    """Each piece only after the client has acknowledged the one before it, on a connection of its own."""
    with socket.create_connection(("127.0.0.1", int(port)), timeout=30) as client:
        for number in range(5):
            yield b"piece %d" % number
            assert client.recv(1) == b"%d" % number


def _drawn(query: str) -> Iterator[bytes]:
    for piece in json.loads(base64.urlsafe_b64decode(query))["pieces"]:
        yield b"x" * piece if isinstance(piece, int) else base64.b64decode(piece)


def _failing(how: Callable[[], object], *before: bytes) -> Iterator[bytes]:
    yield from before
    how()


def _raise() -> None:
    raise RuntimeError("the secret of the inside")


_BODIES: dict[str, Callable[[str], Iterator[bytes]]] = {
    "/acknowledged": _acknowledged,
    "/raise": lambda _: _failing(_raise),
    "/raise-midway": lambda _: _failing(_raise, b"the first"),
    "/exit-midway": lambda _: _failing(sys.exit, b"the first"),
    "/die": lambda _: _failing(lambda: os._exit(3), b"the first"),
    "/big": lambda query: repeat(PIECE, int(query) * 16),
    "/endless": lambda _: repeat(PIECE),
    "/memory": lambda _: iter([str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss).encode()]),
    "/pid": lambda _: iter([str(os.getpid()).encode()]),
    "/empty": lambda _: iter([]),
    "/head": lambda _: iter([]),
    "/drawn": _drawn,
}


class _Pieces:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.iterator = plan.pieces()

    def __iter__(self) -> Iterator[bytes]:
        return self.iterator

    def close(self) -> None:
        self.plan.close()


def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
    plan = Plan(environ["PATH_INFO"], environ["QUERY_STRING"], environ["REQUEST_METHOD"])
    write = start_response(plan.status, plan.headers)
    if plan.path == "/write":
        for piece in plan.pieces():
            write(piece)
        return []
    return _Pieces(plan)


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Ends its response when it hears that the client has gone."""
    if scope["type"] != "http":
        return
    plan = Plan(scope["path"], scope["query_string"].decode(), scope["method"])
    await receive()
    gone = asyncio.ensure_future(receive())
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in plan.headers]
    await send({"type": "http.response.start", "status": int(plan.status[:3]), "headers": headers})
    async for piece in _in_threads(plan.pieces()):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if gone.done():
            break
    gone.cancel()
    await send({"type": "http.response.body"})
    plan.close()


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, the loop free meanwhile."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
