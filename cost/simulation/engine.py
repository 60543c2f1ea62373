"""Simulates an autoscaler from arrival times: counts starts, waits, billed seconds and a histogram of latencies.

The same rules as local/scaling.py has for the emulation, compiled: a request goes to the least busy instance with room,
of those to the one used last. If none has room, an instance is started, and held requests go to the first that has.
Beyond them, if the rule says so: requests at once in an instance share its CPU (sharing.py), instances are added for
their CPU, those that requests at once want no more go (wanted.py), or requests go round a given number of tasks. Memory
is bounded by the instances and by the requests in flight, not by the requests simulated.
"""

import math
from typing import Any

from cost.simulation.compiled import any_of, compiled, pop, push, up
from cost.simulation.rule import (
    ANSWERED,
    BEGINS,
    BEGINS_BILLED,
    BILLED,
    BIN,
    COMPUTED,
    HELD,
    LASTS,
    NEVER,
    ROUNDING,
    SEEN,
    STARTED,
    Rule,
)
from cost.simulation.sharing import begin, count, finish_computing
from cost.simulation.state import Floats
from cost.simulation.wanted import ends, least_busy, of_the_kept

MINUTE = 60.0


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
        s.active_s += up(until - since, rule.active_step)
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
    if rule.provisioned and slot < rule.minimum:
        s.ready_idle[s.ready_idles] = slot
        s.ready_idles += 1
        return
    s.idle_until[slot] = now + s.stay[any_of(s, s.stays)]
    s.idle[s.idles] = slot
    s.idles += 1


@compiled
def _assign(s: Any, rule: Rule, slot: int, arrived: float, now: float) -> None:
    """Give a request to a slot that is busy already or has just become so."""
    i = any_of(s, s.warms)
    s.requests += 1
    s.cold += s.served[slot] == 0
    s.served[slot] += 1
    s.in_flight[slot] += 1
    s.waited += now > arrived
    if rule.cpus > 0:
        begin(s, rule, slot, i, arrived, now)
        return
    s.handling_s += s.warm[i, BILLED]
    if rule.provisioned and slot < rule.minimum:
        s.ready_s += s.warm[i, BILLED]
    push(s, now + s.warm[i, LASTS], 4 * slot + ANSWERED)
    if now > arrived:
        count(s, now - arrived + s.warm[i, SEEN])
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
            _assign(s, rule, slot, s.held_since[first], now)


@compiled
def _settle(s: Any, rule: Rule, until: float) -> None:
    """Let all events happen up to and including `until`: instances have started, requests are answered."""
    while s.events > 0 and s.event_time[0] <= until:
        now, event = s.event_time[0], s.event[0]
        pop(s)
        slot, kind = event >> 2, event & 3
        if kind == COMPUTED:
            if finish_computing(s, rule, slot, now) == 0:
                continue
        elif kind == STARTED:
            s.starting -= 1
        else:
            s.in_flight[slot] -= 1
        s.idle_since[slot] = now
        if s.held > 0:
            _take_held(s, rule, slot, now)
        if s.in_flight[slot] == 0 and s.tasks == 0:
            _becomes_idle(s, rule, slot, now)


@compiled
def _idle_slot(s: Any, rule: Rule, now: float) -> int:
    """Take an idle instance, first one that is provisioned, of others the one used last; -1 when all have expired."""
    if s.ready_idles > 0:
        s.ready_idles -= 1
        return s.ready_idle[s.ready_idles]
    while s.idles > 0:
        s.idles -= 1
        slot = s.idle[s.idles]
        if s.idle_until[slot] > now or (s.busies < rule.minimum and not rule.provisioned):
            return slot
        ends(s, slot, s.idle_until[slot])
        s.free[s.frees] = slot
        s.frees += 1
    return -1


@compiled
def _start(s: Any, rule: Rule, now: float) -> None:
    """Start an instance."""
    i = any_of(s, s.begins)
    s.frees -= 1
    slot = s.free[s.frees]
    s.most = max(s.most, rule.maximum - s.frees)
    _bill(s, rule, slot, now)
    s.served[slot] = 0
    s.born[slot] = now
    s.starting += 1
    s.startups += 1
    s.startup_s += s.begin[i, BEGINS]
    s.starts += 1
    s.start_s += s.begin[i, BEGINS_BILLED]
    s.active_s += up(rule.stop, rule.active_step)
    _becomes_busy(s, rule, slot, now)
    push(s, now + s.begin[i, BEGINS], 4 * slot + STARTED)


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
def _add_for_cpu(s: Any, rule: Rule, now: float) -> None:
    """Start as many instances as the CPU used since the last look asks for, each to be used up to the target."""
    passed = now - s.looked_at
    there = s.busies
    for i in range(s.idles):
        there += s.idle_until[s.idle[i]] > now
    there = max(there, rule.minimum)  # of which idle ones are there for longer than they say
    wanted = math.ceil(s.computed_s / (passed * rule.cpus * rule.target) - ROUNDING) if passed > 0 else 0
    for _ in range(min(wanted - there, s.frees)):
        _start(s, rule, now)
    s.computed_s = 0.0
    s.looked_at = now
    s.look_at = now + MINUTE


@compiled
def advance(states: Any, rule: Rule, arrivals: Floats) -> None:
    """Let the arrivals happen; ascending times, none before the last one of an earlier call."""
    s = states[0]
    for now in arrivals:
        _settle(s, rule, now)
        if rule.target > 0 and now >= s.look_at:
            _add_for_cpu(s, rule, now)
        slot = of_the_kept(s, rule, now) if rule.wanted else _idle_slot(s, rule, now)
        if slot >= 0 and s.in_flight[slot] == 0:
            _becomes_busy(s, rule, slot, now)
        elif slot < 0 and rule.concurrency > 1 and not rule.wanted:
            slot = least_busy(s, rule, rule.maximum)
        if slot >= 0:
            _assign(s, rule, slot, now, now)
        else:
            _hold(s, rule, now)


@compiled
def advance_tasks(
    states: Any, rule: Rule, arrivals: Floats, tasks: Any, begin_: float, length: float
) -> None:
    """Let the arrivals happen at tasks that a load balancer gives them in turn: tasks[i] of them in the i-th stretch.

    A request beyond what all of them take at once waits in the load balancer.
    """
    s = states[0]
    for now in arrivals:
        _settle(s, rule, now)
        s.tasks = tasks[min(int((now - begin_) / length), len(tasks) - 1)]
        slot = -1
        for _ in range(s.tasks):
            s.turn = (s.turn + 1) % s.tasks
            if s.in_flight[s.turn] < rule.concurrency:
                slot = s.turn
                break
        if slot >= 0:
            _assign(s, rule, slot, now, now)
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
        if s.born[slot] > NEVER:
            ends(s, slot, end if until == math.inf else min(end, s.idle_until[slot]))
            s.born[slot] = end
