"""Work over time into the tasks that target tracking runs for it, which ECS bills whether they are busy or not.

Tasks are added and taken away over minutes, to keep their average CPU at a target. Here a stretch of time is as long
as an unneeded task stays. Each has as many tasks as its own average load asks for: whole ones, and no fewer than the
minimum. Changes within a stretch are not followed, and neither is the time that a new task takes to start.
"""

import math
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cost.bill import Usage
from cost.setup import Setup
from cost.simulation import machine
from cost.simulation.rule import Rule
from cost.simulation.timing import Timing
from platforms import limit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TAIL = 8  # standard deviations of a Poisson number, and a few more, beyond which nothing is expected
ROUNDING = 1e-9  # of a task: what a sum of loads may be off without another task


class Tasks:
    """The tasks of one simulated time: `warm` seconds before second 0, which do not count, and `seconds` seconds.

    Arrivals are added first, to know how many tasks each stretch has, and then let happen. If there are more tasks than
    `most`, only so many are simulated, with their share of the requests.
    """

    def __init__(self, setup: Setup, timing: Timing, warm: float, seconds: float, most: int) -> None:
        count = max(1, round(seconds / stretch_of(timing)))
        self.length = seconds / count
        self._before = int(np.ceil(warm / self.length))
        self._setup, self._most = setup, most
        self._work = timing.mean_work
        self._marks = (np.arange(self._before + count + 1) - self._before) * self.length
        self.requests = np.zeros(self._before + count)
        self._thinning = np.random.default_rng(0)
        self._running: Ints | None = None

    def add(self, times: Floats) -> None:
        """Count requests by the times, ascending, at which they arrive."""
        self.requests += np.diff(np.searchsorted(times, self._marks))

    @property
    def running(self) -> Ints:
        """The tasks in each stretch."""
        if self._running is None:
            further = beyond(self._setup, self.requests * self._work, self.length)
            self._running = (further + self._setup.minimum).astype(np.int64)
        return self._running

    @property
    def simulated(self) -> float:
        """The share of the tasks and of the requests that is simulated."""
        return min(1.0, self._most / int(self.running.max()))

    def advance(self, now: Any, rule: Rule, times: Floats) -> None:
        """Let arrivals happen."""
        part, running = self.simulated, self.running
        if part < 1:
            times = times[self._thinning.random(len(times)) < part]
            running = np.maximum((running * part).astype(np.int64), 1)
        machine.advance_tasks(now, rule, times, running, float(self._marks[0]), self.length)

    def billed(self, usage: Usage, part: float) -> Usage:
        """`usage` with the tasks that ran beyond the minimum, busy or not; part: how often this time is in a month."""
        counted = self.running[self._before :]
        further = float((counted - self._setup.minimum).sum()) * self.length
        whole = Decimal(str(1 / self.simulated))
        return Usage(
            requests=usage.requests * whole,
            busy_s=usage.busy_s * whole,
            further_s=Decimal(str(further * part)),
        )

    @property
    def most(self) -> int:
        """The most tasks at once in the time that counts."""
        return int(self.running[self._before :].max())


def stretch_of(timing: Timing) -> float:
    """Seconds that a task stays without being needed, on average."""
    return timing.mean_idle


def beyond(setup: Setup, work: Floats, stretch: float) -> Floats:
    """The tasks beyond the minimum in stretches of so many seconds, given the CPU seconds of work in each."""
    busy = work / float(setup.vcpu) / stretch
    target = limit(setup.platform, "scaling_cpu") / 100
    return np.maximum(np.ceil(busy / target - ROUNDING) - setup.minimum, 0.0)


def expected_tasks(setup: Setup, timing: Timing, rate: float) -> float:
    """The tasks beyond the minimum, on average, at a rate a second: the number of requests in a stretch is Poisson."""
    stretch = stretch_of(timing)
    mean = rate * stretch
    if mean == 0:
        return 0.0
    wide = TAIL * mean**0.5 + TAIL
    numbers = np.arange(max(0, int(mean - wide)), int(mean + wide) + 1, dtype=np.float64)
    chances = np.exp(_log_poisson(numbers, mean))
    return float((chances * beyond(setup, numbers * timing.mean_work, stretch)).sum())


def _log_poisson(numbers: Floats, mean: float) -> Floats:
    """The logarithm of the chance of each of ascending numbers, one apart, by way of the first one's."""
    ratios = np.log(mean) - np.log(np.maximum(numbers[1:], 1.0))
    first = numbers[0] * math.log(mean) - mean - math.lgamma(numbers[0] + 1)
    return first + np.concatenate([[0.0], np.cumsum(ratios)])
