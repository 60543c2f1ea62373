"""Handling over time into the tasks that target tracking runs for it, which ECS bills whether they are busy or not.

Tasks are added and taken away over minutes, to keep their average CPU at a target. Here each stretch of time, as long
as a task stays that is not needed, has as many as its own average load asks for, whole ones and no fewer than the
minimum. What comes and goes within a stretch is not followed, and neither is how long a new task takes.
"""

import numpy as np
from numpy.typing import NDArray

from cost.setup import Setup
from cost.simulation.timing import Timing
from platforms import limit

Floats = NDArray[np.float64]

ROUNDING = 1e-9  # of a task: what a sum of loads may be off without another task


class Stretches:
    """Counts the requests that arrive in each of the equal stretches of `seconds` seconds."""

    def __init__(self, timing: Timing, seconds: float) -> None:
        count = max(1, round(seconds / stretch_of(timing)))
        self.length = seconds / count
        self._marks = np.linspace(0.0, seconds, count + 1)
        self.requests = np.zeros(count)

    def add(self, times: Floats) -> None:
        """Count requests by the times at which they arrived."""
        self.requests += np.histogram(times, self._marks)[0]


def stretch_of(timing: Timing) -> float:
    """Seconds that a task stays without being needed, on average."""
    return float(timing.idle.mean())


def beyond(setup: Setup, handled: Floats, stretch: float) -> Floats:
    """The tasks beyond the minimum in stretches of so many seconds, given the seconds of handling in each."""
    busy = handled * float(setup.working) / stretch
    target = limit("ecs", "scaling_cpu") / 100
    return np.maximum(np.ceil(busy / target - ROUNDING) - setup.minimum, 0.0)
