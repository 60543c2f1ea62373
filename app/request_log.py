"""A WSGI middleware that logs one record for each request; by default, one JSON line on standard output."""

import json
import logging
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


log = logging.getLogger(__name__)

# A name for the type, because start() is defined anew for each request and would compute its annotations each time.
Headers = list[tuple[str, str]]


def configure() -> None:
    """Write JSON lines to standard output, unless the app's records are handled already."""
    if not log.hasHandlers():
        log.setLevel(logging.INFO)
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(_JsonFormatter())
        log.addHandler(handler)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time_of_day = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry = {"time": time_of_day, "level": record.levelname, "message": record.getMessage()}
        return json.dumps({**entry, **record.__dict__["fields"]})


class RequestLog:
    """Serves `app`, and logs method, path, status, duration and size when a response has been sent or has failed."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        started = time.perf_counter()
        fields = {
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
            "status": None,
        }

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            fields["status"] = int(status.split(maxsplit=1)[0])
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        try:
            chunks = self.app(environ, start)
        except BaseException:
            _write(fields, started, 0)
            raise
        return _Logged(chunks, fields, started)


class _Logged:
    """The response's iterable; the line is written when the server closes it, so the whole response is timed."""

    def __init__(self, chunks: Iterable[bytes], fields: dict[str, Any], started: float) -> None:
        self.chunks = chunks
        self.fields = fields
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
            _write(self.fields, self.started, self.sent)


def _write(fields: dict[str, Any], started: float, sent: int) -> None:
    fields["duration_ms"] = round((time.perf_counter() - started) * 1000, 3)
    fields["bytes"] = sent
    log.info("%s %s %s", fields["method"], fields["path"], fields["status"], extra={"fields": fields})
