"""A request to a WSGI app's whole response, in memory, as Lambda needs it."""

import io
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from serve.messages import Headers, Request, Response, check_headers, header_value

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Write = Callable[[bytes], object]


def to_environ(request: Request) -> "WSGIEnvironment":
    """The WSGI environ of `request` (PEP 3333). Headers whose name has an underscore are left out."""
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": request.mount,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "SERVER_PROTOCOL": request.protocol,
        "REMOTE_ADDR": request.client,
        "wsgi.version": (1, 0),
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        key = _environ_key(name)
        if not value.isascii():
            value = header_value(value)  # noqa: PLW2901 - most are ASCII
        if key in environ:
            environ[key] += f",{value}"
        elif key:
            environ[key] = value
    # The length that the client declared is that of the encoded body, if it is right at all.
    if environ.pop("HTTP_CONTENT_LENGTH", None) is not None or request.body:
        environ["CONTENT_LENGTH"] = str(len(request.body))
    scheme = _first(environ.get("HTTP_X_FORWARDED_PROTO")) or "https"
    environ["wsgi.url_scheme"] = scheme
    host, port = split_host(environ.get("HTTP_HOST") or request.server or "localhost")
    environ["SERVER_NAME"] = host
    environ["SERVER_PORT"] = (
        port or _first(environ.get("HTTP_X_FORWARDED_PORT")) or ("80" if scheme == "http" else "443")
    )
    return environ


def call(app: "WSGIApplication", environ: "WSGIEnvironment") -> Response:
    """The app's whole response to `environ`; its iterable is closed, `write()` works.

    What the app raises, at any point of the response, is raised here. RuntimeError where no response was started,
    ValueError for a header that HTTP has no place for.
    """
    written: list[bytes] = []
    started: list[Any] = []

    def start_response(status: str, headers: Headers, exc_info: Any = None) -> Write:
        # Nothing has been sent yet, so an error page may always replace the response (PEP 3333).
        if started and not exc_info:
            raise RuntimeError("start_response was called twice without exc_info")
        started[:] = [status, headers]
        return written.append

    chunks = app(environ, start_response)
    try:
        written.extend(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close:
            close()
    if not started:
        raise RuntimeError("the app never called start_response")
    status, headers = started
    check_headers(headers)
    return Response(status, headers, b"".join(written))


@lru_cache(maxsize=1024)
def split_host(host: str) -> tuple[str, str]:
    """A Host header's name and port; the port is empty where there is none. IPv6 names keep their brackets."""
    name, _, port = host.rpartition(":")
    return (name, port) if name and is_number(port) else (host, "")


def is_number(port: str) -> bool:
    """Whether `port` can be one; isdigit() alone takes digits that int() does not."""
    return port.isascii() and port.isdigit() and len(port) <= 5  # noqa: PLR2004 - the digits of 65535


@lru_cache(maxsize=1024)
def _environ_key(name: str) -> str:
    # A name with an underscore could pose as another header; gunicorn drops it too.
    if "_" in name:
        return ""
    key = name.upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"


@lru_cache(maxsize=1024)
def _first(values: str | None) -> str:
    """The first of a comma-separated list: what the client's own connection had."""
    return values.partition(",")[0].strip() if values else ""
