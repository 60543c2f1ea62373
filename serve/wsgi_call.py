"""Makes a WSGI environ of an event's request, and of that an app's whole response, in memory, as Lambda needs it."""

import io
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .messages import BadEventError, Headers, Names, Response, header_value, text_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Write = Callable[[bytes], object]

# An event's values for these are taken unchanged.
_TEXTS = ("REQUEST_METHOD", "SERVER_PROTOCOL", "REMOTE_ADDR")


def complete(
    environ: "WSGIEnvironment", headers: Iterable[tuple[str, Any]], body: bytes, server: str
) -> "WSGIEnvironment":
    """`environ`, which has only the event's own values, made whole (PEP 3333).

    Headers come in any case, and a repeated one several times; a Cookie header among them is whole. Headers without a
    value, and those whose name has an underscore or is beyond ASCII, are left out. `server` is the name that was
    called; it counts if no header says it.
    """
    for key in _TEXTS:
        text = environ[key]
        if text.__class__ is not str or not text.isascii():
            raise BadEventError(f"{key} is {text!a:.80}; a string of ASCII is expected")
    environ["wsgi.version"] = (1, 0)
    environ["wsgi.input"] = io.BytesIO(body)
    environ["wsgi.input_terminated"] = True
    environ["wsgi.errors"] = sys.stderr
    environ["wsgi.multithread"] = False
    environ["wsgi.multiprocess"] = False
    environ["wsgi.run_once"] = False
    for name, value in headers:
        if value.__class__ is not str:
            if value is None:
                continue
            value = text_of(value)  # noqa: PLW2901 - most are strings
        if not value.isascii():
            value = header_value(value)  # noqa: PLW2901 - most are ASCII
        key = _environ_keys[name]
        if key in environ:
            environ[key] += f",{value}"
        elif key:
            environ[key] = value
    # The length that the client declared is that of the encoded body, if it is right at all.
    if environ.pop("HTTP_CONTENT_LENGTH", None) is not None or body:
        environ["CONTENT_LENGTH"] = str(len(body))
    get = environ.get
    environ["wsgi.url_scheme"], environ["SERVER_NAME"], environ["SERVER_PORT"] = _called(
        get("HTTP_HOST") or server, get("HTTP_X_FORWARDED_PROTO"), get("HTTP_X_FORWARDED_PORT")
    )
    return environ


def tell_invocation(environ: "WSGIEnvironment", event: Any, context: Any) -> None:
    """Put what an app may ask of its invocation into `environ`: the event, Lambda's context, and the tenant.

    aws.tenant_id is there only for a function with tenant isolation. No client can write it, because it is no header
    (docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html).
    """
    environ["aws.event"] = event
    environ["aws.context"] = context
    if context is not None and (tenant := getattr(context, "tenant_id", None)):
        environ["aws.tenant_id"] = tenant


def call(app: "WSGIApplication", environ: "WSGIEnvironment") -> Response:
    """The app's whole response to `environ`; its iterable is closed, `write()` works.

    What the app raises, at any point of the response, is raised here. RuntimeError if no response was started.
    """
    written: list[bytes] = []
    status = ""
    headers: Headers = []

    def start_response(new_status: str, new_headers: Headers, exc_info: Any = None) -> Write:
        nonlocal status, headers
        # Nothing has been sent yet, so an error page may always replace the response (PEP 3333).
        if status and not exc_info:
            raise RuntimeError("start_response was called twice without exc_info")
        status, headers = new_status, new_headers
        return written.append

    chunks = app(environ, start_response)
    try:
        written.extend(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close:
            close()
    if not status:
        raise RuntimeError("the app never called start_response")
    return status, headers, b"".join(written)


@lru_cache(maxsize=1024)
def _called(host: str, protocols: str | None, ports: str | None) -> tuple[str, str, str]:
    """Scheme, server and port that the client called. In a chain of proxies, the first value is the client's."""
    scheme = "http" if _first(protocols).lower() == "http" else "https"
    name, port = _split_host(host or "localhost")
    first_port = _first(ports)
    return (
        scheme,
        name,
        port or (first_port if is_number(first_port) else "80" if scheme == "http" else "443"),
    )


def _split_host(host: str) -> tuple[str, str]:
    """A Host header's name and port; the port is empty if there is none. IPv6 names keep their brackets."""
    name, _, port = host.rpartition(":")
    return (name, port) if name and is_number(port) else (host, "")


def _first(values: str | None) -> str:
    return values.partition(",")[0].strip() if values else ""


def is_number(port: str) -> bool:
    """Whether `port` can be one; isdigit() alone takes digits that int() does not."""
    return port.isascii() and port.isdigit() and len(port) <= 5  # noqa: PLR2004 - the digits of 65535


def _environ_key(name: str) -> str:
    """A header's name in the environ by its name in the event; empty for a header that an app must not see."""
    key = name.upper().replace("-", "_")
    if "_" in name or not name.isascii():
        # A name with an underscore could pose as another header; gunicorn drops it too.
        return ""
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"


_environ_keys = Names(_environ_key)
