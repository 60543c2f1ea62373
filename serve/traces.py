"""Requests to OpenTelemetry spans, sent by OTLP over HTTP; imported only if the environment says where to send.

OTEL_EXPORTER_OTLP_ENDPOINT switches it on, and the other variables of OpenTelemetry's SDK hold as they are documented
(opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables). The packages are in an image that was built
with OTEL=on. The requests that the app itself makes, and its queries, are seen if it uses their instrumentation.
"""

import os
import threading
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from .settings import SettingError

# The names of attributes that are stable now, unless the user wants the older ones; read while this is imported.
os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")

try:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
except ModuleNotFoundError as missing:
    raise SettingError(
        f"OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, but {missing.name} is not installed; "
        "build the image with --build-arg OTEL=on, as the stack key otlpEndpoint does, or unset the variable"
    ) from None

from .instance import is_health_check
from .logs import ids

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from .asgi import Application, Receive, Scope, Send

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")

# For sending, with repetitions: a caller behind Lambda waits for it. OTEL_EXPORTER_OTLP_TIMEOUT is in seconds too.
SECONDS = 1
_TIMEOUTS = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")

_lock = threading.Lock()


def check() -> None:
    """Raise SettingError for a protocol that is not spoken here."""
    for name in _PROTOCOLS:
        if os.environ.get(name, "http/protobuf") != "http/protobuf":
            raise SettingError(f"{name} is {os.environ[name]!r}; it is http/protobuf, or unset")


def wsgi(app: "WSGIApplication", *, health_path: str = "/health") -> "WSGIApplication":
    """`app` with a span for each request but the platform's own, whose ids are in what is logged meanwhile."""
    from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware  # noqa: PLC0415 - one of two

    check()

    def within(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        _note_ids()
        return app(environ, start_response)

    traced = OpenTelemetryMiddleware(within)

    def choose(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if is_health_check(environ["PATH_INFO"], environ.get("QUERY_STRING", ""), health_path):
            return app(environ, start_response)
        provider()
        return traced(environ, start_response)

    return choose


def asgi(app: "Application", *, health_path: str = "/health") -> "Application":
    """`wsgi` for an ASGI app."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware  # noqa: PLC0415 - one of two

    check()

    async def within(scope: "Scope", receive: "Receive", send: "Send") -> None:
        _note_ids()
        await app(scope, receive, send)

    traced: Any = OpenTelemetryMiddleware(within, exclude_spans=["receive", "send"])

    async def choose(scope: "Scope", receive: "Receive", send: "Send") -> None:
        query = scope.get("query_string", b"").decode("latin-1")
        if scope["type"] == "lifespan" or is_health_check(scope["path"], query, health_path):
            await app(scope, receive, send)
            return
        provider()
        await traced(scope, receive, send)

    return choose


def flushed(respond: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
    """`respond`, which returns when its spans are sent: right after it Lambda freezes the instance."""

    def respond_and_flush(*arguments: Arguments.args, **named: Arguments.kwargs) -> Returned:
        try:
            return respond(*arguments, **named)
        finally:
            provider().force_flush()

    return respond_and_flush


def provider() -> TracerProvider:
    """The maker of the spans. It has a thread, so it is made at the first request: after a fork."""
    with _lock:
        return _provider()


@cache
def _provider() -> TracerProvider:
    is_timed = any(os.environ.get(name) for name in _TIMEOUTS)
    exporter = OTLPSpanExporter() if is_timed else OTLPSpanExporter(timeout=SECONDS)
    provider = TracerProvider(resource=_resource())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider


def _resource() -> Resource:
    """The sender: its name in the environment, else the platform's name of the service; and the build."""
    known = Resource.create()
    attributes: dict[str, str] = {}
    name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or os.environ.get("K_SERVICE")
    if name and str(known.attributes["service.name"]).startswith("unknown_service"):
        attributes["service.name"] = name
    build = os.environ.get("BUILD_ID")
    if build and "service.version" not in known.attributes:
        attributes["service.version"] = build
    return known.merge(Resource(attributes))


def _note_ids() -> None:
    """Let log records name the span, so that a log viewer leads to the trace and back."""
    context = trace.get_current_span().get_span_context()
    span_ids = {"traceId": f"{context.trace_id:032x}", "spanId": f"{context.span_id:016x}"}
    ids.set({**ids.get(), **span_ids})
