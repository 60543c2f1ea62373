"""A response that a runtime sends in pieces, as one chunked POST, while the invocation's caller reads it.

Source: docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientError, http_exceptions, web

_MODE = "Lambda-Runtime-Function-Response-Mode"
_ERROR_TYPE = b"lambda-runtime-function-error-type"
# Large, because a runtime may put a whole trace into the trailers.
_TRAILERS = 65536


def is_streamed(request: web.BaseRequest) -> bool:
    """Whether a runtime posts its response in pieces."""
    return request.headers.get(_MODE, "").lower() == "streaming"


class Streamed:
    """The response of one invocation, on its way. Its pieces have to be read to the end, even if the caller has gone.

    ended: done when the last piece is read, or the runtime has gone. is_truncated: whether it went before the end.
    error_type: from the trailers, if the function failed in the middle of its response.
    """

    def __init__(self, request: web.BaseRequest) -> None:
        self.content_type = request.headers.get("Content-Type", "application/octet-stream")
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_truncated = False
        self.error_type: str | None = None
        self._request = request

    @property
    def is_whole(self) -> bool:
        """Whether all of it has come, as the function says at its end."""
        return self.ended.done() and not self.is_truncated and self.error_type is None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The pieces as they come. Afterwards `is_whole` says whether all have come."""
        try:
            async for piece in self._request.content.iter_any():
                yield piece
        except (ClientError, http_exceptions.HttpProcessingError, OSError):
            self.is_truncated = True
        else:
            self.error_type = _error_type(self._request.protocol)
        finally:
            if not self.ended.done():
                self.ended.set_result(None)


class Server(web.Server):
    """aiohttp's server, whose connections remember the bytes that came last, because it cannot read trailers."""

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=asyncio.get_running_loop(), **self._kwargs)


class _Connection(web.RequestHandler):
    __slots__ = ("last",)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.last = b""

    def data_received(self, data: bytes) -> None:
        self.last = (self.last + data)[-_TRAILERS:]
        super().data_received(data)


def _error_type(connection: Any) -> str | None:
    """The error's type in the trailers of the chunked body that a connection received last.

    The runtime sends nothing more before it has its answer, so the trailers are the last bytes that have come.
    """
    _, _, trailers = connection.last.rpartition(b"\r\n0\r\n")
    for line in trailers.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == _ERROR_TYPE:
            return value.strip().decode("latin-1")
    return None
