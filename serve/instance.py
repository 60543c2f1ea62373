"""A WSGI middleware: the headers of each response say which instance answered, and how long the app took.

They prove a cold start to a client: the request's number is 1, and the instance is younger than the client's wait.
"""

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from .messages import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ID_BYTES = 16


class _Life:
    """When the instance began, in seconds on the monotonic clock, and whether it was restored from a snapshot then."""

    started = time.monotonic()
    restored = False


# The process that loads this first (the Lambda runtime's, or gunicorn's master before it forks) is the instance.
_life = _Life()
_identities: list["Identity"] = []


class Identity:
    """The instance's id and request counter, shared by threads and, if `memory` is, by processes.

    The id is made at the first request, not at start: instances restored from one snapshot share what start made.
    `following` gives the next number, from 1; `memory` holds the id, ID_BYTES long; `lock` is held between processes
    while the id is made.
    """

    def __init__(
        self,
        following: Callable[[], int] | None = None,
        lock: Callable[[], AbstractContextManager[Any]] = nullcontext,
        memory: Any = None,
    ) -> None:
        # In one step, whichever threads ask.
        self._following = following or itertools.count(1).__next__
        self._memory = memory or bytearray(ID_BYTES)
        self._threads = threading.Lock()
        self._processes = lock
        self._id = ""
        _identities.append(self)

    def renew(self) -> None:
        """Be the identity of another instance, which shares nothing with the one before and has had no request."""
        self._following = itertools.count(1).__next__
        self._memory = bytearray(ID_BYTES)
        self._id = ""

    def next_request(self) -> tuple[str, int]:
        """The instance's id in hexadecimal and the number of this request in it, from 1."""
        return self._id or self._make_id(), self._following()

    def _make_id(self) -> str:
        with self._threads, self._processes():
            if not any(self._memory[:]):
                self._memory[:] = os.urandom(ID_BYTES)
            self._id = self._memory[:].hex()
        return self._id


def restored() -> None:
    """Say that this process was just restored from a snapshot: an instance that begins now, with an id of its own."""
    _life.started, _life.restored = time.monotonic(), True
    for identity in _identities:
        identity.renew()


def identify(
    app: "WSGIApplication", identity: Identity, *, build: str, health_path: str = "/health"
) -> "WSGIApplication":
    """`app` with X-Instance-Id, X-Instance-Request, X-Instance-Age-Ms, X-Build-Id and Server-Timing in its responses.

    Besides, X-Instance-Start: restored, if the instance was restored from a snapshot and its age counts from there.

    Age (milliseconds, monotonic clock) is taken when the request arrives, the app's duration when its headers are
    ready. Requests to `health_path` come from the platform, not from a client: they are not counted and get the
    build id alone.
    """

    def identified(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        arrived = time.monotonic()
        counted = not is_health_check(environ["PATH_INFO"], environ.get("QUERY_STRING", ""), health_path)
        extra = headers_before(identity, arrived, build, counted=counted)

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            headers = [*headers, *extra, *server_timing(arrived, counted=counted)]
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return app(environ, start)

    return identified


def is_health_check(path: str, query: str, health_path: str) -> bool:
    """Whether a request is the platform's: exactly the path that was set for it. Any other query is a client's."""
    return (f"{path}?{query}" if query else path) == health_path


def headers_before(identity: Identity, arrived: float, build: str, *, counted: bool) -> list[tuple[str, str]]:
    """What is known when a request arrives, at `arrived` seconds on the monotonic clock."""
    headers = [("X-Build-Id", build)] if build else []
    if counted:
        instance, number = identity.next_request()
        headers += [
            ("X-Instance-Id", instance),
            ("X-Instance-Request", str(number)),
            ("X-Instance-Age-Ms", f"{(arrived - _life.started) * 1000:.3f}"),
        ]
        if _life.restored:
            headers.append(("X-Instance-Start", "restored"))
    return headers


def server_timing(arrived: float, *, counted: bool) -> list[tuple[str, str]]:
    """The app's own duration up to now."""
    return [("Server-Timing", f"app;dur={(time.monotonic() - arrived) * 1000:.3f}")] if counted else []
