"""Log records to JSON lines in the form of the platform's log viewer, each with the ids of its request.

Sources: cloud.google.com/run/docs/logging (severity, trace), docs.aws.amazon.com/lambda/latest/dg/
monitoring-cloudwatchlogs-logformat.html (timestamp, level, requestId), www.w3.org/TR/trace-context (traceparent).
"""

import json
import logging
import os
import sys
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .settings import SettingError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# The ids of the request that this thread or task is serving, by the name that the platform's log viewer knows.
ids: ContextVar[Mapping[str, Any]] = ContextVar("ids", default=MappingProxyType({}))

GOOGLE = "logging.googleapis.com"
_NAMES = {
    "google": {"time": "time", "level": "severity", "exception": "stack_trace"},
    "lambda": {"time": "timestamp", "level": "level", "exception": "stackTrace"},
    "plain": {"time": "time", "level": "level", "exception": "exception"},
}


def platform() -> str:
    """Whose log viewer reads this process's output: "google", "lambda" or "plain"."""
    if os.environ.get("K_SERVICE"):
        return "google"
    return "lambda" if os.environ.get("AWS_LAMBDA_FUNCTION_NAME") else "plain"


class JsonFormatter(logging.Formatter):
    """One JSON object a record: time, level, message, logger, the request's ids, and `extra={"fields": {...}}`."""

    def __init__(self, end: str = "") -> None:
        super().__init__()
        self.names = _NAMES[platform()]
        self.end = end

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; str() writes the values that JSON does not know."""
        entry: dict[str, Any] = {
            self.names["time"]: datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            self.names["level"]: record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            **ids.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry[self.names["exception"]] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str) + self.end


def configure() -> None:
    """Make the root logger write JSON lines to standard output, from LOG_LEVEL (default INFO) on.

    A handler that is already there (awslambdaric's, which knows where Lambda wants its lines) keeps its place.
    Raises SettingError for an unknown level.
    """
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stdout))
    for handler in root.handlers:
        # awslambdaric's handler writes what it is given and expects the end of the line in it.
        handler.setFormatter(JsonFormatter("" if isinstance(handler, logging.StreamHandler) else "\n"))
    level = os.environ.get("LOG_LEVEL", "INFO").upper()
    known = logging.getLevelNamesMapping()
    if level not in known:
        raise SettingError(f"LOG_LEVEL is {level!r}; it is one of {', '.join(known)}")
    root.setLevel(known[level])


def follow(app: "WSGIApplication") -> "WSGIApplication":
    """`app`; each record that is logged while a request is served has the request's ids."""

    def followed(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        ids.set(ids_of(environ))
        return app(environ, start_response)

    return followed


def ids_of(environ: Mapping[str, Any]) -> dict[str, Any]:
    """The request and trace ids in a WSGI environ (or in a mapping with its keys), by their names in the log."""
    ids: dict[str, Any] = {}
    context = environ.get("aws.context")
    if context is not None:
        ids["requestId"] = getattr(context, "aws_request_id", None)
        if tenant := getattr(context, "tenant_id", None):
            ids["tenantId"] = tenant
    if amazon := environ.get("HTTP_X_AMZN_TRACE_ID"):
        ids["xrayTraceId"] = amazon
    if google := environ.get("HTTP_X_CLOUD_TRACE_CONTEXT"):
        ids |= _google(google)
    if parent := environ.get("HTTP_TRACEPARENT"):
        ids |= _w3c(parent, ids)
    return ids


def _google(header: str) -> dict[str, Any]:
    """X-Cloud-Trace-Context, TRACE/SPAN;o=SAMPLED, as Cloud Logging's fields."""
    trace, _, rest = header.partition("/")
    span, _, options = rest.partition(";")
    fields: dict[str, Any] = {f"{GOOGLE}/trace": _google_name(trace)}
    # The header has the span's 64 bits in decimal, the log wants them in hexadecimal.
    if span.isascii() and span.isdigit() and len(span) <= 20:  # noqa: PLR2004 - the digits of 64 bits
        fields[f"{GOOGLE}/spanId"] = f"{int(span):016x}"
    if options:
        fields[f"{GOOGLE}/trace_sampled"] = options == "o=1"
    return fields


def _google_name(trace: str) -> str:
    project = os.environ.get("GOOGLE_CLOUD_PROJECT")
    return f"projects/{project}/traces/{trace}" if project else trace


def _w3c(header: str, ids: Mapping[str, Any]) -> dict[str, Any]:
    """Traceparent, VERSION-TRACE-SPAN-FLAGS; nothing if it is malformed."""
    parts = header.split("-")
    if len(parts) < 4 or len(parts[1]) != 32 or len(parts[2]) != 16:  # noqa: PLR2004 - the format's own lengths
        return {}
    _, trace, span, flags, *_ = parts
    if f"{GOOGLE}/trace" in ids:
        return {"traceparent": header}
    if platform() == "google":
        is_sampled = flags[-1:] in tuple("13579bdf")  # the lowest bit
        return {
            f"{GOOGLE}/trace": _google_name(trace),
            f"{GOOGLE}/spanId": span,
            f"{GOOGLE}/trace_sampled": is_sampled,
        }
    return {"traceId": trace, "spanId": span}
