"""Times that are far from all others, such as those of a clock that was not set yet, apart from the rest."""

from datetime import UTC, datetime

import numpy as np

from cost.simulation.arrivals import DAY_S, Floats

SHARE = 0.05
"""The share of the requests that may be far from the others, at either end."""
FAR = 10
"""In lengths of the middle nine tenths: a time that is further away does not belong to them."""
SET = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
"""Clocks that are not set begin in 1970 or 1980."""


def inliers(times: Floats) -> tuple[int, int]:
    """The places, from and to, of the ascending `times` that belong together."""
    low, high = int(np.searchsorted(times, SET)), len(times)
    if low == high:  # a log of those years, or none
        low = 0
    most = int((high - low) * SHARE)
    if most == 0:
        return low, high
    limit = max(DAY_S, FAR * float(times[high - 1 - most] - times[low + most]))
    before = np.flatnonzero(np.diff(times[low : low + most + 1]) > limit)
    after = np.flatnonzero(np.diff(times[high - most - 1 : high]) > limit)
    return (
        low + int(before[-1]) + 1 if len(before) else low,
        high - most + int(after[0]) if len(after) else high,
    )
