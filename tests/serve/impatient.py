"""The apps of tests/serve/wire.py in a gunicorn that waits for a request's bytes for a moment instead of a minute."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from serve import patience
from tests.serve import wire

SECONDS = 0.6
BYTES_PER_SECOND = 1000


def wsgi() -> Callable[..., Any]:
    """/slow takes longer than a request is waited for."""
    _be_impatient()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/slow":
            time.sleep(2 * SECONDS)
        return wire.wsgi(environ, start_response)

    return app


def asgi() -> Callable[..., Any]:
    """`wsgi` for ASGI."""
    _be_impatient()

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope.get("path") == "/slow":
            await asyncio.sleep(2 * SECONDS)
        await wire.asgi(scope, receive, send)

    return app


def _be_impatient() -> None:
    """Called where gunicorn makes the app: in its own process."""
    patience.SECONDS, patience.BYTES_PER_SECOND = SECONDS, BYTES_PER_SECOND
