"""Instances that a rare rush starts and that then stay: how many there are in the long run at a steady rate.

Where requests share an instance, another is started only if all are full, or if the CPU of a minute passes a bound.
That may happen once in days. But as an idle instance is taken before a busy one, the new one gets requests at once, and
again before it has been idle for long. So a simulated hour shows the platform as it is before the rush, and a month has
it for minutes. Here each further instance has two rates, by closed forms: at which it comes, and at which it goes.
It is there in the long run if it comes at least once a month, and oftener than it goes.

All requests in flight are taken to be spread evenly. Then their number is that of processor sharing, whose
distribution depends on the means alone; those that wait for something else are a Poisson number beside them. It is the
exact distribution for one instance. The CPU of a minute is a sum of a Poisson number of works, and its tail is that of
Lugannani and Rice.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from cost.bill import MONTH_S
from cost.simulation.state import Floats, Ints
from cost.simulation.system import System

MINUTE = 60.0
BEYOND_FULL = 64  # requests beyond those that have room, of whose number the chance is summed
ENOUGH = 256  # works whose sums are looked at; of more, evenly spaced ones
WIDE = 12  # standard deviations of a Poisson number, beyond which nothing is expected


def lasting(system: System, rates: Sequence[float]) -> int:
    """The instances that are there in the long run; rates: requests a second in equally long parts of the week.

    No more than the minimum if instances do not share, or if rushes of long ago do not matter there.
    """
    rule = system.rule
    if rule.cpus == 0 or rule.wanted or system.setup.concurrency is None:
        return rule.minimum
    parts = [(rate, number / len(rates)) for rate, number in Counter(rates).items() if rate > 0]
    count = max(rule.minimum, 1)
    if rule.target:  # as many as the CPU of an average minute asks for come within minutes
        load = sum(rate * part for rate, part in parts) * system.timing.mean_work
        count = min(max(count, int(load / rule.cpus / rule.target)), rule.maximum)
    while count < rule.maximum:
        comes = sum(part * _comes(system, count, rate) for rate, part in parts)
        if comes * float(MONTH_S) < 1 or comes <= sum(
            part * _goes(system, count, rate) for rate, part in parts
        ):
            break
        count += 1
    return count if count > 1 else rule.minimum  # the first comes with the first request


def busy(system: System, count: int, rate: float) -> float:
    """The instances that are busy, on average, of `count`."""
    return sum(_at_least(system, count, rate, number) for number in range(1, count + 1))


def _comes(system: System, count: int, rate: float) -> float:
    """How often a second `count` instances get another one."""
    rule, work = system.rule, system.timing.work
    full = rate * _at_least(system, count, rate, count * rule.concurrency)
    if rule.target == 0:
        return full
    bound = rule.target * count * rule.cpus * MINUTE
    return full + _sum_beyond(bound, rate * MINUTE, work) / max(MINUTE, 1 / rate)


def _goes(system: System, count: int, rate: float) -> float:
    """How often a second the one beyond `count`, which is used if all others are busy, is idle for too long.

    A use is the last one with some chance, and if not, the next one follows within the idle time.
    """
    used = rate * _at_least(system, count + 1, rate, count)
    going_on = float(-np.expm1(-used * system.timing.idle).mean())
    return used * (1 - going_on) / going_on if going_on > 0 else 1 / system.timing.mean_idle


def _at_least(system: System, count: int, rate: float, number: int) -> float:
    """The chance that so many requests are in flight in `count` instances."""
    cpus, load = system.rule.cpus, rate * system.timing.mean_work
    if load >= count * cpus:
        return 1.0
    numbers = np.arange(1, number + BEYOND_FULL)
    each, more = np.divmod(numbers, count)
    speeds = more * np.minimum(each + 1, cpus) + (count - more) * np.minimum(each, cpus)
    weights = np.concatenate([[0.0], np.cumsum(np.log(load) - np.log(speeds))]) if load > 0 else np.zeros(1)
    chances = np.exp(weights - weights.max())
    beyond = np.append(np.cumsum((chances / chances.sum())[::-1])[::-1], 0.0)
    waiting = rate * system.timing.mean_waits
    low = max(0, int(waiting - WIDE * waiting**0.5 - WIDE))
    waits = np.arange(low, int(waiting + WIDE * waiting**0.5 + WIDE) + 1, dtype=np.int64)
    return float((_poisson(waits, waiting) * beyond[np.clip(number - waits, 0, len(beyond) - 1)]).sum())


def _poisson(numbers: Ints, mean: float) -> Floats:
    """The chance of each number."""
    if mean == 0:
        return (numbers == 0).astype(np.float64)
    logs = [number * math.log(mean) - mean - math.lgamma(number + 1) for number in numbers.tolist()]
    return np.exp(np.array(logs))


def _sum_beyond(bound: float, mean: float, works: Floats) -> float:
    """The chance that a Poisson number of works, `mean` of them on average, sum up to more than a bound."""
    if bound <= mean * float(works.mean()):
        return 1.0
    if mean == 0 or not works.any():
        return 0.0
    if len(works) > ENOUGH:
        works = np.sort(works)[((np.arange(ENOUGH) + 0.5) * len(works) / ENOUGH).astype(np.int64)]
    low, high = 0.0, 1.0 / float(works.max())
    while _slope(high, mean, works) < bound:
        low, high = high, high * 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(middle, mean, works) < bound else (low, middle)
    grown = np.exp(high * works)
    depth = (2 * max(high * bound - mean * float(grown.mean() - 1), 1e-12)) ** 0.5
    spread = high * (mean * float((works**2 * grown).mean())) ** 0.5
    density = math.exp(-(depth**2) / 2) / (2 * math.pi) ** 0.5
    return min(1.0, max(0.0, math.erfc(depth / 2**0.5) / 2 + density * (1 / spread - 1 / depth)))


def _slope(tilt: float, mean: float, works: Floats) -> float:
    return mean * float(works @ np.exp(tilt * works)) / len(works)
