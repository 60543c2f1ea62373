"""Apps for tests of what passes on the wire: WSGI and ASGI, with the same paths."""

import json
import os
from pathlib import Path
from typing import Any


def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """/health answers at once, everything else with what it got: Host, Cookie, path, query and size of the body."""
    seen: dict[str, Any] = {}
    if environ["PATH_INFO"] != "/health":
        seen = {
            "host": environ.get("HTTP_HOST"),
            "cookie": environ.get("HTTP_COOKIE"),
            "path": environ["PATH_INFO"],
            "query": environ["QUERY_STRING"],
            "body": len(environ["wsgi.input"].read()),
        }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(seen).encode()]


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """`wsgi` for ASGI."""
    if scope["type"] != "http":
        return
    seen: dict[str, Any] = {}
    if scope["path"] != "/health":
        fields = {name: value.decode("latin-1") for name, value in scope["headers"]}
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RuntimeError("the client has gone")
            size, more = size + len(message["body"]), message["more_body"]
        seen = {
            "host": fields.get(b"host"),
            "cookie": fields.get(b"cookie"),
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "body": size,
        }
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
    )
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


def download(environ: dict[str, Any], start_response: Any) -> Any:
    """50 MB at /big, in pieces; nothing elsewhere."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return (b"x" * 100_000 for _ in range(500 if environ["PATH_INFO"] == "/big" else 0))


def taken_over(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """A WebSocket as the libraries for WSGI do it: the app writes to gunicorn's socket and says that it is done."""
    if environ["PATH_INFO"] == "/socket":
        environ["gunicorn.socket"].sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\nbye")
        raise StopIteration
    if environ["PATH_INFO"] == "/bug":
        next(iter(()))
    start_response("200 OK", [("Content-Length", "4")])
    return [b"fine"]


def early(environ: dict[str, Any], start_response: Any) -> Any:
    """Answers before it reads the body."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"begun"
    yield environ["wsgi.input"].read()


def refusing(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answers, and never reads the body."""
    start_response("413 Content Too Large", [("Content-Length", "8"), ("Connection", "close")])
    return [b"too much"]


async def refusing_asgi(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """The same."""
    if scope["type"] == "lifespan":
        raise NotImplementedError
    headers = [(b"content-length", b"8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"too much"})


async def held_up_asgi(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """`refusing_asgi`, which ends when somebody opens the pipe PIPE; until then its worker does nothing else."""
    if scope["type"] == "http":
        headers = [(b"content-length", b"8"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": b"too much", "more_body": True})
        if scope["method"] == "POST":
            Path(os.environ["PIPE"]).read_bytes()  # noqa: ASYNC240 - it is to stop the loop
        await send({"type": "http.response.body", "body": b""})


def interim(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Says that a response is to follow, and sends none."""
    start_response("102 Processing", [])
    return []


def short(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Ends before the length that it declared; at /304 there is no body."""
    start_response(
        "304 Not Modified" if environ["PATH_INFO"] == "/304" else "200", [("Content-Length", "10")]
    )
    return [] if environ["PATH_INFO"] == "/304" else [b"abc"]


async def short_asgi(scope: Any, receive: Any, send: Any) -> None:
    """`short` for ASGI."""
    if scope["type"] == "http":
        status, body = (304, b"") if scope["path"] == "/304" else (200, b"abc")
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": body})


async def framed_asgi(scope: Any, receive: Any, send: Any) -> None:
    """Frames its body itself, which is the server's part."""
    if scope["type"] == "http":
        headers = [(b"transfer-encoding", b"chunked"), (b"content-length", b"1"), (b"content-length", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x"})


async def interim_asgi(scope: Any, receive: Any, send: Any) -> None:
    """`interim` for ASGI."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 102, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def held(environ: dict[str, Any], start_response: Any) -> Any:
    """An empty piece, then a byte when the client has sent its body."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b""
    environ["wsgi.input"].read()
    yield b"!"


async def held_asgi(scope: Any, receive: Any, send: Any) -> None:
    """`held` for ASGI."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        await receive()
        await send({"type": "http.response.body", "body": b"!"})
