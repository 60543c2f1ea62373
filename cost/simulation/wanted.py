"""As many instances as requests at once have asked for lately: how App Runner adds and takes away.

k instances are wanted if more requests are in flight than k - 1 take at once, and are kept for as long as an idle
instance stays after that. Instance k is the slot k - 1, so those beyond the kept ones get no more requests, and go
when they have answered theirs. The others share the requests evenly. An instance that a rush leaves behind goes, even
if it could have been used again and again.
"""

from typing import Any

from cost.simulation.compiled import any_of, compiled
from cost.simulation.rule import NEVER, Rule


@compiled
def ends(s: Any, slot: int, now: float) -> None:
    """Count how long an instance was there that had been started for requests."""
    if s.born[slot] > NEVER:
        s.there_s += max(now - s.born[slot], 0.0)
        s.born[slot] = NEVER


@compiled
def of_the_kept(s: Any, rule: Rule, now: float) -> int:
    """The kept instance for a request that comes now: the least busy, of those the one used last; -1: none has room."""
    kept = _keep(s, rule, now)
    _let_go(s, kept, now)
    best = -1
    for i in range(s.idles):
        if best < 0 or s.idle_since[s.idle[i]] > s.idle_since[s.idle[best]]:
            best = i
    if best >= 0:
        slot = s.idle[best]
        _leave(s, best)
        return slot
    return least_busy(s, rule, kept)


@compiled
def least_busy(s: Any, rule: Rule, end: int) -> int:
    """The running instance in a slot below `end` with room that serves the fewest requests, -1 if there is none."""
    best = -1
    for i in range(s.busies):
        slot = s.busy[i]
        if (
            slot < end
            and 0 < s.in_flight[slot] < rule.concurrency
            and (
                best < 0
                or s.in_flight[slot] < s.in_flight[best]
                or (s.in_flight[slot] == s.in_flight[best] and s.idle_since[slot] > s.idle_since[best])
            )
        ):
            best = slot
    return best


@compiled
def _keep(s: Any, rule: Rule, now: float) -> int:
    """How many instances are kept, now that one more request has come."""
    requests = s.held + 1
    for i in range(s.busies):
        requests += s.in_flight[s.busy[i]]
    wanted = min((requests - 1) // rule.concurrency + 1, rule.maximum)
    s.wanted_until[wanted - 1] = now + s.stay[any_of(s, s.stays)]
    s.kept = max(s.kept, wanted, rule.minimum)
    while s.kept > max(wanted, rule.minimum) and s.wanted_until[s.kept - 1] <= now:
        s.kept -= 1
    return s.kept


@compiled
def _let_go(s: Any, kept: int, now: float) -> None:
    """Let idle instances go that are not kept; the next to be started is the first slot that is free."""
    i = 0
    while i < s.idles:
        slot = s.idle[i]
        if slot < kept:
            i += 1
            continue
        _leave(s, i)
        ends(s, slot, now)
        place = s.frees
        while place > 0 and s.free[place - 1] < slot:
            s.free[place] = s.free[place - 1]
            place -= 1
        s.free[place] = slot
        s.frees += 1


@compiled
def _leave(s: Any, place: int) -> None:
    """Take what is at a place off the list of idle instances."""
    s.idles -= 1
    s.idle[place] = s.idle[s.idles]
