"""One WSGI call with a whole response in memory, as Lambda needs it."""

import io
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class Response(NamedTuple):
    """Status code, headers in the app's order and spelling, and the whole body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def new_environ(
    method: str, path: str, query: str, body: bytes, *, scheme: str, protocol: str
) -> "WSGIEnvironment":
    """The part of a WSGI environ that does not come from headers. `path` and `query` are text, decoded as UTF-8."""
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": wsgi_text(path),
        "QUERY_STRING": wsgi_text(query),
        "SERVER_PROTOCOL": protocol,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def wsgi_text(text: str) -> str:
    """Text as WSGI carries it: its UTF-8 bytes, each as one character (PEP 3333)."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")


def call(app: "WSGIApplication", environ: "WSGIEnvironment") -> Response:
    """The app's whole response to `environ`; its iterable is closed, `write()` works.

    What the app raises, at any point of the response, is raised here. RuntimeError where no response was started.
    """
    written: list[bytes] = []
    started: list[Any] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        # Nothing has been sent yet, so an error page may always replace the response (PEP 3333).
        if started and not exc_info:
            raise AssertionError("start_response was called twice without exc_info")
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
    return Response(int(status[:3]), headers, b"".join(written))
