"""A WSGI middleware that writes one JSON line for each request to standard output."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class RequestLog:
    """Serves `app` and logs method, path, status, duration and size once a response has been sent or failed."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        started = time.perf_counter()
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": "INFO",
            "message": "request",
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
            "status": None,
        }

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            entry["status"] = int(status.split(maxsplit=1)[0])
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        try:
            chunks = self.app(environ, start)
        except BaseException:
            _write(entry, started, 0)
            raise
        return _Logged(chunks, entry, started)


class _Logged:
    """The response's iterable; the line is written when the server closes it, so the whole response is timed."""

    def __init__(self, chunks: Iterable[bytes], entry: dict[str, Any], started: float) -> None:
        self.chunks = chunks
        self.entry = entry
        self.started = started
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.sent += len(chunk)
            yield chunk

    def close(self) -> None:
        try:
            close = getattr(self.chunks, "close", None)
            if close:
                close()
        finally:
            _write(self.entry, self.started, self.sent)


def _write(entry: dict[str, Any], started: float, sent: int) -> None:
    entry["duration_ms"] = round((time.perf_counter() - started) * 1000, 3)
    entry["bytes"] = sent
    # One write a line, so that lines of several threads do not mix.
    sys.stdout.write(json.dumps(entry) + "\n")
    sys.stdout.flush()
