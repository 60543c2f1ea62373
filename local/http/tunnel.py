"""A client's connection that may speak WebSocket behind its request, and the instance that speaks it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any


class Tunnel:
    """The bytes that a client sends after an offer to speak WebSocket, held until an instance takes the offer."""

    def __init__(self, transport: asyncio.Transport, flow: Any, unhand: Callable[[], None]) -> None:
        self._client = asyncio.StreamReader()
        self._client.set_transport(transport)
        self._transport = transport
        self._flow = flow
        self._unhand = unhand

    def feed(self, data: bytes) -> None:
        """Take bytes that the client sent."""
        self._client.feed_data(data)

    def feed_eof(self) -> None:
        """The client sends no more."""
        self._client.feed_eof()

    def held(self) -> bytes:
        """The bytes that the client has sent so far, for the case that no instance takes the offer."""
        held = bytes(self._client._buffer)  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]
        if not self._transport.is_reading():
            self._transport.resume_reading()
        return held

    async def join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, moved: Callable[[], None]
    ) -> None:
        """Pass bytes both ways until either side ends; from now on only the tunnel uses the connection."""
        self._unhand()

        async def to_instance(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        async def to_client(data: bytes) -> None:
            self._transport.write(data)
            await self._flow.drain()

        both = [
            asyncio.create_task(_pump(self._client, to_instance, moved)),
            asyncio.create_task(_pump(reader, to_client, moved)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for thread in both:
                thread.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            writer.close()
            self._transport.close()


async def _pump(
    source: asyncio.StreamReader, sink: Callable[[bytes], Awaitable[None]], moved: Callable[[], None]
) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            moved()
            await sink(data)
