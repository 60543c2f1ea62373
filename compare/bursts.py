"""Slow requests that come in bursts into how many independent samples its tail is then worth.

A burst is one event, however many requests it slows down: 300 rounds with 15 slow ones in 3 bursts are known as well as
3 events are. Pure functions of numbers.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

# A slow request is further above the upper quartile than this many times the distance of the quartiles, of logarithms.
# Tukey's fences are 1.5 and 3: beyond 1.5 ordinary noise has neighbours that look like a burst, beyond 3 are only half
# of the requests that take twice as long (docs/compare.md has what follows from it).
_FENCE = 2.0
_TAIL = 0.025

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def fence(values: Floats) -> float:
    """Above this a request is slow; infinite if a quarter of the times is 0."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high * (high / low) ** _FENCE) if low > 0 else math.inf


def slow(values: Floats, instances: Codes | None = None) -> list[int]:
    """The lengths of the runs of slow requests in `values`, the answers of one instance in order of time.

    instances: of which instance each value is, if there are several. What fills more than half of one is its own speed.
    """
    there = values > fence(values)
    if instances is None:
        return _runs(there)
    lengths: list[int] = []
    for code in np.unique(instances[there]):
        of_one = there[instances == code]
        lengths += [length for length in _runs(of_one) if 2 * length <= len(of_one)]
    return lengths


def _runs(there: NDArray[np.bool_]) -> list[int]:
    ends = np.nonzero(np.diff(np.concatenate([[False], there, [False]]).astype(int)))[0]
    return (ends[1::2] - ends[::2]).tolist()


def worth(values: Floats, instances: Codes | None = None) -> float | None:
    """How many independent samples `values`, in order of time, are worth in their tail; None if no burst is seen.

    The variance of how many requests are slow, when bursts come at random, is that of single requests times the length
    of the burst that a slow request is in. Of few bursts this length is hardly known: it is taken as long as
    exponential lengths may be on average, with 97.5% confidence.
    """
    lengths = np.array(slow(values, instances), dtype=float)
    if not len(lengths) or lengths.max() == 1:
        return None
    length = float(np.sum(lengths**2) / lengths.sum())
    longest = length * 2 * len(lengths) / float(special.chdtri(2 * len(lengths), 1 - _TAIL))
    return len(values) / longest
