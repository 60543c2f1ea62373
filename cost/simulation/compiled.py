"""The base of the compiled simulation: its limits, its tables, a heap of the next events, and random numbers."""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SLOTS = 1024  # instances at once
ROOM = 1 << 17  # requests in flight at once
EVENTS = 2 * ROOM  # what can happen next: a request in flight may have two events, one of them out of date
HELD = 1 << 16  # requests held at once
BINS_OF_DECADE = 512
SHORTEST_S = 1e-4
BINS = BINS_OF_DECADE * 8

ROWS = 1 << 13  # of a table that is drawn from; longer ones are thinned out
SEEN, LASTS, BILLED, BIN = 0, 1, 2, 3  # columns of the table of requests that share nothing
WORK, WAITS, BEYOND = (
    0,
    1,
    2,
)  # of those that share a CPU: CPU seconds, seconds of waiting, seconds to get there and back
ANSWERED, STARTED, COMPUTED = 0, 1, 2  # kinds of events; an event is four times its slot, plus its kind
BEGINS, BEGINS_BILLED = 0, 1  # of the table of starts
NEVER = -math.inf
ROUNDING = 1e-5  # of a step: what the difference of two times may be off without beginning another step

SOURCES = ("compiled.py", "sharing.py", "wanted.py", "engine.py")
STAMP = hashlib.sha256(b"".join((Path(__file__).parent / name).read_bytes() for name in SOURCES)).hexdigest()

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """`function` as machine code, kept on disk, if that is possible, until one of the files in SOURCES changes.

    Numba itself checks only the function's own file, but constants and functions of other files are compiled into it.
    """
    try:
        machine = njit(cache=True)(function)
    except RuntimeError:  # neither this folder nor the user's cache can be written
        return njit(function)
    machine._cache._cache_file._source_stamp = STAMP  # noqa: SLF001 # pyright: ignore[reportAttributeAccessIssue]
    return machine


class Rule(NamedTuple):
    """How a platform scales, and how it counts time; seconds.

    concurrency, minimum, maximum: requests at once in an instance, fewest and most instances.
    cpus: vCPUs that the requests of an instance share, 0 if each has its own. target: the share of the CPU of all
    instances beyond which another is added, looked at each minute, 0 for never.
    wait, wait_startups: a request without room waits so long, or so many average starts, and is then refused.
    active_step, active_minimum: an active time is rounded up to this step, and counts at least this long.
    stop: seconds of stopping that count as active.
    wanted: whether instances go if requests at once want fewer, used or not; else each goes once it has been idle.
    provisioned: whether the minimum's instances are of a kind of their own, which take requests first and never go.
    """

    concurrency: int
    minimum: int
    maximum: int
    wait: float
    wait_startups: float
    active_step: float
    active_minimum: float
    stop: float
    cpus: float = 0.0
    target: float = 0.0
    wanted: bool = False
    provisioned: bool = False


@compiled
def push(s: Any, time: float, event: int) -> None:
    i = s.events
    s.events = i + 1
    while i > 0:
        parent = (i - 1) >> 1
        if s.event_time[parent] <= time:
            break
        s.event_time[i] = s.event_time[parent]
        s.event[i] = s.event[parent]
        i = parent
    s.event_time[i] = time
    s.event[i] = event


@compiled
def pop(s: Any) -> None:
    size = s.events - 1
    s.events = size
    time, event = s.event_time[size], s.event[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and s.event_time[child + 1] < s.event_time[child]:
            child += 1
        if s.event_time[child] >= time:
            break
        s.event_time[i] = s.event_time[child]
        s.event[i] = s.event[child]
        i = child
    s.event_time[i] = time
    s.event[i] = event


@compiled
def any_of(s: Any, rows: int) -> int:
    """The number of a row, each as likely: SplitMix64, whose state is a number, not an object to be counted."""
    if rows == 1:
        return 0
    s.random += np.uint64(0x9E3779B97F4A7C15)
    z = s.random
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return int((z >> np.uint64(11)) * (rows / 2.0**53))


@compiled
def up(seconds: float, step: float) -> float:
    """Seconds rounded up to a step of billing."""
    return math.ceil(seconds / step - ROUNDING) * step if step > 0 else seconds
