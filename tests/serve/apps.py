"""WSGI apps that behave as an app should not, for the doors' tests."""

import logging
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def huge(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """More than Lambda carries, at /huge."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"x" * (10_000_000 if environ["PATH_INFO"] == "/huge" else 1)]


def slow(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Says on standard error that it has begun, and answers when the file that the query names is gone."""
    gate = Path(environ["QUERY_STRING"]) if environ["QUERY_STRING"] else None
    if gate:
        print("begun", file=sys.stderr, flush=True)
        while gate.exists():
            time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain")])
    print("finished", flush=True)
    return [b"finished"]


def failing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Fails as the path says."""
    match environ["PATH_INFO"]:
        case "/raise":
            raise RuntimeError("the secret of the inside")
        case "/exit":
            raise SystemExit(3)
        case "/never":
            return [b"never started"]
        case "/first":
            return _broken()
        case _:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"fine"]


def _broken() -> Iterable[bytes]:
    raise RuntimeError("the secret of the inside")
    yield b""


def logging_app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Logs a record of its own, and one of an exception at /fail."""
    logging.getLogger("shop").info("sold %d", 3, extra={"fields": {"item": "tea"}})
    if environ["PATH_INFO"] == "/fail":
        raise ValueError("no tea")
    start_response("204 No Content", [])
    return []
