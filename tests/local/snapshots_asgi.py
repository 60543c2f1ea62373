"""ASGI apps whose event loop a thread wakes up: after the restore, or before the snapshot as well."""

import asyncio
import os
from typing import Any


async def app(scope: Any, receive: Any, send: Any) -> None:
    """The process's id, from a thread."""
    if scope["type"] == "http":
        await _answer(send)


async def threaded(scope: Any, receive: Any, send: Any) -> None:
    """The same, but the lifespan has started a thread already, which no fork has."""
    if scope["type"] == "lifespan":
        await asyncio.to_thread(os.getpid)
    else:
        await _answer(send)


async def _answer(send: Any) -> None:
    pid = await asyncio.to_thread(os.getpid)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(pid).encode()})
