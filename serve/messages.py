"""An app's response as a value, and texts as HTTP and WSGI have them."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Named, because a function that is defined anew for each request computes its annotations each time.
Headers = list[tuple[str, str]]

# Status code and reason ("200 OK"), headers in the app's order and spelling, and the whole body.
Response = tuple[str, Headers, bytes]

# In Lambda mode: a request's WSGI environ, with the event and Lambda's context in it, to the app's whole response.
Call = Callable[["WSGIEnvironment"], Response]

# A connection's own (RFC 9110, 7.6.1), which no app may set (PEP 3333): the door's connection is not the client's.
HOP_BY_HOP = frozenset(
    (
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    )
)

# RFC 9112, 4, and RFC 9110, 5.6.2.
_STATUS = re.compile(r"[0-9]{3}(?: [\t -~\x80-\xff]*)?")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# All but the tab (RFC 9110, 5.5).
_CONTROL = re.compile(r"[\x00-\x08\n-\x1f\x7f]")


def error(status: str) -> Response:
    """An answer of the door itself, in the form of the HTTP API's own errors: {"message": the reason}."""
    body = f'{{"message":"{status[4:]}"}}'.encode()
    return status, [("content-type", "application/json"), ("content-length", str(len(body)))], body


INTERNAL_ERROR = error("500 Internal Server Error")


class BadEventError(ValueError):
    """An event that looks like an HTTP request but cannot be one."""


def as_latin1(text: str) -> str:
    """Text as the bytes that UTF-8 makes of it, each byte as one Latin-1 character."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")


def text_of(value: object) -> str:
    """A header's value as an event has it: a string, or what tests and mocks write: a number, true, a list of these.

    Raises BadEventError for anything else.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return ",".join([text_of(each) for each in value if each is not None])
    raise BadEventError(f"a header's value is of type {type(value).__name__}; a string is expected")


def header_value(value: str) -> str:
    """A header's value that fits into Latin-1: as it is if it does, else as its UTF-8 bytes."""
    if value.isascii():
        return value
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return as_latin1(value)
    return value


@lru_cache(maxsize=1024)
def status_code(status: str) -> int:
    """The number in a response's status. Raises ValueError for a status that HTTP does not have.

    A status below 200 is not the end of a response: the client would wait for another (RFC 9110, 15.2).
    """
    if not _STATUS.fullmatch(status) or status < "200":
        raise ValueError(f"the app's status {status!r} cannot end a response")
    return int(status[:3])


REMEMBERED = 1024


class Names(dict[str, str]):
    """What `made` makes of each name, a dictionary because lru_cache takes longer. What `made` raises is raised."""

    def __init__(self, made: Callable[[str], str]) -> None:
        super().__init__()
        self._made = made

    def __missing__(self, name: str) -> str:
        made = self._made(name)
        # A client or an app may make up names for ever.
        if len(self) == REMEMBERED:
            self.clear()
        self[name] = made
        return made


def _field_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"the app's header name {name!r} is not allowed in HTTP")
    return name.lower()


field_names = Names(_field_name)
"""A response header's name in lower case by the app's spelling. Raises ValueError for one that HTTP does not have."""


def check_bytes(data: object) -> None:
    """Raise TypeError for a piece of a body that is not made of bytes."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"the app's body has a piece of type {type(data).__name__}; bytes are expected")


def one_length(before: str | None, value: str) -> str:
    """A response's Content-Length, given the one before it. Raises ValueError if `value` cannot be it."""
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"the app's Content-Length {value!r} is no number of bytes")
    if before is not None and before != value:
        raise ValueError(f"the app's Content-Length is both {before} and {value}")
    return value


def check_value(value: str) -> None:
    """Raise ValueError for a response header's value that no server can send: beyond Latin-1, or with a line break.

    To check many values, ask isascii() and isprintable() first: if both say yes, the value is right.
    """
    value.encode("latin-1")
    if _CONTROL.search(value):
        raise ValueError(f"the app's header value {value!r} has a control character")
