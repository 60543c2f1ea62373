"""A Runtime API that hands out a few events and notes the answers: for what AWS's emulator does not let a test see."""

import json
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

from tests.serve.doors import Start

_NONE: Mapping[str, str] = MappingProxyType({})


class RuntimeApi(ThreadingHTTPServer):
    """Serves `events` one after the other, each with further headers; `heard` holds all (path, body) that are posted.

    A body in JSON is its value, one in chunks its bytes. After the last event a `next` waits for as long as the runtime
    lives; `idle` is set when it does.
    """

    daemon_threads = True

    def __init__(self, events: list[Any], headers: Mapping[str, str]) -> None:
        self.events = events
        self.headers = headers
        self.served = 0
        self.heard: list[tuple[str, Any]] = []
        self.posted = threading.Condition()
        self.idle = threading.Event()
        # What happens between the snapshot and the restore.
        self.on_restore: Callable[[], None] = lambda: None
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def wait(self, count: int) -> list[tuple[str, Any]]:
        """What the runtime has posted, once that is `count` times."""
        with self.posted:
            assert self.posted.wait_for(lambda: len(self.heard) >= count, timeout=30), self.heard
            return list(self.heard)


@contextmanager
def runtime_api(events: list[Any], headers: Mapping[str, str] = _NONE) -> Generator[RuntimeApi]:
    with RuntimeApi(events, headers) as api:
        thread = threading.Thread(target=api.serve_forever, daemon=True)
        thread.start()
        yield api
        api.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        if self.path.endswith("/restore/next"):
            # As if a snapshot was taken and restored meanwhile.
            self.server.on_restore()
            self._answer_nothing(200)
            return
        if self.server.served == len(self.server.events):
            # The runtime waits here, as it does for days on a quiet service.
            self.server.idle.set()
            self.rfile.read(1)
            return
        number = self.server.served
        self.server.served += 1
        body = json.dumps(self.server.events[number]).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", f"request-{number}")
        self.send_header("Lambda-Runtime-Deadline-Ms", "99999999999999")
        self.send_header(
            "Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:f"
        )
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        is_chunked = self.headers.get("transfer-encoding") == "chunked"
        body = (
            self._chunks() if is_chunked else json.loads(self.rfile.read(int(self.headers["content-length"])))
        )
        # Before the answer, after which the runtime may end, and a test look.
        with self.server.posted:
            self.server.heard.append((self.path, body))
            self.server.posted.notify_all()
        self._answer_nothing(202)

    def _answer_nothing(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _chunks(self) -> bytes:
        """A body in chunks; trailers are read and dropped."""
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def serve_events(start: Start, events: list[Any], **variables: str) -> tuple[list[Any], str]:
    """Run Lambda mode until it has answered every event; the results and what it wrote to standard output."""
    with runtime_api(events) as api:
        process = start(AWS_LAMBDA_RUNTIME_API=api.address, **variables)
        heard = api.wait(len(events))
        process.terminate()
        out, _ = process.communicate(timeout=30)
    return [body for _, body in heard], out
