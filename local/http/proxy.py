"""Passes a request to an instance that listens on a port, and its response back, in pieces as they come."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Self

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from local.http import front
from local.http.front import BrokenResponseError, ClientGoneError
from local.http.message import Headers, Request, end_to_end
from local.http.tunnel import Tunnel

# Below gunicorn's keepalive, so that gunicorn never closes a connection that is about to be used.
_KEPT_SECONDS = 60
# An app's headers may be as long as gunicorn allows.
_LONGEST_HEADER = 1024 * 1024
_MOST_HEADERS = 1000
_ENCODED_UNRESERVED = re.compile(rb"%(?:2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])")


class NotConnectedError(Exception):
    """The instance takes no connection; nothing of the request has been read or sent."""


class NoResponseError(Exception):
    """The instance ended, or sent no HTTP, before its response began."""


class TooLateError(Exception):
    """The response did not begin in time."""


class Proxy:
    """A client of one port. It adds no headers, follows no redirects and decodes nothing."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._base = f"http://127.0.0.1:{port}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            timeout=aiohttp.ClientTimeout(total=None),
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            max_headers=_MOST_HEADERS,
        )
        # A front end does not repeat a request by itself: a request that ends its worker would end two. aiohttp has no
        # public switch for this; its own test client sets the same attribute.
        self._session._retry_connection = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._session.close()

    async def get(self, path: str, timeout: float) -> int:  # noqa: ASYNC109
        """The status that a platform's own GET gets. Raises OSError, TimeoutError or aiohttp.ClientError."""
        async with asyncio.timeout(timeout), self._session.get(f"{self._base}{path}") as response:
            return response.status

    async def forward(
        self,
        request: Request,
        receive: front.Receive,
        send: front.Send,
        *,
        timeout: float,  # noqa: ASYNC109
        rewrite: Callable[[Headers], Headers],
        idle: bool = False,
    ) -> None:
        """Send `request` while its body arrives, and its response back with its headers rewritten.

        `request` has to be sendable. All of it may take `timeout` seconds; with `idle`, each pause may.
        Raises NotConnectedError, NoResponseError or TooLateError as long as nothing has been sent back, then
        BrokenResponseError.
        """
        begun = False
        limit = asyncio.timeout(timeout)
        moved: Callable[[], None] = partial(_renew, limit, timeout) if idle else lambda: None
        if request.tunnel is not None:
            await self._tunnel(request, request.tunnel, limit, moved)
            return
        watched = _Watched(receive)
        try:
            async with watched, limit, self._response(request, watched, moved) as response:
                moved()
                headers = [(name.lower(), value) for name, value in response.raw_headers]
                begun = True
                await front.begin(send, response.status, rewrite(end_to_end(headers)))
                async for piece in response.content.iter_any():
                    moved()
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                # From here on the end of the response looks like the end of the connection.
                watched.stop()
                await send({"type": "http.response.body", "body": b""})
        except asyncio.CancelledError:
            if not watched.is_gone:
                raise
            raise ClientGoneError from None
        except TimeoutError:
            raise BrokenResponseError if begun else TooLateError from None
        except aiohttp.ClientConnectorError as problem:
            raise NotConnectedError from problem
        except (aiohttp.ClientError, OSError) as problem:
            raise BrokenResponseError if begun else NoResponseError from problem

    async def _tunnel(
        self, request: Request, tunnel: Tunnel, limit: asyncio.Timeout, moved: Callable[[], None]
    ) -> None:
        """Pass on the offer to speak WebSocket and all bytes after it; the instance decides whether to take it."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError as problem:
            raise NotConnectedError from problem
        lines = [b"%b %b HTTP/1.1" % (request.method.encode(), _target(request))]
        lines += [name + b": " + value for name, value in request.headers]
        writer.write(b"\r\n".join([*lines, b"connection: Upgrade", b"upgrade: websocket", b"", b""]))
        with contextlib.suppress(TimeoutError):
            async with limit:
                await tunnel.join(reader, writer, moved)

    @staticmethod
    def _body_of(
        request: Request, receive: "_Watched", moved: Callable[[], None]
    ) -> AsyncIterator[bytes] | None:
        if has_body(request):
            return _body(receive, moved)
        receive.watch()
        return None

    def _response(
        self, request: Request, receive: "_Watched", moved: Callable[[], None]
    ) -> "aiohttp.client._RequestContextManager":  # pyright: ignore[reportPrivateUsage] - has no other name
        return self._session.request(
            request.method,
            URL(f"{self._base}{_target(request).decode('latin-1')}", encoded=True),
            headers=CIMultiDict((name.decode(), value.decode()) for name, value in request.headers),
            data=self._body_of(request, receive, moved),
            allow_redirects=False,
        )


class _Watched:
    """A request's messages. If the client goes after the last of them, the work inside `async with` is cancelled."""

    def __init__(self, receive: front.Receive) -> None:
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self._work: asyncio.Task[Any] | None = None
        self.is_gone = False

    async def __call__(self) -> Any:
        """The next message."""
        message = await self._receive()
        if not message.get("more_body"):
            self.watch()
        return message

    def watch(self) -> None:
        """Watch for the end of the connection: all of the body has come."""
        if self._watcher is None and self._work is not None:
            self._watcher = asyncio.create_task(self._wait(self._work))

    async def _wait(self, work: "asyncio.Task[Any]") -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True
        work.cancel()

    async def __aenter__(self) -> Self:
        self._work = asyncio.current_task()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Watch no more."""
        self._work = None
        if self._watcher is not None:
            self._watcher.cancel()


def _target(request: Request) -> bytes:
    return request.path + (b"?" + request.query if request.query else b"")


def has_body(request: Request) -> bool:
    """Whether a body follows the head."""
    return request.in_chunks or (request.header(b"content-length") or b"0") != b"0"


def is_sendable(request: Request) -> bool:
    """Whether aiohttp can send the request: its headers have to be UTF-8, and its target a path."""
    try:
        for _, value in request.headers:
            value.decode()
    except UnicodeDecodeError:
        return False
    return request.path.startswith(b"/")


def unreserved_decoded(path: bytes) -> bytes:
    """`path` without needless percent-encodings: %41 becomes A, %2F stays."""
    return _ENCODED_UNRESERVED.sub(lambda match: bytes.fromhex(match[0][1:].decode()), path)


def _renew(limit: asyncio.Timeout, timeout: float) -> None:
    """Let the limit begin anew, unless it is over."""
    with contextlib.suppress(RuntimeError):
        limit.reschedule(asyncio.get_running_loop().time() + timeout)


async def _body(receive: front.Receive, moved: Callable[[], None]) -> AsyncIterator[bytes]:
    try:
        async for piece in front.stream(receive):
            moved()
            if piece:
                yield piece
    except ClientGoneError:
        # This breaks off the connection to the instance, which then knows that the body is not whole.
        raise ConnectionAbortedError("the client has gone") from None
