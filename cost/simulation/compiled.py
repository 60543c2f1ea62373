"""The base of the simulation's machine code: a heap of the next events, and random numbers.

Only machine.py imports what is compiled, and only if it is not on disk yet: numba takes a second to load.
"""

import math
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import njit

from cost.simulation.rule import ROUNDING

P = ParamSpec("P")
R = TypeVar("R")

ALONE: dict[str, Any] = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Options of numba for code that calls nothing of numba or Python."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """`function` as machine code that needs neither Python nor numba once it is there."""
    return njit(**ALONE)(function)


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
