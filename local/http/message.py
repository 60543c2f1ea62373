"""An HTTP request and its answer as values, with the bytes that were on the wire."""

import re
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from local.http.tunnel import Tunnel

Headers: TypeAlias = list[tuple[bytes, bytes]]

# Headers of one connection, which no intermediary passes on (RFC 9110, section 7.6.1), nor those that Connection names.
HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)

# Headers that are for all recipients. They are passed on even if Connection names them, because without them a body or
# a target is lost.
_FOR_ALL = frozenset((b"content-length", b"host"))

# A name or an address, and a port (RFC 9110, 7.2); it may be empty.
_HOST = re.compile(rb"(?:\[[0-9a-zA-Z.:%]*\]|[\w.~%!$&'()*+,;=-]*)(?::[0-9]*)?")


class Client(NamedTuple):
    """The caller: its address, the scheme of its connection and the port that it called."""

    address: str
    scheme: str
    port: int


@dataclass(frozen=True)
class Request:
    """A request: `path` and `query` as they were sent, percent-encoded, header names in lower case.

    in_chunks: whether its body came in chunks, without a length in its head; its headers may no longer say so.
    tunnel: the connection, if the client offers to speak WebSocket on it.
    """

    method: str
    path: bytes
    query: bytes
    headers: Headers
    body: bytes
    client: Client
    protocol: str = "HTTP/1.1"
    in_chunks: bool = False
    tunnel: "Tunnel | None" = None

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header, by its lower-case name."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def head_size(self) -> int:
        """Bytes of the request line and of the headers' names and values."""
        line = len(self.method) + 1 + len(self.path) + 1 + len(self.query) + 1 + len(self.protocol)
        return line + sum(len(name) + len(value) for name, value in self.headers)


@dataclass(frozen=True)
class Answer:
    """A whole response."""

    status: int
    headers: Headers
    body: bytes


def host_of(target: bytes) -> bytes:
    """Host and port in a target of the absolute form, nothing for one of another form."""
    scheme, separator, rest = target.partition(b"://")
    if not separator or not scheme.isalpha():
        return b""
    return rest.replace(b"?", b"/").replace(b"#", b"/").partition(b"/")[0].rpartition(b"@")[2]


def malformed(version: str, headers: Headers) -> str:
    """The reason for a 400 to a head that the parser takes, "" for none (RFC 9112, 2.3 and 3.2)."""
    if version not in ("1.0", "1.1"):
        return "HTTP/1.0 or HTTP/1.1 is expected"
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (version == "1.1" and not hosts):
        return "one Host header is expected"
    return "" if all(map(_HOST.fullmatch, hosts)) else "the Host header is no host"


def end_to_end(headers: Headers) -> Headers:
    """`headers` without those that concern one connection alone."""
    named = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for token in value.split(b",")
    } - _FOR_ALL
    return [pair for pair in headers if pair[0].lower() not in HOP_BY_HOP and pair[0].lower() not in named]


def dated(headers: Headers) -> Headers:
    """`headers` with the Date that every front end sends, unless the app sent one."""
    if any(name.lower() == b"date" for name, _ in headers):
        return headers
    return [*headers, (b"date", formatdate(usegmt=True).encode())]
