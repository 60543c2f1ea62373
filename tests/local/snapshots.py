"""Apps for the emulation of SnapStart: what instances of one snapshot share, hooks that work, and hooks that do not."""

import importlib
import json
import os
import random
import select
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from snapshot_restore_py import register_after_restore, register_before_snapshot

MADE_AT_IMPORT = str(uuid.uuid4())
OWN = random.Random()
random.seed("the same in each instance")

_hooks: list[str] = []
_connection: list[socket.socket] = []
_polls: list[Any] = []


def app(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """What an instance has, as JSON."""
    if environ["PATH_INFO"] == "/end":
        os._exit(7)
    body = {
        "hooks": _hooks,
        "shared": MADE_AT_IMPORT,
        "own": OWN.random(),
        "random": random.random(),
        "system": os.urandom(8).hex(),
        "pid": os.getpid(),
        "environment": dict(os.environ),
        "sent": _send(),
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def hooked() -> Any:
    """A factory that registers two of each, as the library's page shows it."""
    for name in ("first", "second"):
        register_before_snapshot(lambda name=name: _hooks.append(f"before {name}"))
        register_after_restore(lambda name=name: _hooks.append(f"after {name}"))
    return app


def unseeded() -> Any:
    """A factory that takes the door's own reseeding away."""
    doors = sys.modules["__main__"].__package__
    snapshot: Any = importlib.import_module(f"{doors}.snapshot")
    snapshot.reseed = lambda: None
    return app


def connected() -> Any:
    """A factory that opens a connection to the address in PEER."""
    host, _, port = os.environ["PEER"].rpartition(":")
    _connection.append(socket.create_connection((host, int(port))))
    return app


def patched() -> Any:
    """A factory that does to Python's modules what gevent does, and has an event poll."""
    for name in ("fork", "waitpid"):
        setattr(os, name, _is_patched)
    _polls.append(select.epoll())
    select.poll = _is_patched
    del select.epoll
    return app


def _is_patched(*_: Any) -> Any:
    raise RuntimeError("this is for the app alone")


def datagrams() -> Any:
    """A factory that has a socket for datagrams to the address in PEER."""
    host, _, port = os.environ["PEER"].rpartition(":")
    _connection.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    _connection[0].connect((host, int(port)))
    return app


def fails_before() -> Any:
    """A factory whose hook before the snapshot fails."""

    @register_before_snapshot
    def fail() -> None:
        raise RuntimeError("no snapshot of this")

    return app


def fails_after() -> Any:
    """A factory whose hook after a restore fails while the file MARK is there."""

    @register_after_restore
    def fail() -> None:
        if Path(os.environ["MARK"]).exists():
            raise RuntimeError("cannot be restored")

    return app


def slow_after() -> Any:
    """A factory whose hook after a restore takes a minute while the file MARK is there."""

    @register_after_restore
    def wait() -> None:
        while Path(os.environ["MARK"]).exists():
            time.sleep(0.01)

    return app


def threaded() -> Any:
    """A factory that starts a thread."""
    threading.Thread(target=lambda: threading.Event().wait(), daemon=True).start()
    return app


def _send() -> str | None:
    if not _connection:
        return None
    try:
        _connection[0].settimeout(10)
        _connection[0].sendall(b"hello")
        return _connection[0].recv(5).decode() or "closed"
    except OSError as problem:
        return type(problem).__name__
