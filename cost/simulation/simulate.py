"""Arrivals at several platforms into months of starts, waits, latencies and usage, each figure with its range."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from commandline import UserError
from cost.bill import Usage
from cost.simulation import machine, state
from cost.simulation.arrivals import MONTH, MOST_MONTHLY, Arrivals, Poisson, Rhythm
from cost.simulation.lasting import lasting
from cost.simulation.result import Month, Result
from cost.simulation.rule import SLOTS
from cost.simulation.state import Floats
from cost.simulation.system import System
from cost.simulation.tasks import Tasks
from cost.simulation.threads import mapped
from platforms import calls_a_function

REPLICATIONS = 200
FEWEST_REPLICATIONS = 8
BUDGET = 1_000_000
"""Requests to simulate when nothing else is asked for: a quarter of a second's work for each platform."""
HOURS_DIFFER = 4
"""How many times more are simulated of a rhythm, which has busy hours and quiet ones."""
WARM_S, WARM_REQUESTS = 300.0, 40_000
MICRO = Decimal("0.000001")


def simulate(
    arrivals: Arrivals,
    systems: Mapping[str, System],
    *,
    replications: int | None = None,
    seed: int = 0,
    budget: int = BUDGET,
) -> dict[str, Result]:
    """Simulate months of the same arrivals on each system; the same seed gives the same months.

    As many months as the budget of requests allows, 200 at most. If 8 are too many, each is a part of one, as long
    as the budget allows, and stands for the whole. Steady traffic meets a platform that has seen it before.
    """
    if replications is not None and replications < 2:  # noqa: PLR2004 -- one has no range
        raise UserError(f"{replications} replications have no range; at least 2 are needed")
    expected = arrivals.rate * MONTH
    if expected > MOST_MONTHLY:
        raise UserError(
            f"{expected:.3g} requests a month are too many to simulate; {MOST_MONTHLY:,} are the most"
        )
    count = replications or int(min(REPLICATIONS, max(FEWEST_REPLICATIONS, budget // max(1.0, expected))))
    seconds = MONTH
    if replications is None and arrivals.steady and count * expected > budget:
        seconds = budget / count / arrivals.rate
        if isinstance(arrivals, Rhythm):
            arrivals, seconds = arrivals.within(seconds * HOURS_DIFFER)
    sources = np.random.SeedSequence(seed).spawn(count)
    memory, there = state.Memory(), long_run(arrivals, systems)
    months = mapped(lambda source: one_month(arrivals, systems, source, seconds, memory, there), sources)
    return {name: Result(systems[name], tuple(month[name] for month in months), seconds) for name in systems}


def one_month(
    arrivals: Arrivals,
    systems: Mapping[str, System],
    source: np.random.SeedSequence,
    seconds: float,
    memory: state.Memory,
    there: Mapping[str, int],
) -> dict[str, Month]:
    """One simulated time on every system: the same arrivals, and draws that do not depend on the other systems.

    there: the instances at least that each has at second 0, see long_run.
    """
    traffic, *others = source.spawn(1 + len(systems))
    warm = _warm_up(arrivals, systems)
    tracked = {
        name: Tasks(system.setup, system.timing, warm, seconds, SLOTS)
        for name, system in systems.items()
        if system.setup.concurrency is None
    }
    running = {
        name: (
            system,
            state.fresh(
                system.rule, system.draws, -warm, int(other.generate_state(1, np.uint64)[0]), memory.take()
            ),
        )
        for (name, system), other in zip(systems.items(), others, strict=True)
    }
    for chunk, _ in _chunks(arrivals, traffic, warm, seconds) if tracked else ():
        for tasks in tracked.values():
            tasks.add(chunk)
    counting = False
    for chunk, counts in _chunks(arrivals, traffic, warm, seconds):
        if counts and not counting:
            counting = _begin_to_count(running, there)
        for name, (system, now) in running.items():
            if name in tracked:
                tracked[name].advance(now, system.rule, chunk)
            else:
                machine.advance(now, system.rule, chunk)
    counting = counting or _begin_to_count(running, there)
    for system, now in running.values():
        machine.finish(now, system.rule, seconds)
    months = {name: _counted(now[0], system, seconds) for name, (system, now) in running.items()}
    for _, now in running.values():
        memory.give_back(now)
    for name, tasks in tracked.items():
        usage = tasks.billed(months[name].usage, MONTH / seconds)
        months[name] = replace(months[name], usage=usage, most=tasks.most)
    return months


def _warm_up(arrivals: Arrivals, systems: Mapping[str, System]) -> float:
    """Seconds of traffic before what counts: twice the longest idle time, or less if that is very many requests."""
    if not arrivals.steady:
        return 0.0
    longest = 2 * max(system.timing.longest_idle for system in systems.values())
    return min(longest, max(WARM_S, WARM_REQUESTS / arrivals.rate))


def _chunks(
    arrivals: Arrivals, source: np.random.SeedSequence, warm: float, seconds: float
) -> Iterator[tuple[Floats, bool]]:
    """The arrivals of one simulated time, the same each time, and whether they count or warm the platform up."""
    rng = np.random.default_rng(source)
    for begin, end in ((-warm, 0.0), (0.0, seconds)):
        for chunk in arrivals.chunks(rng, begin, end):
            # Warmed up with rising traffic: all of it at once would start more instances than it then needs.
            yield (
                (chunk, True) if end > 0 else (chunk[rng.random(len(chunk)) < (chunk - begin) / warm], False)
            )


def _begin_to_count(running: Mapping[str, tuple[System, Any]], there: Mapping[str, int]) -> bool:
    for name, (system, now) in running.items():
        machine.finish(now, system.rule, 0.0)
        state.add(now, system.rule, there[name], system.timing.mean_idle)
        state.forget(now)
    return True


def long_run(arrivals: Arrivals, systems: Mapping[str, System]) -> dict[str, int]:
    """The instances of each system that independent callers at a steady rate find there: see lasting.py."""
    if not isinstance(arrivals, Poisson | Rhythm):
        return {name: system.rule.minimum for name, system in systems.items()}
    rates = [arrivals.rate * multiple for multiple in arrivals.profile]
    return {name: lasting(system, rates) for name, system in systems.items()}


def _counted(counts: Any, system: System, seconds: float) -> Month:
    part = MONTH / seconds
    busy, further = float(counts["busy_s"]), float(counts["further_s"])
    # Lambda bills the handling by provisioned instances; elsewhere, the time counts in which the minimum was busy.
    ready = float(counts["ready_s"]) if calls_a_function(system.setup.platform) else busy - further
    return Month(
        usage=Usage(
            requests=decimal(counts["requests"] * part),
            starts=decimal(counts["starts"] * part),
            busy_s=decimal(counts["handling_s"] * part),
            start_s=decimal(counts["start_s"] * part),
            active_s=decimal(counts["active_s"] * part),
            ready_s=decimal(ready * part) if system.setup.minimum else Decimal(0),
            further_s=decimal(further * part),
            running_s=decimal((system.setup.minimum * seconds + float(counts["there_s"])) * part),
        ),
        requests=int(counts["requests"]),
        waited=int(counts["waited"]),
        cold=int(counts["cold"]),
        refused=int(counts["refused"]),
        bins=counts["bins"].copy(),
        most=int(counts["most"]),
    )


def decimal(value: float) -> Decimal:
    return Decimal(str(value)).quantize(MICRO)
