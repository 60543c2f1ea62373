"""A server for the tests: its port on standard output, identity headers as instances send them, faults by flag."""

import argparse
import contextlib
import itertools
import json
import math
import random
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Instances:
    """Instances that go after `idle` seconds without a request; the next one takes `start` seconds to begin."""

    def __init__(self, idle: float, start: float) -> None:
        self.idle, self.start = idle, start
        self.lock = threading.Lock()
        self.born = self.last = time.monotonic()
        self.id, self.number = uuid.uuid4().hex, 0

    def next(self) -> tuple[str, int, float]:
        """Id, request number and age in milliseconds of the instance that answers."""
        with self.lock:
            now = time.monotonic()
            if self.idle and now - self.last > self.idle:
                self.born, self.id, self.number = now, uuid.uuid4().hex, 0
                time.sleep(self.start)
            self.last = time.monotonic()
            self.number += 1
            return self.id, self.number, (self.last - self.born) * 1000


class Drift:
    """A slow drift: each request takes nearly as many times as long as the one before (correlation 0.99).

    By the number of the request and not by time, so that it is the same on any machine.
    """

    def __init__(self, size: float, seed: int) -> None:
        self.size, self.random = size, random.Random(seed)
        self.state = self.random.gauss(0, 1)

    def next(self) -> float:
        """How many times as long as usual the next request takes."""
        self.state = 0.99 * self.state + self.random.gauss(0, math.sqrt(1 - 0.99**2))
        return math.exp(self.size * self.state)


class Crowd:
    """An instance for each request that is under way: idle ones are used again, a new one takes `start` seconds."""

    def __init__(self, start: float) -> None:
        self.start = start
        self.lock = threading.Lock()
        self.free: list[Instances] = []

    @contextlib.contextmanager
    def one(self) -> Generator[tuple[str, int, float]]:
        """What an instance says while it answers; it is free again afterwards."""
        with self.lock:
            instance = self.free.pop() if self.free else None
        if instance is None:
            instance = Instances(0, 0)
            time.sleep(self.start)
        try:
            yield instance.next()
        finally:
            with self.lock:
                self.free.append(instance)


def handler(options: argparse.Namespace) -> type[BaseHTTPRequestHandler]:  # noqa: C901 -- one fault each
    instances, crowd = Instances(options.idle, options.start), Crowd(options.start)
    drift = Drift(options.drift, options.seed)
    asked = itertools.count(1)
    served: list[int] = []
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536

        def answer(self) -> None:
            if self.path == "/served":
                return self.send(200, json.dumps(len(served)).encode(), {})
            if self.path == "/seen":
                return self.send(200, json.dumps(seen).encode(), {})
            number = next(asked)
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            seen.append(
                {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": sent}
            )
            if options.hang_from and number >= options.hang_from:
                time.sleep(60)
            if options.reset_from and number >= options.reset_from:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return None
            if options.nonsense:
                self.close_connection = True
                self.wfile.write(b"\x00\x01 what is this \xff\r\n")
                return None
            with crowd.one() if options.crowd else contextlib.nullcontext() as one:
                headers = {} if options.anonymous else self.identity(one or instances.next())
                began = time.monotonic()
                time.sleep(options.delay / 1000 * drift.next())
            headers["Server-Timing"] = f"app;dur={(time.monotonic() - began) * 1000:.3f}"
            if options.close:
                headers["Connection"] = "close"
            body = f"{options.body}{number if options.varying else ''}".encode()
            status = options.status if number >= options.status_from else 200
            self.send(status, body, headers)
            served.append(number)
            return None

        do_GET = do_POST = do_PUT = do_PATCH = answer  # noqa: N815 -- http.server's names

        def identity(self, of: tuple[str, int, float]) -> dict[str, str]:
            instance, number, age = of
            return {
                "X-Instance-Id": instance,
                "X-Instance-Request": str(number),
                "X-Instance-Age-Ms": f"{age + options.older:.3f}",
                "X-Build-Id": options.build,
            }

        def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's name
            """Quiet."""

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--idle", type=float, default=0)
    parser.add_argument("--start", type=float, default=0.05)
    parser.add_argument("--delay", type=float, default=0, help="ms")
    parser.add_argument("--drift", type=float, default=0, help="how far the delay drifts, as a share of it")
    parser.add_argument("--seed", type=int, default=0, help="of the drift")
    parser.add_argument("--older", type=float, default=0, help="ms added to each instance's age")
    parser.add_argument("--status", type=int, default=200)
    parser.add_argument("--status-from", type=int, default=1)
    parser.add_argument("--hang-from", type=int, default=0)
    parser.add_argument("--reset-from", type=int, default=0)
    parser.add_argument("--body", default='{"message":"Hello from Flask!"}')
    parser.add_argument("--build", default="build-1")
    parser.add_argument("--tls", default="", help="a file with certificate and key")
    for flag in ("crowd", "anonymous", "nonsense", "varying", "close"):
        parser.add_argument(f"--{flag}", action="store_true")
    options = parser.parse_args()
    ThreadingHTTPServer.request_queue_size = (
        128  # of connections at once, which are otherwise tried again a second later
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(options))
    server.daemon_threads = True
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
