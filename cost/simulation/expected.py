"""A rate of independent requests into a month's expected usage, in closed form: what curves over traffic are made of.

The number of requests in flight is Poisson, as for unlimited servers. Instance j is needed from the moment that number
passes what j - 1 instances serve at once; how long it was not needed before is taken to be exponential, which is exact
for the first instance (and so exp(-rate x idle time) is the share of its cold starts) and close for rare ones.
The simulation knows no such assumptions; tests hold the two against each other.
"""

import math
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from cost.bill import Usage
from cost.simulation.arrivals import MONTH
from cost.simulation.simulate import System, decimal
from cost.simulation.state import steps
from cost.simulation.tasks import beyond, stretch_of

Floats = NDArray[np.float64]

TAIL = 8  # standard deviations of a Poisson number, and a few more, beyond which nothing is expected


def usage(
    one: System, monthly: float, profile: Sequence[float] = (1.0,), *, cold_share: float | None = None
) -> Usage:
    """The expected usage of `monthly` requests, whose rate takes the multiples of `profile` for equally long times.

    cold_share: the share of the requests that start an instance, where that is known and there is no minimum.
    """
    total = Usage()
    for multiple, count in Counter(profile).items():
        part = Decimal(count) / len(profile)
        total = total.plus(_steady(one, monthly / MONTH * multiple, cold_share).times(part))
    return total


def _steady(one: System, rate: float, cold_share: float | None) -> Usage:
    """A month at a constant rate a second."""
    setup, timing, rule = one.setup, one.timing, one.rule
    lasts = float(timing.lasts.mean())
    if rate == 0:
        return Usage()
    if setup.concurrency is None:
        return _tracked(one, rate, lasts)
    load = rate * lasts
    needed, rises, hazard = _levels(rule.concurrency, rule.maximum, rate, load)
    gone = _expired(timing.idle, hazard)
    gone[: rule.minimum] = 0.0  # the minimum stays
    starts = (
        float((rises * gone).sum()) if cold_share is None or rule.minimum else rate * cold_share
    ) * MONTH
    alive = 1 - (1 - needed) * gone
    served = np.minimum(1 - _poisson(load)[1][: len(needed)], alive) if rule.concurrency > 1 else needed
    served[0] = max(served[0], _at_least_active(rule.active_minimum, needed[0], rises[0], hazard[0]))
    starting = starts * (float(timing.starts.mean()) + rule.stop)
    rounding = _rounding(one, float(rises[0]) * MONTH, load, starts)
    working = load * MONTH * float(setup.working)
    active = max(float(served.sum()) * MONTH + rounding, working) + (
        starting if setup.platform == "gcp" else 0.0
    )
    busy = max((1 - math.exp(-load)) * MONTH, min(working, rule.minimum * MONTH))
    return Usage(
        requests=decimal(rate * MONTH),
        starts=decimal(starts),
        busy_s=decimal(rate * MONTH * float(one.draws.warm[:, 2].mean())),
        start_s=decimal(starts * float(one.draws.starts[:, 1].mean())),
        active_s=decimal(active),
        ready_s=decimal(min(busy, active)) if rule.minimum else Decimal(0),
        further_s=decimal(
            max(float(served[rule.minimum :].sum()) * MONTH, working - rule.minimum * MONTH, 0.0)
        ),
    )


def _tracked(one: System, rate: float, lasts: float) -> Usage:
    """A month of ECS: tasks by the number of requests in a stretch, which is Poisson; nobody waits for one."""
    stretch = stretch_of(one.timing)
    exactly, _ = _poisson(rate * stretch)
    tasks = beyond(one.setup, np.arange(len(exactly), dtype=np.float64) * lasts, stretch)
    return Usage(
        requests=decimal(rate * MONTH),
        busy_s=decimal(rate * MONTH * float(one.draws.warm[:, 2].mean())),
        further_s=decimal(float((exactly * tasks).sum()) * MONTH),
    )


def _levels(concurrency: int, maximum: int, rate: float, load: float) -> tuple[Floats, Floats, Floats]:
    """For each instance: the share of time it is needed, how often a second it becomes so, and the hazard of that."""
    exactly, at_most = _poisson(load)
    full = np.arange(min(maximum, (len(exactly) - 1) // concurrency + 1)) * concurrency
    rises, below = rate * exactly[full], at_most[full]
    hazard = np.divide(
        rises, below, out=np.full(len(full), rate), where=below > 0
    )  # never below: needed at once
    return 1 - below, rises, hazard


def _poisson(mean: float) -> tuple[Floats, Floats]:
    """The chance of exactly 0, 1, 2, ... and of at most so many, such as the share of time with so many in flight."""
    numbers = np.arange(int(mean + TAIL * mean**0.5 + TAIL) + 1)
    factorials = np.concatenate([[0.0], np.cumsum(np.log(numbers[1:]))])
    exactly = np.exp(numbers * math.log(mean) - mean - factorials)
    return exactly, np.minimum(np.cumsum(exactly), 1.0)


def _expired(idle: Floats, hazard: Floats) -> Floats:
    """For each instance, the chance that it is gone when it is needed again."""
    return np.array([float(np.exp(-idle * one).mean()) for one in hazard])


def _at_least_active(minimum: float, needed: float, rises: float, hazard: float) -> float:
    """The share of time that counts as active when each activation lasts `minimum` seconds at least."""
    if minimum <= 0:
        return needed
    length = minimum + needed * needed / rises
    return length * hazard / (1 + length * hazard)


def _rounding(one: System, activations: float, load: float, starts: float) -> float:
    """Seconds that rounding adds to activations: what it adds to one request alone, or half a step to any other.

    Nothing where a longer minimum covers it.
    """
    lasts, step = one.timing.lasts, one.rule.active_step
    if step <= 0 or one.rule.active_minimum > 0:
        return 0.0
    alone = math.exp(-load)
    ordinary = alone * float((steps(lasts, step) - lasts).mean()) + (1 - alone) * step / 2
    return max(activations - starts, 0.0) * ordinary + starts * step / 2
