"""Apps that behave as an app should not, for the doors' tests; WSGI's where nothing else is said."""

import asyncio
import logging
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def huge(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """More than Lambda carries, in the body at /huge and in a header at /header."""
    header = "x" * (10_000_000 if environ["PATH_INFO"] == "/header" else 1)
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Header", header)])
    return [b"x" * (10_000_000 if environ["PATH_INFO"] == "/huge" else 1)]


async def huge_asgi(scope: Any, receive: Any, send: Any) -> None:
    """`huge` for ASGI."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send(
            {"type": "http.response.body", "body": b"x" * (10_000_000 if scope["path"] == "/huge" else 1)}
        )


def slow(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Says on standard error that it has begun, and answers when the file that the query names is gone."""
    _wait_until_gone(environ["QUERY_STRING"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    print("finished", flush=True)
    return [b"finished"]


async def slow_asgi(scope: Any, receive: Any, send: Any) -> None:
    """`slow` for ASGI."""
    if scope["type"] != "http":
        return
    await asyncio.to_thread(_wait_until_gone, scope["query_string"].decode())
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    print("finished", flush=True)
    await send({"type": "http.response.body", "body": b"finished"})


def _wait_until_gone(gate: str) -> None:
    if gate:
        sys.stderr.write("begun\n")  # in one piece, which print() does not promise
        while Path(gate).exists():
            time.sleep(0.01)


def failing(environ: dict[str, Any], start_response: Any) -> Iterable[Any]:
    """Fails as the path says."""
    match environ["PATH_INFO"]:
        case "/raise":
            raise RuntimeError("the secret of the inside")
        case "/exit":
            raise SystemExit(3)
        case "/base":
            raise Stop
        case "/never":
            return [b"never started"]
        case "/first":
            return _broken()
        case path:
            status, headers, body = _WRONG.get(path, ("200 OK", [], [b"fine"]))
            start_response(status, [("Content-Type", "text/plain"), *headers])
            return body


# Responses that no server can send.
_WRONG: dict[str, tuple[str, list[tuple[str, str]], Iterable[Any]]] = {
    "/wide": ("200 OK", [("X-Name", "日本")], [b"no"]),
    "/broken": ("200 OK", [("X-Name", "a\r\nX-Injected: b")], [b"no"]),
    "/name": ("200 OK", [("Content-Length", "2"), ("X Name", "")], [b"no"]),
    "/status": ("1000 Far Too Many", [], [b"no"]),
    "/text": ("200 OK", [], ["no bytes"]),
    "/characters": ("200 OK", [], b"numbers"),
    "/length": ("200 OK", [("Content-Length", "-5")], [b"no"]),
    "/lengths": ("200 OK", [("Content-Length", "2"), ("Content-Length", "9")], [b"no"]),
}


class Stop(BaseException):
    """As libraries raise it that want no app to catch it: time-outs, cancellations."""


def _broken() -> Iterable[bytes]:
    raise RuntimeError("the secret of the inside")
    yield b""


async def failing_asgi(scope: Any, receive: Any, send: Any) -> None:
    """`failing` for ASGI; midway at /midway/raise and /midway/exit, after its response at /after/raise and the like."""
    if scope["type"] != "http":
        return
    path = scope["path"]
    if path == "/never":
        return
    if path == "/cancelled":
        raise asyncio.CancelledError
    if path == "/base":
        raise Stop
    await _fail_at("", path)
    headers = [(b"content-type", b"text/plain")]
    headers += {
        "/name": [(b"x name", b"")],
        "/broken": [(b"x-name", b"a\r\nx-injected: b")],
        "/length": [(b"content-length", b"-5")],
        "/lengths": [(b"content-length", b"4"), (b"content-length", b"9")],
    }.get(path, [])
    status = 1000 if path == "/status" else 200
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if path == "/twice":
        await send({"type": "http.response.start", "status": 500, "headers": headers})
    if path == "/text":
        await send({"type": "http.response.body", "body": "no bytes"})
    await _fail_at("/first", path)
    await send({"type": "http.response.body", "more_body": True})
    await _fail_at("/empty", path)
    await send({"type": "http.response.body", "body": b"fi", "more_body": True})
    await _fail_at("/midway", path)
    await send({"type": "http.response.body", "body": b"ne"})
    await _fail_at("/after", path)


async def _fail_at(place: str, path: str) -> None:
    if path in (place, f"{place}/raise"):
        raise RuntimeError("the secret of the inside")
    if path == f"{place}/exit":
        # gunicorn's own sign for an app that cannot be loaded, which ends the master too.
        raise SystemExit(4)


def logging_app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Logs a record of its own, and one of an exception at /fail."""
    logging.getLogger("shop").info("sold %d", 3, extra={"fields": {"item": "tea"}})
    if environ["PATH_INFO"] == "/fail":
        raise ValueError("no tea")
    start_response("204 No Content", [])
    return []
