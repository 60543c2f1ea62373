"""A WSGI middleware for servers that stream: a failure before the first byte is a whole 500, not half an answer."""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from serve.messages import INTERNAL_ERROR, check_value, field_name

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)


def guard(app: "WSGIApplication") -> "WSGIApplication":
    """`app`, where an exception or SystemExit before its first byte becomes a 500 that shows nothing of the inside."""

    def guarded(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = _Response(start_response)
        chunks: Iterable[bytes] = ()
        try:
            chunks = app(environ, response.start)
            if isinstance(chunks, environ.get("wsgi.file_wrapper", ())):
                # The server sends a file faster when it sees it as one.
                response.begin()
                return chunks
            iterator = iter(chunks)
            # An app may start its response as late as in its first bytes.
            first = next(filter(None, iterator), b"")
            response.begin()
        except (Exception, SystemExit):
            _close(chunks)
            if response.write is not None:
                raise
            log.exception("The app failed")
            status, headers, body = INTERNAL_ERROR
            start_response(status, headers, sys.exc_info())
            return [body]
        except BaseException:
            _close(chunks)
            raise
        return _Chunks(first, iterator, chunks)

    return guarded


class _Response:
    """Holds the app's status and headers back until there is a byte to send."""

    def __init__(self, start_response: "StartResponse") -> None:
        self.start_response = start_response
        self.held: tuple[str, list[tuple[str, str]]] | None = None
        self.write: Callable[[bytes], object] | None = None

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        if self.write is not None and exc_info:
            raise exc_info[1].with_traceback(exc_info[2])
        if self.held and not exc_info:
            raise RuntimeError("start_response was called twice without exc_info")
        # Here, because a server that refuses one keeps those before it.
        for name, value in headers:
            field_name(name)
            if not (value.isascii() and value.isprintable()):
                check_value(value)
        self.held = status, headers
        return self._write

    def begin(self) -> Callable[[bytes], object]:
        """Give status and headers to the server."""
        if self.held is None:
            raise RuntimeError("the app never called start_response")
        if self.write is None:
            self.write = self.start_response(*self.held)
        return self.write

    def _write(self, data: bytes) -> object:
        return self.begin()(data)


class _Chunks:
    """The response's iterable, from its first bytes on."""

    def __init__(self, first: bytes, rest: Iterator[bytes], chunks: Iterable[bytes]) -> None:
        self.first = first
        self.rest = rest
        self.chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        yield self.first
        yield from self.rest

    def close(self) -> None:
        _close(self.chunks)


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close:
        close()
