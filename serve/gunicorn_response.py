"""Sends a WSGI response: its head and first bytes in one packet, after one check of its headers."""

import time
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from gunicorn import util
from gunicorn.http import wsgi

from .messages import Headers, check_value, field_names, one_length

# The parts that are used here have no types.
GunicornsResponse: Any = wsgi.Response

# If a body is longer than this, copying it behind the head takes longer than sending it by itself.
_TOGETHER = 65_536


class Response(GunicornsResponse):
    """gunicorn's response, made from the app's."""

    _head = b""
    _is_file = False

    def process_headers(self, headers: Headers) -> None:
        """Take the app's headers instead of earlier ones. Raises ValueError for a header that HTTP does not allow."""
        kept: Headers = []
        self.response_length = length = None
        for name, value in headers:
            # gunicorn itself checks each header by two regular expressions, which takes longer.
            if not (value.isascii() and value.isprintable()):
                check_value(value)
            value = value.strip(" \t")  # noqa: PLW2901 - RFC 9110, 5.5
            kind = _kind(name)
            if kind:
                if kind == "content-length":
                    is_first, length = length is None, one_length(length, value)
                    if not is_first:
                        continue
                    self.response_length = int(length)
                elif kind == "connection":
                    self.upgrade = value.lower() == "upgrade"
                    self.must_close = self.must_close or value.lower() == "close"
                if kind != "content-length" and not (kind == "upgrade" and value.lower() == "websocket"):
                    continue
            kept.append((name, value))
        self.headers = kept

    def send_headers(self) -> None:
        """Prepare the head; it is sent together with the next bytes."""
        if self.headers_sent:
            return
        connection = "upgrade" if self.upgrade else "close" if self.should_close() else "keep-alive"
        major, minor = min(self.req.version, (1, 1))
        lines = [
            # Without a reason, the space before it stays (RFC 9112, 4).
            f"HTTP/{major}.{minor} {self.status}{'' if self.status[3:] else ' '}\r\n",
            f"Server: {self.version}\r\nDate: {_date(int(time.time()))}\r\nConnection: {connection}\r\n",
        ]
        if self.chunked:
            lines.append("Transfer-Encoding: chunked\r\n")
        lines += [f"{name}: {value}\r\n" for name, value in self.headers]
        lines.append("\r\n")
        self._head = "".join(lines).encode("latin-1")
        self.headers_sent = True

    def write(self, arg: bytes) -> None:
        """Send these bytes, and the head before them if it has not been sent."""
        super().write(arg)
        self._send(b"")

    def sendfile(self, respiter: Any) -> bool:
        """Send a file behind the head, if the kernel can."""
        self.send_headers()
        self._send(b"")
        self._is_file = super().sendfile(respiter)
        return self._is_file

    def close(self) -> None:
        """End the response."""
        self.send_headers()
        self._send(b"0\r\n\r\n" if self.chunked else b"")
        if self.sent < (self.response_length or 0) and self._has_body():
            # The client waits for the rest; only the end of the connection shows that there is none.
            self.force_close()

    def _has_body(self) -> bool:
        return not (self._is_file or self.req.method == "HEAD" or self.status_code in (204, 304))

    def _emit_body(self, data: bytes) -> None:
        self._send(b"%X\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def _send(self, data: bytes) -> None:
        head, self._head = self._head, b""
        if head and len(data) > _TOGETHER:
            self.sock.sendall(head)
            head = b""
        if head or data:
            self.sock.sendall(head + data)


@lru_cache(maxsize=1024)
def _kind(name: str) -> str:
    """The lower-case name of a header that gunicorn reads, "hop" for a header that it drops, "" for any other."""
    lower = field_names[name]
    if lower in ("content-length", "connection", "upgrade"):
        return lower
    return "hop" if util.is_hoppish(name) else ""


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def use() -> None:
    """Make gunicorn use this class for its responses."""
    wsgi.Response = Response  # pyright: ignore[reportAttributeAccessIssue] - gunicorn takes the class from here
