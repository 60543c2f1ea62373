"""What a simulated platform consists of: the record of everything going on in it, and its tables to draw from."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cost.simulation.rule import (
    BINS,
    BINS_OF_DECADE,
    COLUMNS,
    EVENTS,
    HELD,
    NEVER,
    ROOM,
    ROUNDING,
    ROWS,
    SHORTEST_S,
    SLOTS,
    Rule,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PAD = 40
"""Eight bytes each between two arrays, whose lengths are powers of two: fields of one slot at distances of whole pages
would have one place in the processor's cache."""
WRITTEN_FIRST = (
    *("event_time", "event", "held_since", "held_deadline"),
    *("idle", "ready_idle", "busy", "place", "free"),
    *("job_due", "job_arrived", "job_begun", "job_row"),
    *("warm", "begin", "stay"),
)
"""Arrays that are read only where they have been written: nearly all of a record. All else has to be 0 at first."""


def _apart(fields: Sequence[Any]) -> np.dtype[Any]:
    """A record whose arrays begin at different places of a page, those of WRITTEN_FIRST last."""
    apart = list[Any]()
    for number, entry in enumerate(sorted(fields, key=lambda entry: entry[0] in WRITTEN_FIRST)):
        apart += (
            [entry, (f"pad{number}", np.int64, (PAD,))] if len(entry) > len(("name", "kind")) else [entry]
        )
    return np.dtype(apart, align=True)


STATE = _apart(
    [
        # What is going on. An instance lives in a slot; `events` are a heap of what happens next.
        ("events", np.int64),
        ("event_time", np.float64, (EVENTS,)),
        ("event", np.int64, (EVENTS,)),  # see compiled.py
        ("in_flight", np.int64, (SLOTS,)),
        ("served", np.int64, (SLOTS,)),
        ("idle_since", np.float64, (SLOTS,)),
        ("idle_until", np.float64, (SLOTS,)),
        ("active_from", np.float64, (SLOTS,)),
        ("active_until", np.float64, (SLOTS,)),
        ("born", np.float64, (SLOTS,)),  # when it was started for requests
        ("idles", np.int64),  # slots, the one used last on top; some may have expired already
        ("idle", np.int64, (SLOTS,)),
        # Slots of provisioned instances that are idle; they are the first slots.
        ("ready_idles", np.int64),
        ("ready_idle", np.int64, (SLOTS,)),
        ("busies", np.int64),
        ("busy", np.int64, (SLOTS,)),
        ("place", np.int64, (SLOTS,)),  # of a slot in `busy`
        ("frees", np.int64),
        ("free", np.int64, (SLOTS,)),
        ("starting", np.int64),
        ("held", np.int64),
        ("held_first", np.int64),
        ("held_since", np.float64, (HELD,)),
        ("held_deadline", np.float64, (HELD,)),
        ("startups", np.int64),
        ("startup_s", np.float64),
        # Those that compute in a slot, CPU seconds: how many, what each has had, since when; when the next is done.
        ("computing", np.int64, (SLOTS,)),
        ("share", np.float64, (SLOTS,)),
        ("since", np.float64, (SLOTS,)),
        ("due", np.float64, (SLOTS,)),
        ("job_due", np.float64, (ROOM,)),
        ("job_arrived", np.float64, (ROOM,)),
        ("job_begun", np.float64, (ROOM,)),
        ("job_row", np.int64, (ROOM,)),
        ("computed_s", np.float64),
        ("looked_at", np.float64),
        ("look_at", np.float64),
        # Instances that are kept for requests at once, and until when this number is kept.
        ("kept", np.int64),
        ("wanted_until", np.float64, (SLOTS,)),
        # Tasks behind a load balancer, and the one that got the last request; 0 tasks: there is no load balancer.
        ("tasks", np.int64),
        ("turn", np.int64),
        # What is drawn from: rows of equal chance, and how many of them are in use.
        ("random", np.uint64),
        ("warms", np.int64),
        ("warm", np.float64, (ROWS, COLUMNS)),
        ("begins", np.int64),
        ("begin", np.float64, (ROWS, 2)),
        ("stays", np.int64),
        ("stay", np.float64, (ROWS,)),
        # What is counted.
        ("clock", np.float64),
        ("requests", np.int64),
        ("waited", np.int64),
        ("cold", np.int64),
        ("refused", np.int64),
        ("starts", np.int64),
        ("most", np.int64),  # instances at once, if one was started
        ("handling_s", np.float64),
        ("ready_s", np.float64),  # of handling, by provisioned instances
        ("start_s", np.float64),
        ("active_s", np.float64),
        ("busy_s", np.float64),
        ("further_s", np.float64),
        ("there_s", np.float64),
        ("bins", np.int64, (BINS,)),
    ]
)
"""Everything between two arrivals, as one record: compiled code reaches its fields without counting references."""
ZEROED = min(offset for name, (_, offset, *_) in (STATE.fields or {}).items() if name in WRITTEN_FIRST)
"""Bytes that have to be 0 at first."""


COUNTS = (
    *("requests", "waited", "cold", "refused", "starts", "bins"),
    *("handling_s", "ready_s", "start_s", "active_s", "busy_s", "further_s", "there_s"),
)
"""What a month counts from 0."""


