"""A response to Lambda piece by piece, as the app gives it: status and headers as JSON, zero bytes, then the body.

Source: docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming; the form of the
first piece is in docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html. Function URLs
and REST APIs take it if they are set to. Their events do not say so; the variable INVOKE_MODE does.
"""

import base64
import json
import logging
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

from .events import payload_v2
from .guard import guard
from .messages import INTERNAL_ERROR, Headers, Response
from .results import LostError, Piecewise, RefusedError, Results
from .wsgi_call import Write

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

# docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html; platforms/limits.toml has it too.
STREAM_LIMIT = 200 * 1024 * 1024
# The first piece, zero bytes included, must fit into this.
HEAD_LIMIT = 16 * 1024
_END_OF_HEAD = bytes(8)
_LAST = b"0\r\n\r\n"


class StreamTooLargeError(ValueError):
    """A response that is larger than Lambda streams, or has larger headers."""


class Encoder:
    """One response as the bytes of a chunked HTTP body. Pure: it returns the bytes to send next.

    write_head: (status, headers) to the JSON object of the first piece, as the event's shape has it. before: the bytes
    that precede that piece on the connection.
    """

    def __init__(
        self, write_head: Callable[[str, Headers], dict[str, Any]], method: str, before: bytes
    ) -> None:
        self._write_head = write_head
        self._method = method
        self._before = before
        self._head = b""
        self._size = 0
        self._left: int | None = None
        self._is_bodiless = False
        self.is_begun = False
        self.is_ended = False

    @property
    def is_complete(self) -> bool:
        """Whether no byte can follow: the response has no body."""
        return self.is_ended and self._is_bodiless

    def start(self, status: str, headers: Headers) -> None:
        """Take status and headers, which go with the first bytes.

        Raises ValueError for values that HTTP does not allow, StreamTooLargeError for more than Lambda takes.
        """
        head = json.dumps(self._write_head(status, headers)).encode() + _END_OF_HEAD
        if len(head) > HEAD_LIMIT:
            raise StreamTooLargeError(
                f"the response's status and headers are {len(head):,} bytes of JSON; Lambda streams {HEAD_LIMIT:,}"
            )
        self._is_bodiless = self._method == "HEAD" or status.startswith(("204", "304"))
        self._left = 0 if self._is_bodiless else _declared(headers)
        self._head = head

    def body(self, data: bytes) -> bytes:
        """A part of the body. The response's end goes with the last byte of a declared length; more is left out.

        Raises StreamTooLargeError past the limit.
        """
        if self.is_ended:
            return b""
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        if self._size + len(data) > STREAM_LIMIT:
            raise StreamTooLargeError(
                f"the response is more than {STREAM_LIMIT:,} bytes, which Lambda streams"
            )
        chunk = _chunk(data)
        sent = self._begun() + chunk
        if self._left == 0:
            self.is_ended = True
            sent += _LAST
        self._size += len(data)
        return sent

    def end(self) -> bytes:
        """The response's end. Raises ValueError if a declared length has not been reached."""
        if self.is_ended:
            return b""
        if self._left:
            raise ValueError(f"the app's response ended {self._left:,} bytes before its Content-Length")
        self.is_ended = True
        return self._begun() + _LAST

    def failure(self, kind: str) -> bytes:
        """The end of a response cut short by an exception of this kind; a whole 500 if nothing was sent."""
        if not self.is_begun:
            status, headers, body = INTERNAL_ERROR
            self.start(status, headers)
            return self.body(body) + self.end()
        self.is_ended = True
        error = json.dumps({"errorType": kind, "errorMessage": "The app failed amid its response"}).encode()
        fields = b"Lambda-Runtime-Function-Error-Type: %b\r\nLambda-Runtime-Function-Error-Body: %b\r\n"
        return b"0\r\n" + fields % (kind.encode("ascii", "replace"), base64.b64encode(error)) + b"\r\n"

    def _begun(self) -> bytes:
        if self.is_begun:
            return b""
        self.is_begun = True
        self._size = len(self._head)
        return self._before + _chunk(self._head)


