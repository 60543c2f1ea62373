"""An app that shows what reached it through a platform's front, and answers in ways that few apps do."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix


def app(environ: dict[str, Any], start_response: Any) -> Any:
    """/socket is a WebSocket that ends at once, /endless goes on until nobody listens, /status/N has that status."""
    path = environ["PATH_INFO"]
    if path == "/socket":
        environ["gunicorn.socket"].sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\nbye")
        raise StopIteration
    if path == "/endless":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return _until_closed(Path(environ["QUERY_STRING"]))
    status = path.removeprefix("/status/") if path.startswith("/status/") else "200"
    start_response(f"{status} Said", [("Content-Type", "application/json")])
    return [json.dumps(_seen(environ)).encode()]


def _until_closed(note: Path) -> Iterator[bytes]:
    try:
        while True:
            yield b"x" * 10_000
    finally:
        note.touch()


def _seen(environ: dict[str, Any]) -> dict[str, Any]:
    fixed: dict[str, Any] = {}
    body = environ["wsgi.input"].read().decode()

    def note(seen: dict[str, Any], _start: Any) -> list[bytes]:
        fixed.update(seen)
        return []

    ProxyFix(note, x_for=1)(dict(environ), lambda *_: None)  # pyright: ignore[reportArgumentType]
    return {
        "remote": environ["REMOTE_ADDR"],
        "fixed": fixed["REMOTE_ADDR"],
        "host": environ.get("HTTP_HOST"),
        "method": environ["REQUEST_METHOD"],
        "body": body,
    }


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """The client that ASGI has."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(scope["client"]).encode()})
