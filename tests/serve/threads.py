"""Apps that start threads when they are imported, as schedulers and queue listeners do."""

import atexit
import logging
import logging.handlers
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any

ran: list[int] = []


def _tick() -> None:
    # To a file, so that a test counts the processes in which it runs.
    if counted := os.environ.get("TICKS"):
        with Path(counted).open("a") as file:
            file.write(f"{os.getpid()}\n")
    ran.append(1)
    while True:
        time.sleep(0.01)
        ran.append(1)


threading.Thread(target=_tick, name="scheduler", daemon=os.environ.get("DAEMON", "yes") == "yes").start()

# What is logged is written by a listener's thread.
records: "queue.SimpleQueue[logging.LogRecord]" = queue.SimpleQueue()
listener = logging.handlers.QueueListener(records, logging.StreamHandler(sys.stdout))
listener.start()
atexit.register(listener.stop)
log = logging.getLogger("queued")
log.addHandler(logging.handlers.QueueHandler(records))
log.propagate = False

if gate := os.environ.get("GATE"):
    sys.stderr.write("loading\n")
    while Path(gate).exists():
        time.sleep(0.01)


def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """How often the thread has run since the request came: until it has, or for five seconds."""
    log.warning("asked")
    before, deadline = len(ran), time.monotonic() + 5
    while len(ran) == before and time.monotonic() < deadline:
        time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"runs" if len(ran) > before else b"dead"]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """`app` for ASGI."""
    if scope["type"] == "http":
        body: list[bytes] = app({}, lambda *_: None)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body[0]})
