"""Slow requests of one instance that come in bursts into how many independent samples its tail is then worth.

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


def fence(values: NDArray[np.float64]) -> float:
    """Above this a request is slow; infinite if a quarter of the times is 0."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high * (high / low) ** _FENCE) if low > 0 else math.inf


def slow(values: NDArray[np.float64]) -> list[int]:
    """The lengths of the runs of slow requests in `values`, the answers of one instance in order of time."""
    there = np.concatenate([[False], values > fence(values), [False]])
    ends = np.nonzero(np.diff(there.astype(int)))[0]
    return (ends[1::2] - ends[::2]).tolist()


def worth(values: NDArray[np.float64]) -> float | None:
    """How many independent samples `values`, in order of time, are worth in their tail; None if no burst is seen.

    The variance of how many requests are slow, when bursts come at random, is that of single requests times the length
    of the burst that a slow request is in. Of few bursts this length is hardly known: it is taken as long as
    exponential lengths may be on average, with 97.5% confidence.
    """
    lengths = np.array(slow(values), dtype=float)
    if not len(lengths) or lengths.max() == 1:
        return None
    length = float(np.sum(lengths**2) / lengths.sum())
    longest = length * 2 * len(lengths) / float(special.chdtri(2 * len(lengths), 1 - _TAIL))
    return len(values) / longest