class Draws(NamedTuple):
    """What is drawn from, seconds; a row a sample, as likely as any other.

    warm: of a request without waiting for a start. Of one that shares nothing: what the caller sees, how long it lasts
    in the instance, what is billed by the request, the bin of what is seen, and nothing. Of one that shares a CPU: its
    CPU seconds, how long it waits for something else, what a caller waits besides, and, if it has an instance for
    itself, the bin of what a caller sees and how long it computes.
    starts: of a start, how long it lasts, and what is billed for it.
    idle: how long an instance stays after its last request.
    """

    warm: Floats
    starts: Floats
    idle: Floats


class Memory:
    """Records for the states of platforms, some 10 MB each, which any thread uses again for month after month."""

    def __init__(self) -> None:
        self._free: list[Any] = []

    def take(self) -> Any:
        """A record with any content."""
        try:
            return self._free.pop()
        except IndexError:
            return _record()

    def give_back(self, states: Any) -> None:
        """A record whose content is no longer needed."""
        self._free.append(states)


def _record() -> Any:
    return np.empty(1, STATE)


def fresh(rule: Rule, draws: Draws, start: float, seed: int, states: Any = None) -> Any:
    """The state of a platform at the time `start`: its minimum of instances, all idle.

    states: a record whose content is no longer needed; without it, a new one.
    """
    states = _record() if states is None else states
    state = states[0]
    states.view(np.uint8)[:ZEROED] = 0
    state["clock"] = state["looked_at"] = start
    state["look_at"] = start + 60.0
    state["due"][:] = math.inf
    state["random"] = seed
    for name in ("idle_since", "active_from", "active_until", "born"):
        state[name][:] = NEVER
    kept = "ready_idle" if rule.provisioned else "idle"
    state[f"{kept}s"] = rule.minimum
    state[kept][: rule.minimum] = np.arange(rule.minimum)
    state["served"][: rule.minimum] = 1
    state["idle_until"][: rule.minimum] = math.inf
    state["frees"] = rule.maximum - rule.minimum
    state["free"][: rule.maximum - rule.minimum] = np.arange(rule.maximum - 1, rule.minimum - 1, -1)
    for count, name, table in (
        ("warms", "warm", draws.warm),
        ("begins", "begin", draws.starts),
        ("stays", "stay", draws.idle),
    ):
        state[count] = len(table)
        state[name][: len(table)] = table
    return states


def add(states: Any, rule: Rule, count: int, stay: float) -> None:
    """Let there be `count` instances at least at second 0, the further ones idle, for `stay` seconds if not used."""
    state = states[0]
    idles = state["idle"][: state["idles"]]
    there = int(state["busies"] + state["ready_idles"] + (state["idle_until"][idles] > 0).sum())
    there = max(there, rule.minimum)  # of which idle ones are there for longer than they say
    for _ in range(min(count - there, int(state["frees"]))):
        state["frees"] -= 1
        slot = state["free"][state["frees"]]
        state["idle"][1 : state["idles"] + 1] = state["idle"][: state["idles"]].copy()
        state["idle"][0] = slot  # the others have been used later
        state["idles"] += 1
        state["in_flight"][slot], state["served"][slot] = 0, 1
        state["born"][slot], state["idle_since"][slot], state["idle_until"][slot] = 0.0, NEVER, stay


def forget(states: Any) -> None:
    """Count from here on: what was counted so far only warmed the platform up."""
    state = states[0]
    for name in COUNTS:
        state[name] = 0
    state["most"] = state["busies"] + state["idles"] + state["ready_idles"]


def draws(warm: Floats, starts: Floats, starts_billed: Floats, idle: Floats, step: float) -> Draws:
    """The tables to draw from, of columns in seconds; what is billed of a start is rounded up to `step`."""
    return Draws(
        warm=_thinned(warm),
        starts=_thinned(np.column_stack([starts, steps(starts_billed, step)])),
        idle=_thinned(np.asarray(idle, np.float64)),
    )


def unshared(seen: Floats, lasts: Floats, step: float) -> Floats:
    """The table of requests that share nothing; what is billed is rounded up to `step`."""
    nothing = np.zeros(len(seen))
    return np.column_stack([seen, lasts, steps(lasts, step), bins_of(seen).astype(np.float64), nothing])


def shared(work: Floats, waits: Floats, beyond: Floats, cpus: float) -> Floats:
    """The table of requests that share an instance's `cpus` vCPUs."""
    alone = work / min(1.0, cpus)
    return np.column_stack([work, waits, beyond, bins_of(alone + waits + beyond).astype(np.float64), alone])


def _thinned(table: Floats) -> Floats:
    """The table, or as many evenly spaced rows of it, in ascending order, as there is room for."""
    if len(table) <= ROWS:
        return table
    ordered = table[np.argsort(table.sum(axis=1) if table.ndim > 1 else table, kind="stable")]
    return ordered[((np.arange(ROWS) + 0.5) * len(table) / ROWS).astype(np.int64)]


def steps(seconds: Floats, step: float) -> Floats:
    """Seconds rounded up to steps of billing; a step of 0 rounds nothing."""
    return np.ceil(seconds / step - ROUNDING) * step if step > 0 else seconds


def bins_of(seconds: Floats) -> Ints:
    """The bin of each latency."""
    places = np.floor(np.log10(np.maximum(seconds, SHORTEST_S) / SHORTEST_S) * BINS_OF_DECADE)
    return np.minimum(places, BINS - 1).astype(np.int64)


def seconds_of(places: Ints) -> Floats:
    """The middle of each bin, seconds; at most a quarter of a percent from what fell into it."""
    return SHORTEST_S * 10 ** ((places + 0.5) / BINS_OF_DECADE)
