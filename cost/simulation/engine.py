"""Arrival times in, what an autoscaler makes of them out: starts, waits, billed seconds, a histogram of latencies.

The same rules as local/scaling.py has for the emulation, compiled: a request goes to the least busy instance with room,
of those to the one used last; where there is none, an instance is started, and held requests go to whichever has room
first. Memory is bounded by the instances and by the requests in flight, not by the requests simulated.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Here, not beside the state: what is compiled is kept until this file changes, with its constants in it.
SLOTS = 1024  # instances at once
EVENTS = 1 << 17  # requests in flight, and instances that start, at once
HELD = 1 << 16  # requests held at once
BINS_OF_DECADE = 512
SHORTEST_S = 1e-4
BINS = BINS_OF_DECADE * 8

ROWS = 1 << 13  # of a table that is drawn from; longer ones are thinned out
SEEN, LASTS, BILLED, BIN = 0, 1, 2, 3  # columns of the table of requests
BEGINS, BEGINS_BILLED = 0, 1  # of the table of starts
NEVER = -math.inf
ROUNDING = 1e-5  # of a step: what the difference of two times may be off without beginning another step

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """`function` as machine code, kept on disk where that is possible."""
    try:
        return njit(cache=True)(function)
    except RuntimeError:  # neither this folder nor the user's cache can be written
        return njit(function)


class Rule(NamedTuple):
    """How a platform scales, and how it counts time; seconds.

    concurrency, minimum, maximum: requests at once in an instance, fewest and most instances.
    wait, wait_startups: a request beyond all of that waits so long, or so many average starts, and is then refused.
    active_step, active_minimum: what an active time is rounded up to, and the least it counts.
    stop: seconds of stopping that count as active.
    """

    concurrency: int
    minimum: int
    maximum: int
    wait: float
    wait_startups: float
    active_step: float
    active_minimum: float
    stop: float


@compiled
def _push(s: Any, time: float, event: int) -> None:
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
def _pop(s: Any) -> None:
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
def _any_of(s: Any, rows: int) -> int:
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
def _up(seconds: float, step: float) -> float:
    """Seconds rounded up to a step of billing."""
    return math.ceil(seconds / step - ROUNDING) * step if step > 0 else seconds


@compiled
def _tick(s: Any, minimum: int, now: float) -> None:
    """Count the seconds since the last change during which instances were busy."""
    passed = now - s.clock
    s.busy_s += passed * s.busies
    s.further_s += passed * max(0, s.busies - minimum)
    s.clock = now


@compiled
def _bill(s: Any, rule: Rule, slot: int, end: float) -> None:
    """Bill a slot's last active time, cut at `end`, unless it has been billed."""
    since, until = s.active_from[slot], min(s.active_until[slot], end)
    if until > since:
        s.active_s += _up(until - since, rule.active_step)
    s.active_from[slot] = NEVER
    s.active_until[slot] = NEVER


@compiled
def _becomes_busy(s: Any, rule: Rule, slot: int, now: float) -> None:
    _tick(s, rule.minimum, now)
    s.place[slot] = s.busies
    s.busy[s.busies] = slot
    s.busies += 1
    if now > s.active_until[slot]:
        _bill(s, rule, slot, now)
        s.active_from[slot] = now
    s.active_until[slot] = math.inf


@compiled
def _becomes_idle(s: Any, rule: Rule, slot: int, now: float) -> None:
    _tick(s, rule.minimum, now)
    s.busies -= 1
    last = s.busy[s.busies]
    s.busy[s.place[slot]] = last
    s.place[last] = s.place[slot]
    s.active_until[slot] = max(now, s.active_from[slot] + rule.active_minimum)
    s.idle_until[slot] = now + s.stay[_any_of(s, s.stays)]
    s.idle[s.idles] = slot
    s.idles += 1


@compiled
def _assign(s: Any, slot: int, arrived: float, now: float) -> None:
    """Give a request to a slot that is busy already or has just become so."""
    i = _any_of(s, s.warms)
    s.requests += 1
    s.handling_s += s.warm[i, BILLED]
    s.cold += s.served[slot] == 0
    s.served[slot] += 1
    s.in_flight[slot] += 1
    _push(s, now + s.warm[i, LASTS], 2 * slot)
    if now > arrived:
        s.waited += 1
        seen = max(now - arrived + s.warm[i, SEEN], SHORTEST_S)
        s.bins[min(int(math.log10(seen / SHORTEST_S) * BINS_OF_DECADE), BINS - 1)] += 1
    else:
        s.bins[int(s.warm[i, BIN])] += 1


