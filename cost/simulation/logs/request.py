"""What a reader hands on for each line or record of a log."""

from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a record with a time is a record of."""

    LINE = 0
    """Nothing but a time: a bare timestamp, or what an app says of itself."""
    APP = 1
    """A request as the app logs it, in a log of the platform, which may have its own record of the same request."""
    REQUEST = 2
    """A request: it has a method, a path or a status."""
    INVOCATION = 3
    """A request as Lambda itself records it."""


class Request(NamedTuple):
    """One record. time: seconds since 1970. id: the same in all records of one request.

    path: without the query. sent: bytes of the response. seconds: how long it was handled. None if it does not say.
    """

    time: float
    kind: Kind
    id: str | None = None
    path: str | None = None
    agent: str | None = None
    sent: int | None = None
    seconds: float | None = None


class Unread(NamedTuple):
    """A line or record that is no request to be counted. reason: a plural that follows its number, "lines of text"."""

    reason: str


COMMENTS = "lines that begin with #"
TIMELESS = "lines of text without a time"
TIMELESS_REQUESTS = "lines of requests without a time"
TIMELESS_RECORDS = "JSON records without a time"
BROKEN = "lines of JSON that are cut off or damaged"
OWN = "records of Lambda's own that are no requests"
