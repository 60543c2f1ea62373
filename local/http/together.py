"""A connection on which what is written in one turn of the event loop goes in one piece: an answer's head and its body.

A client that reads once has both then, as behind the platforms' own front ends.
"""

import asyncio
from typing import Any

# More than that is sent at once: to hold it would take memory that the connection's own limit does not see.
_MOST = 65_536


class Together:
    """A transport; all but its writing is that of the one it stands for."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held = bytearray()

    def write(self, data: bytes) -> None:
        """Send with what else is written before the loop goes on."""
        if not self._held:
            asyncio.get_running_loop().call_soon(self._send)
        self._held += data
        if len(self._held) > _MOST:
            self._send()

    def close(self) -> None:
        """Close behind what has been written."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._held:
            held, self._held = self._held, bytearray()
            self._transport.write(held)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
