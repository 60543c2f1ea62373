"""Deployments into a month's usage at any volume of traffic: what bills, the table and the curves are made of.

Each deployment is simulated at some rates of requests at random, the same way as for the advice itself, and usage lies
on a straight line between them. A rhythm is the mean of its hours, each as if its rate went on for ever. The tasks of
ECS follow from the number of requests in a stretch of time, which is Poisson, so they need no simulation.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import pairwise
from operator import itemgetter

import numpy as np

from cost.bill import Usage
from cost.simulation import state
from cost.simulation.arrivals import MONTH, Poisson
from cost.simulation.lasting import busy, lasting
from cost.simulation.simulate import decimal, long_run, one_month
from cost.simulation.system import System
from cost.simulation.tasks import expected_tasks
from cost.simulation.threads import mapped

KNOTS_OF_DECADE = {1e6: 10, 1e9: 5}
"""Rates of a decade at which deployments are simulated, up to so many requests a month; the rarer they are, the more
their starts bend the line."""
LEAST, MOST = 100.0, 1e8
"""Requests a month between which deployments are simulated; below, usage goes down to nothing on a straight line."""
REQUESTS = 20_000
MONTHS = 20
"""Requests that are simulated for one rate, and months at most; for a single volume ten times as many."""
LONG, LONG_REQUESTS = 4, 300_000
"""Longest idle times that are simulated at least, unless these are more than so many requests: an instance that a
rush has started is there until it has been idle, so a shorter time sees too few of them, or none. For a single volume
there are more of both."""
MORE = 4
STEP = Decimal("0.2")
NARROW = 1.002
"""A step of whole tasks, or of instances that stay for good, is followed until its ends are so close."""
RISES = 1.02
"""How many times as many instances have to be busy at a step for it to be followed."""


class Volumes:
    """The usage of deployments at volumes of requests a month, whose rate takes the multiples of `profile`."""

    def __init__(
        self, systems: Mapping[str, System], profile: Sequence[float] = (1.0,), seed: int = 0
    ) -> None:
        self._systems, self._seed = systems, seed
        self._parts = {
            multiple: Decimal(count) / len(profile) for multiple, count in Counter(profile).items()
        }
        rates = _knots(MOST * max(1.0, *profile) if len(self._parts) > 1 else MOST)
        self._known: dict[str, list[tuple[float, Usage]]] = {name: [] for name in systems}
        self._steps: dict[str, list[Decimal]] = {}
        simulated = {name: system for name, system in systems.items() if system.setup.concurrency is not None}
        memory = state.Memory()

        def at_rate(some: Mapping[str, System], monthly: float) -> dict[str, Usage]:
            return _simulated(some, monthly, min(REQUESTS, MONTHS * monthly), seed, memory)

        for rate, usages in zip(
            rates, mapped(partial(at_rate, simulated), rates if simulated else ()), strict=False
        ):
            for name, usage in usages.items():
                self._known[name].append((rate, usage))
        for name, system in simulated.items():
            steps = _steps(system, rates)
            further = [usages[name] for usages in mapped(partial(at_rate, {name: system}), steps)]
            self._known[name] += zip(steps, further, strict=True)
            self._known[name].sort(key=itemgetter(0))
            self._steps[name] = [Decimal(round(step)) for step in steps]

    def at(self, name: str, monthly: float) -> Usage:
        """The usage of so many requests a month."""
        if len(self._parts) == 1:  # most often, and this is asked for each point of a curve
            (multiple,) = self._parts
            return self._steady(name, monthly * multiple)
        total = Usage()
        for multiple, part in self._parts.items():
            total = total.plus(self._steady(name, monthly * multiple).times(part))
        return total

    def points(self, name: str, volumes: Sequence[Decimal]) -> list[tuple[Decimal, Usage]]:
        """Ascending volumes with their usage, and between them those that follow whole tasks."""
        if len(self._parts) == 1:
            volumes = sorted({*volumes, *self._steps.get(name, ())})
        simulated = [(volume, self.at(name, float(volume))) for volume in volumes]
        if self._systems[name].setup.concurrency is not None:
            return simulated
        points = simulated[:1]
        for here, there in pairwise(simulated):
            points += [*self._between(name, here, there), there]
        return points

    def _between(
        self, name: str, here: tuple[Decimal, Usage], there: tuple[Decimal, Usage]
    ) -> list[tuple[Decimal, Usage]]:
        """Volumes between two, until no more than a part of a task comes with each, or they are as good as one."""
        tasks = (there[1].further_s - here[1].further_s) / Decimal(MONTH)
        if tasks <= STEP or there[0] <= here[0] * Decimal(NARROW):
            return []
        volume = (here[0] + there[0]) / 2
        middle = (volume, self.at(name, float(volume)))
        return [*self._between(name, here, middle), middle, *self._between(name, middle, there)]

    def _steady(self, name: str, monthly: float) -> Usage:
        if self._systems[name].setup.concurrency is None:
            return _tracked(self._systems[name], monthly)
        known = self._known[name]
        place = bisect_left(known, monthly, key=itemgetter(0))
        if place == 0:
            low, rate = nothing(self._systems[name]), 0.0
        else:
            place = min(place, len(known) - 1)
            rate, low = known[place - 1]
        end, high = known[place]
        return replace(low.between(high, Decimal((monthly - rate) / (end - rate))), requests=decimal(monthly))


def _steps(system: System, rates: Sequence[float]) -> list[float]:
    """Rates on both sides of each step, at which another instance stays for good and more of them are busy."""
    steps = list[float]()
    there = [lasting(system, [rate / MONTH]) for rate in rates]
    for (low, few), (high, many) in pairwise(zip(rates, there, strict=True)):
        if few == many or not any(_matters(system, few, many, rate) for rate in (low, high)):
            continue
        begin = low
        while lasting(system, [begin / MONTH]) < many:
            below, begin = _step(system, begin, high)
            steps += [below, begin]
    return steps


def _matters(system: System, few: int, many: int, monthly: float) -> bool:
    """Whether the further instances make more of them busy."""
    rate = monthly / MONTH
    return busy(system, many, rate) > busy(system, few, rate) * RISES


def _step(system: System, low: float, high: float) -> tuple[float, float]:
    """Two close rates, above `low`, between which the first further instance stays for good."""
    least = lasting(system, [low / MONTH])
    while high > low * NARROW:
        middle = (low + high) / 2
        low, high = (middle, high) if lasting(system, [middle / MONTH]) == least else (low, middle)
    return low, high


def usage(system: System, monthly: float) -> Usage:
    """The usage of so many requests a month at random."""
    if monthly == 0:
        return nothing(system)
    if system.setup.concurrency is None:
        return _tracked(system, monthly)
    requests = min(10 * REQUESTS, 10 * MONTHS * monthly)
    return _simulated({"one": system}, monthly, requests, 0, state.Memory(), MORE)["one"]


def with_starts(system: System, expected: Usage, cold_share: float) -> Usage:
    """The usage with another share of the requests that start an instance."""
    starts = expected.requests * Decimal(str(cold_share))
    lasts = Decimal(str(float(system.timing.starts.mean()) + system.rule.stop))
    more = (starts - expected.starts) * (lasts if system.setup.active_while_starting else 0)
    return replace(
        expected,
        starts=starts,
        start_s=starts * decimal(float(system.draws.starts[:, 1].mean())),
        active_s=max(expected.active_s + more, Decimal(0)),
    )


def nothing(system: System) -> Usage:
    """The usage of a month without a request."""
    return Usage(running_s=decimal(system.setup.minimum * MONTH)) if system.setup.concurrency else Usage()


def _knots(most: float) -> list[float]:
    knots = [LEAST]
    for end, number in KNOTS_OF_DECADE.items():
        while knots[-1] * 1.001 < min(end, most):
            knots.append(min(knots[-1] * 10 ** (1 / number), max(most, knots[-1])))
    return knots


def _simulated(
    systems: Mapping[str, System],
    monthly: float,
    requests: float,
    seed: int,
    memory: state.Memory,
    more: int = 1,
) -> dict[str, Usage]:
    """The usage of a month at a rate, of one simulated time with so many requests at least; more: see LONG."""
    longest = max(system.timing.longest_idle for system in systems.values())
    least = min(more * LONG * longest * monthly / MONTH, more * LONG_REQUESTS)
    seconds = max(requests, least) / monthly * MONTH
    arrivals = Poisson(monthly / MONTH)
    there = long_run(arrivals, systems)
    months = one_month(arrivals, systems, np.random.SeedSequence(seed), seconds, memory, there)
    return {name: _exact(month.usage, monthly) for name, month in months.items()}


def _exact(usage: Usage, monthly: float) -> Usage:
    """The usage of exactly so many requests: what goes with each in proportion, and what goes by time as it is."""
    factor = Decimal(monthly) / max(usage.requests + 0, Decimal(1))
    scaled = usage.times(factor)
    return replace(
        scaled,
        requests=decimal(monthly),
        further_s=usage.further_s,
        running_s=usage.running_s,
        ready_s=min(scaled.ready_s, scaled.busy_s) if scaled.ready_s <= scaled.busy_s else usage.ready_s,
    )


def _tracked(system: System, monthly: float) -> Usage:
    """A month of ECS at a constant rate."""
    lasts = float(system.timing.alone(float(system.setup.vcpu)).mean())
    return Usage(
        requests=decimal(monthly),
        busy_s=decimal(monthly * lasts),
        further_s=decimal(expected_tasks(system.setup, system.timing, monthly / MONTH) * MONTH),
    )