@compiled
def _take_held(s: Any, rule: Rule, slot: int, now: float) -> None:
    """Fill a slot that has room from the held requests, oldest first; those past their deadline are refused."""
    while s.held > 0 and s.in_flight[slot] < rule.concurrency:
        first = s.held_first
        s.held_first = (first + 1) % HELD
        s.held -= 1
        if now > s.held_deadline[first]:
            s.refused += 1
        else:
            _assign(s, slot, s.held_since[first], now)


@compiled
def _settle(s: Any, rule: Rule, until: float) -> None:
    """Everything that happens by itself up to and including `until`: instances have started, requests are answered."""
    while s.events > 0 and s.event_time[0] <= until:
        now, event = s.event_time[0], s.event[0]
        _pop(s)
        slot = event >> 1
        if event & 1:
            s.starting -= 1
        else:
            s.in_flight[slot] -= 1
        s.idle_since[slot] = now
        if s.held > 0:
            _take_held(s, rule, slot, now)
        if s.in_flight[slot] == 0:
            _becomes_idle(s, rule, slot, now)


@compiled
def _idle_slot(s: Any, rule: Rule, now: float) -> int:
    """Take the idle instance that was used last, -1 when all have expired; the minimum never expires."""
    while s.idles > 0:
        s.idles -= 1
        slot = s.idle[s.idles]
        if s.idle_until[slot] > now or s.busies < rule.minimum:
            return slot
        s.free[s.frees] = slot
        s.frees += 1
    return -1


@compiled
def _least_busy(s: Any, rule: Rule) -> int:
    """The running instance with room that serves the fewest requests, -1 when there is none."""
    best = -1
    for i in range(s.busies):
        slot = s.busy[i]
        if 0 < s.in_flight[slot] < rule.concurrency and (
            best < 0
            or s.in_flight[slot] < s.in_flight[best]
            or (s.in_flight[slot] == s.in_flight[best] and s.idle_since[slot] > s.idle_since[best])
        ):
            best = slot
    return best


@compiled
def _start(s: Any, rule: Rule, now: float) -> None:
    """Start an instance."""
    i = _any_of(s, s.begins)
    s.frees -= 1
    slot = s.free[s.frees]
    _bill(s, rule, slot, now)
    s.served[slot] = 0
    s.starting += 1
    s.startups += 1
    s.startup_s += s.begin[i, BEGINS]
    s.starts += 1
    s.start_s += s.begin[i, BEGINS_BILLED]
    s.active_s += _up(rule.stop, rule.active_step)
    _becomes_busy(s, rule, slot, now)
    _push(s, now + s.begin[i, BEGINS], 2 * slot + 1)


@compiled
def _hold(s: Any, rule: Rule, now: float) -> None:
    """Keep a request for which there is no room, and start an instance for it unless one is coming or none may."""
    covered = s.held < s.starting * rule.concurrency
    starts = not covered and s.frees > 0
    wait = rule.wait
    if s.startups > 0:
        wait = max(wait, rule.wait_startups * s.startup_s / s.startups)
    if s.held == HELD or (not covered and not starts and wait <= 0):
        s.refused += 1
        return
    last = (s.held_first + s.held) % HELD
    s.held_since[last] = now
    s.held_deadline[last] = math.inf if covered or starts else now + wait
    s.held += 1
    if starts:
        _start(s, rule, now)


@compiled
def advance(states: Any, rule: Rule, arrivals: Floats) -> None:
    """Let the arrivals happen; ascending times, none before the last one of an earlier call."""
    s = states[0]
    for now in arrivals:
        _settle(s, rule, now)
        slot = _idle_slot(s, rule, now)
        if slot >= 0:
            _becomes_busy(s, rule, slot, now)
        elif rule.concurrency > 1:
            slot = _least_busy(s, rule)
        if slot >= 0:
            _assign(s, slot, now, now)
        else:
            _hold(s, rule, now)


@compiled
def finish(states: Any, rule: Rule, end: float) -> None:
    """Let time pass until `end` and bill what was active until then; what goes on is billed by the next call."""
    s = states[0]
    _settle(s, rule, end)
    _tick(s, rule.minimum, end)
    for slot in range(rule.maximum):
        until = s.active_until[slot]
        _bill(s, rule, slot, end)
        if until > end:
            s.active_from[slot] = end
            s.active_until[slot] = until


@compiled
def forget(states: Any) -> None:
    """Count from here on: what was counted so far only warmed the platform up."""
    s = states[0]
    s.requests = s.waited = s.cold = s.refused = s.starts = 0
    s.handling_s = s.start_s = s.active_s = s.busy_s = s.further_s = 0.0
    s.bins[:] = 0
