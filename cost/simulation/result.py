"""The results of simulated months: each figure with its range over the months and its error."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cost.bill import Usage
from cost.simulation import state
from cost.simulation.rule import BINS
from cost.simulation.system import System

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class Estimate:
    """A figure of a month. low, high: the middle 95% of the simulated months. error: of the mean, one standard."""

    mean: float
    low: float
    high: float
    error: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Estimate":
        array = np.asarray(values, np.float64)
        error = float(array.std(ddof=1) / len(array) ** 0.5) if len(array) > 1 else float("inf")
        return cls(float(array.mean()), quantile(array, 0.025), quantile(array, 0.975), error)


@dataclass(frozen=True)
class Month:
    """The counts of one simulated month, or of a part of it that stands for the whole.

    most: instances that there were at once, busy or not, as far as any were started.
    """

    usage: Usage
    requests: int
    waited: int
    cold: int
    refused: int
    bins: Ints
    most: int = 0


@dataclass(frozen=True)
class Result:
    """The simulated months of one system.

    seconds, replications: how long each simulated time is, and how many there are. simulated: requests in all.
    """

    system: System
    months: tuple[Month, ...]
    seconds: float

    @property
    def simulated(self) -> int:
        return sum(month.requests for month in self.months)

    @property
    def waiting(self) -> Estimate:
        """The share of the requests that wait for a start."""
        return _share([month.waited for month in self.months], [month.requests for month in self.months])

    @property
    def cold(self) -> Estimate:
        """The share of the requests that are the first of their instance."""
        return _share([month.cold for month in self.months], [month.requests for month in self.months])

    @property
    def refused(self) -> Estimate:
        """The share of the requests that were refused."""
        asked = [month.requests + month.refused for month in self.months]
        return _share([month.refused for month in self.months], asked)

    @property
    def most(self) -> int:
        """The most instances at once in any month; those of the minimum count only if there were more."""
        return max((month.most for month in self.months), default=0)

    @property
    def usage(self) -> Usage:
        """An average month."""
        return mean_usage([month.usage for month in self.months])

    def latency(self, share: float) -> Estimate | None:
        """The latency that `share` of a month's requests stay within; None if the samples do not support it."""
        if not self._supports(share):
            return None
        reached = [
            float(self._latencies[np.searchsorted(counts, share * int(counts[-1]))]) for counts in self._up_to
        ]
        return Estimate.of(reached) if reached else None

    @property
    def mean_latency(self) -> float:
        """Seconds until an answer, on average over all requests; 0 if there was none."""
        bins = sum((month.bins for month in self.months), np.zeros(BINS, np.int64))
        return float((bins * self._latencies).sum() / max(1, bins.sum()))

    def slower(self) -> list[tuple[float, float]]:
        """(a latency, the share of all requests that take longer), ascending: what lies between is a straight line."""
        bins = sum((month.bins for month in self.months), np.zeros(BINS, np.int64))
        used = np.flatnonzero(bins)
        longer = 1 - np.cumsum(bins[used]) / max(1, bins.sum())
        return [(float(at), float(share)) for at, share in zip(self._latencies[used], longer, strict=True)]

    @cached_property
    def _latencies(self) -> Floats:
        """The latency of each bin: that of the requests that have an instance for themselves, or else its middle."""
        timing, vcpu = self.system.timing, float(self.system.setup.vcpu)
        alone = timing.beyond + timing.alone(vcpu)
        places = state.bins_of(alone)
        counts, sums = np.bincount(places, minlength=BINS), np.bincount(places, alone, minlength=BINS)
        return np.where(counts > 0, sums / np.maximum(counts, 1), state.seconds_of(np.arange(BINS)))

    @cached_property
    def _up_to(self) -> list[Ints]:
        """How many requests each bin and those below it have, for each month that has any."""
        return [np.cumsum(month.bins) for month in self.months if month.requests]

    def _supports(self, share: float) -> bool:
        """Whether the samples that a quantile is drawn from reach so far; the slowest requests are those that wait."""
        waiting, beyond = self.waiting.mean, 1 - share
        timing = self.system.timing
        if waiting > beyond:
            return 1 - beyond / waiting <= timing.starts_supported
        return 1 - (beyond - waiting) / max(1 - waiting, 1e-9) <= timing.seen_supported


def quantile(values: Floats, share: float) -> float:
    """The same as np.quantile, which loads numpy.ma: that takes as long as the rest of numpy."""
    return float(np.interp(share * (len(values) - 1), np.arange(len(values)), np.sort(values)))


def mean_usage(usages: Sequence[Usage]) -> Usage:
    """The usage of an average month."""
    count = len(usages)
    sums = Usage()
    for usage in usages:
        sums = sums.plus(usage)
    return sums.times(Decimal(1) / count)


def _share(counts: Sequence[int], of: Sequence[int]) -> Estimate:
    """The share of all, with the range of the months that had any; 0 if none had."""
    shares = [count / all_ for count, all_ in zip(counts, of, strict=True) if all_]
    if not shares:
        return Estimate(0.0, 0.0, 0.0, 0.0)
    return replace(Estimate.of(shares), mean=sum(counts) / sum(of))
