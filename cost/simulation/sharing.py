"""Requests at once in an instance share its CPU: processor sharing, in which each gets one vCPU at most.

A request computes for some CPU seconds and then waits some time for something else, which takes no CPU. All requests
that compute in an instance go forward equally fast, so a slot counts how many CPU seconds each of them has had
(`share`). A request is done when that count has grown by its own work: a heap of such counts, each slot with its part
of one table. The end of the next one is an event that is looked at again if more requests have come meanwhile.
"""

import math
from typing import Any

from cost.simulation.compiled import compiled, push
from cost.simulation.rule import (
    ALONE,
    ANSWERED,
    BEYOND,
    BIN_ALONE,
    BINS,
    BINS_OF_DECADE,
    COMPUTED,
    SHORTEST_S,
    WAITS,
    WORK,
    Rule,
)

DONE = 1e-9  # CPU seconds: what the difference of two counts may be off
EXACT = 5e-16  # of a time: what it may be off by itself
SAME = 1e-8  # seconds: what a request that shared with none may be off; its bin is known, and a logarithm takes longer


@compiled
def count(s: Any, seen: float) -> None:
    """Count a latency in its bin."""
    place = int(math.log10(max(seen, SHORTEST_S) / SHORTEST_S) * BINS_OF_DECADE)
    s.bins[min(place, BINS - 1)] += 1


@compiled
def begin(s: Any, rule: Rule, slot: int, row: int, arrived: float, now: float) -> None:
    """Let a request of the table's row compute in the slot, with those that do so already."""
    _go_forward(s, rule, slot, now)
    first = slot * rule.concurrency
    place = s.computing[slot]
    due = s.share[slot] + s.warm[row, WORK]
    while place > 0:
        parent = (place - 1) >> 1
        if s.job_due[first + parent] <= due:
            break
        _move(s, first + parent, first + place)
        place = parent
    _put(s, first + place, due, arrived, now, row)
    s.computing[slot] += 1
    _expect(s, rule, slot, now)


@compiled
def finish_computing(s: Any, rule: Rule, slot: int, now: float) -> int:
    """How many requests of the slot are answered at once, of those that are done with computing at this event."""
    if now != s.due[slot]:
        return 0  # out of date: an earlier look came
    s.due[slot] = math.inf
    _go_forward(s, rule, slot, now)
    first = slot * rule.concurrency
    answered = 0
    close = s.share[slot] + max(DONE, EXACT * abs(now))
    while s.computing[slot] > 0 and s.job_due[first] <= close:
        row = s.job_row[first]
        waits = s.warm[row, WAITS]
        s.handling_s += now - s.job_begun[first] + waits
        took = now - s.job_arrived[first]
        if abs(took - s.warm[row, ALONE]) <= SAME:
            s.bins[int(s.warm[row, BIN_ALONE])] += 1
        else:
            count(s, took + waits + s.warm[row, BEYOND])
        _drop_first(s, rule, slot)
        if waits > 0:
            push(s, now + waits, 4 * slot + ANSWERED)
        else:
            s.in_flight[slot] -= 1
            answered += 1
    if s.computing[slot] > 0:
        _expect(s, rule, slot, now)
    else:
        s.share[slot] = 0.0
    return answered


@compiled
def _go_forward(s: Any, rule: Rule, slot: int, now: float) -> None:
    """Add the CPU time since the last change to the requests that compute in the slot."""
    number = s.computing[slot]
    if number > 0:
        passed = now - s.since[slot]
        s.share[slot] += passed * min(1.0, rule.cpus / number)
        s.computed_s += passed * min(float(number), rule.cpus)
    s.since[slot] = now


@compiled
def _expect(s: Any, rule: Rule, slot: int, now: float) -> None:
    """Set an event for the time when the slot's next request is done, unless an earlier one is set."""
    left = max(s.job_due[slot * rule.concurrency] - s.share[slot], 0.0)
    at = now + left / min(1.0, rule.cpus / s.computing[slot])
    if at < s.due[slot]:
        s.due[slot] = at
        push(s, at, 4 * slot + COMPUTED)


@compiled
def _put(s: Any, place: int, due: float, arrived: float, begun: float, row: int) -> None:
    s.job_due[place] = due
    s.job_arrived[place] = arrived
    s.job_begun[place] = begun
    s.job_row[place] = row


@compiled
def _move(s: Any, here: int, there: int) -> None:
    _put(s, there, s.job_due[here], s.job_arrived[here], s.job_begun[here], s.job_row[here])


@compiled
def _drop_first(s: Any, rule: Rule, slot: int) -> None:
    """Take the request that is done first off the slot's heap."""
    first = slot * rule.concurrency
    s.computing[slot] -= 1
    size = s.computing[slot]
    last = first + size
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and s.job_due[first + child + 1] < s.job_due[first + child]:
            child += 1
        if s.job_due[first + child] >= s.job_due[last]:
            break
        _move(s, first + child, first + place)
        place = child
    if size > 0:
        _move(s, last, first + place)
