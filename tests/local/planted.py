"""Apps with something that instances of one snapshot share and should not, and one that makes all of it anew."""

import importlib
import itertools
import os
import random
import socket
import tempfile
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from snapshot_restore_py import register_after_restore

NAME = "always the same"
LIMITS = {"bytes": 1_000_000, "rate": 2.5}
instance = uuid.uuid4()
text = uuid.uuid4().hex
TOKENS = {"session": os.urandom(16), "kept": b"for ever"}
DICE = random.Random()
SEEDED = random.Random(7)
started = time.time()
born = datetime.now(UTC)


class Client:
    """A client as a library makes one, with an id of its own and slots."""

    __slots__ = ("id", "name")

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.name = NAME


CLIENT = Client()
GENERATORS: dict[str, Any] = {}
KEPT: dict[str, Any] = {}
_open: list[socket.socket] = []


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Nothing."""
    start_response("204 No Content", [])
    return [b""]


def connected() -> Any:
    """A factory that opens a connection to PEER, and listens where nobody calls."""
    host, _, port = os.environ["PEER"].rpartition(":")
    _open.append(socket.create_connection((host, int(port))))
    _open.append(socket.create_server(("127.0.0.1", 0)))
    return app


def numbered() -> Any:
    """A factory with generators of NumPy's."""
    numpy: Any = importlib.import_module("numpy")
    GENERATORS.update(
        new=numpy.random.default_rng(), old=numpy.random.RandomState(), bare=numpy.random.PCG64()
    )
    GENERATORS["seeded"] = numpy.random.RandomState(7)
    return app


def collected() -> Any:
    """A factory with ids in other collections than lists and dictionaries."""
    tokens = [uuid.uuid4().hex for _ in range(3)]
    KEPT.update(
        set=set(tokens), queue=deque(tokens[:1]), count=itertools.count(random.SystemRandom().getrandbits(32))
    )
    KEPT.update(constant={NAME, "another"}, frozen=frozenset(tokens), numbers=itertools.count(1))
    return app


def harmless() -> Any:
    """A factory that keeps what differs between starts but may be shared: its process, its thread, its files."""
    KEPT.update(pid=os.getpid(), thread=threading.get_ident(), folder=tempfile.mkdtemp())
    return app


def create_app() -> Any:
    """A Flask app with a key that each start draws."""
    from flask import Flask  # noqa: PLC0415 - it takes most of a start, and the other apps are without it

    made = Flask("shop")
    made.config["SECRET_KEY"] = os.urandom(16)
    return made


def renewed() -> Any:
    """A factory whose hook makes all of it anew."""

    @register_after_restore
    def renew() -> None:
        global instance, text, started, born
        instance, text = uuid.uuid4(), uuid.uuid4().hex
        started, born = time.time(), datetime.now(UTC)
        TOKENS["session"] = os.urandom(16)
        CLIENT.id = uuid.uuid4().hex
        DICE.seed()

    return app
