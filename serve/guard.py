"""A WSGI middleware for servers that stream: a failure before the first byte is a whole 500, not half an answer."""

import errno
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .messages import INTERNAL_ERROR, Headers, Response, check_bytes, error, status_code
from .patience import TooSlowError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

_BAD_REQUEST = error("400 Bad Request")
_TIMEOUT = error("408 Request Timeout")


class _BadBodyError(BaseException):
    """The request's body is malformed, has been cut off or trickles. An app must not take that for its own fault."""

    def __init__(self, problem: Exception) -> None:
        super().__init__(str(problem))
        status, headers, body = _TIMEOUT if isinstance(problem, TooSlowError) else _BAD_REQUEST
        # Where the next request begins cannot be known.
        self.response = status, [*headers, ("connection", "close")], body


def guard(app: "WSGIApplication") -> "WSGIApplication":
    """`app` with a guard: all that it raises before its first byte becomes a 500 that shows nothing of the inside.

    If the app reads a body that is malformed or has been cut off, the answer is a 400; if the body trickles, a 408.
    """

    def guarded(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = _Input(environ["wsgi.input"], environ.get("CONTENT_LENGTH"))
        response = _Response(start_response)
        chunks: Iterable[bytes] = ()
        try:
            chunks = app(environ, response.start)
            if isinstance(chunks, environ.get("wsgi.file_wrapper", ())):
                # The server sends a file faster if it can see that it is a file.
                response.begin()
                return chunks
            iterator = iter(chunks)
            # An app may start its response only when it gives its first bytes.
            first = next(filter(None, iterator), b"")
            check_bytes(first)
            response.begin()
        except BaseException as failure:
            _close(chunks)
            is_begun = response.write is not None
            if isinstance(failure, _BadBodyError):
                if is_begun:
                    raise _client_gone() from failure
                return _send(start_response, failure.response)
            if is_begun or not _is_the_apps(failure, environ):
                raise
            log.exception("The app failed")
            return _send(start_response, INTERNAL_ERROR)
        return _Chunks(first, iterator, chunks)

    return guarded


def _is_the_apps(failure: BaseException, environ: "WSGIEnvironment") -> bool:
    """Whether the failure is a fault of the app, not a sign for the server."""
    # An app raises StopIteration when it has taken the connection over and is done: a WebSocket has ended.
    if isinstance(failure, StopIteration) and "HTTP_UPGRADE" in environ:
        return False
    return not isinstance(failure, KeyboardInterrupt)


def _send(start_response: "StartResponse", response: Response) -> list[bytes]:
    """Answer with `response` instead of the app's; called while the app's failure is handled."""
    status, headers, body = response
    start_response(status, headers, sys.exc_info())
    return [body]


def _client_gone() -> OSError:
    """The error of a client that has gone. A server does not log it, because it is not the app's fault."""
    return ConnectionResetError(errno.ECONNRESET, "the request's body is malformed or has been cut off")


class _Response:
    """Holds the app's status and headers back until there is a byte to send (PEP 3333)."""

    def __init__(self, start_response: "StartResponse") -> None:
        self.start_response = start_response
        self.held: tuple[str, Headers] | None = None
        self.write: Callable[[bytes], object] | None = None

    def start(self, status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
        if self.write is not None and exc_info:
            raise exc_info[1].with_traceback(exc_info[2])
        if self.held and not exc_info:
            raise RuntimeError("start_response was called twice without exc_info")
        status_code(status)
        self.held = status, headers
        return self._write

    def begin(self) -> Callable[[bytes], object]:
        """Give status and headers to the server, which refuses values that HTTP does not allow."""
        if self.held is None:
            raise RuntimeError("the app never called start_response")
        if self.write is None:
            self.write = self.start_response(*self.held)
        return self.write

    def _write(self, data: bytes) -> object:
        check_bytes(data)
        return self.begin()(data)


class _Input:
    """The request's body. Reading it raises _BadBodyError if it is malformed or ends too early."""

    def __init__(self, body: Any, length: str | None) -> None:
        self.body = body
        self.left = int(length) if length else 0

    def read(self, size: int | None = None) -> bytes:
        return self._checked(self.body.read, size, is_whole=size is None or size < 0)

    def readline(self, size: int | None = None) -> bytes:
        return self._checked(self.body.readline, size, is_whole=False)

    def readlines(self, _hint: int | None = None) -> list[bytes]:
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _checked(self, read: Callable[[Any], bytes], size: int | None, *, is_whole: bool) -> bytes:
        try:
            data = read(size)
        except Exception as problem:
            raise _BadBodyError(problem) from problem
        self.left -= len(data)
        if self.left > 0 and (is_whole or (not data and size != 0)):
            raise _BadBodyError(EOFError(f"{self.left} bytes of the body are missing"))
        return data


class _Chunks:
    """The response's iterable, from its first bytes on."""

    def __init__(self, first: bytes, rest: Iterator[bytes], chunks: Iterable[bytes]) -> None:
        self.first = first
        self.rest = rest
        self.chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        yield self.first
        try:
            yield from self.rest
        except _BadBodyError as failure:
            raise _client_gone() from failure

    def close(self) -> None:
        _close(self.chunks)


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close:
        close()