class Stream:
    """One response on its way. Leaving the `with` after a failure sends a sign that the response is not whole.

    If nothing was sent before the failure, a whole 500 is sent.
    """

    def __init__(self, results: Results, encoder: Encoder) -> None:
        self.results = results
        self.encoder = encoder
        self.is_answered = False

    def __enter__(self) -> Self:
        return self

    def write(self, data: bytes) -> None:
        """Send a part of the body."""
        if sent := self.encoder.body(data):
            self.results.send(sent)

    def end(self) -> None:
        """Send the end. The client has the whole response then, but the app may still have something to do."""
        self._send(self.encoder.end())

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> bool:
        """Whether the problem is dealt with: all but those of the Runtime API and of the process."""
        if problem is None or isinstance(problem, RefusedError | KeyboardInterrupt):
            return False
        if isinstance(problem, LostError | StreamTooLargeError):
            log.error("%s", problem)
        else:
            when = "after" if self.is_answered else "amid" if self.encoder.is_begun else "before"
            log.error("The app failed %s its response", when, exc_info=problem)
        if not (self.is_answered or isinstance(problem, LostError)):
            self._send(self.encoder.failure(type(problem).__name__))
        return True

    def _send(self, data: bytes) -> None:
        if data:
            self.results.send(data)
        self.is_answered = True
        self.results.finish()


# (the shape of the event, the request, the connection for results, and the invocation's ids): answers the request.
Answer = Callable[[ModuleType, "WSGIEnvironment", Results, str, "str | None"], None]


class Streamer:
    """The handler's result for an event whose sender takes a response in pieces."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    @staticmethod
    def takes(shape: ModuleType, event: dict[str, Any]) -> bool:
        """Whether the sender of `event`, which has this shape, takes pieces: a function URL, or a REST API."""
        if shape is payload_v2:
            name = event["requestContext"].get("domainName")
            return isinstance(name, str) and ".lambda-url." in name
        return shape.__name__.endswith(".payload_v1") and event.get("version") != "1.0"

    def result(self, shape: ModuleType, request: "WSGIEnvironment | Response") -> Piecewise:
        """The app's response to a request, or a response of the door's own, as it is."""
        send = self.answer if isinstance(request, dict) else _send_whole
        return Piecewise(partial(send, shape, request))


def wsgi_answer(app: "WSGIApplication") -> Answer:
    """Requests as calls of a WSGI app, each response sent as the app gives it."""
    guarded = guard(app)

    def run(shape: ModuleType, environ: "WSGIEnvironment", results: Results, *request: Any) -> None:
        encoder = Encoder(shape.write_head, environ["REQUEST_METHOD"], results.begin(*request))
        with Stream(results, encoder) as stream:

            def start_response(status: str, headers: Headers, exc_info: Any = None) -> Write:
                del exc_info  # the guard calls this only before the first byte
                encoder.start(status, headers)
                return stream.write

            chunks = guarded(environ, start_response)
            try:
                for data in chunks:
                    stream.write(data)
                    if encoder.is_complete:
                        break  # a body that never ends would never be sent, but be paid for
                stream.end()
            finally:
                close = getattr(chunks, "close", None)
                if close:
                    close()

    return run


def _send_whole(shape: ModuleType, response: Response, results: Results, *request: Any) -> None:
    """Send a response that is not the app's, to a sender that expects pieces."""
    status, headers, body = response
    encoder = Encoder(shape.write_head, "GET", results.begin(*request))
    with Stream(results, encoder) as stream:
        encoder.start(status, headers)
        stream.write(body)
        stream.end()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _declared(headers: Headers) -> int | None:
    """The length in the headers, if the app gave a number."""
    for name, value in headers:
        if name.lower() == "content-length" and value.isascii() and value.isdigit():
            return int(value)
    return None
