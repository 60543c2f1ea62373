"""Samples into what they can support: quantiles and ratios with intervals, and the sizes below which there are none.

Pure functions of numbers. Samples that share an instance or a round are not independent; they come with a cluster each,
and count for as many independent ones as they are worth. docs/compare.md derives and measures each choice made here.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from compare import autocorrelation, bursts, drift

CONFIDENCE = 0.95
CLUSTERS_OF_MEDIAN = 10
CLUSTERS_OF_TAIL = 30
MEDIAN = 0.5
# How far "no drift" is believed beforehand for a figure; for ratios, drift.TRUSTING is. If nothing drifts, a figure's
# interval is then at most 10% wider (docs/compare.md has what follows if something does).
_STEADY = 0.94
# The distance of a normal distribution's quartiles over its standard deviation.
_QUARTILES = 1.349

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


class Interval(NamedTuple):
    """A two-sided confidence interval, in the unit of the samples."""

    low: float
    high: float


def smallest_sample(p: float) -> int:
    """The fewest independent samples that give a finite two-sided interval of the quantile `p` (0.5: 6, 0.99: 368)."""
    tail = (1 - CONFIDENCE) / 2
    return math.ceil(math.log(tail) / math.log(max(p, 1 - p)) - 1e-9)


def smallest_clusters(p: float) -> int:
    """The fewest clusters (instances, or blocks of one's rounds) for an interval of `p`: 10 for the median, else 30."""
    return CLUSTERS_OF_MEDIAN if p == MEDIAN else CLUSTERS_OF_TAIL


def quantile(values: Sequence[float] | Floats, p: float) -> float:
    """The quantile `p` of at least one value: the smallest that the share `p` of them does not exceed."""
    # As numpy's own quantile by the method "inverted_cdf", which takes ten times as long for a hundred values.
    place = max(0, math.ceil(len(values) * p - 1))
    return float(np.partition(np.asarray(values, dtype=float), place)[place])


def independent_interval(values: Sequence[float] | Floats, p: float) -> Interval | None:
    """The order-statistics interval of the quantile `p` of independent samples; None when there are too few."""
    if len(values) < smallest_sample(p):
        return None
    ordered, tail = np.sort(np.asarray(values, dtype=float)), (1 - CONFIDENCE) / 2
    low, high = _binomial(tail, len(ordered), p) - 1, _binomial(1 - tail, len(ordered), p)
    return Interval(float(ordered[low]), float(ordered[high])) if low >= 0 and high < len(ordered) else None


def _binomial(share: float, n: int, p: float) -> int:
    """The smallest count of `n` successes with chance `p` that is not exceeded with the chance `share`."""
    count = max(0, math.ceil(special.bdtrik(share, n, p)) - 1)
    return count if special.bdtr(count, n, p) >= share else count + 1


@dataclass(frozen=True, eq=False)
class Clustered:
    """Samples that share clusters: `values`, and for each the code of its cluster, from 0 to `count` - 1.

    parts: the same for parts of the run in order of time, by which a drift shows; the clusters where there are none.
    Samples with parts are in order of time.
    """

    values: Floats
    clusters: Codes
    count: int
    parts: Codes | None = None

    @classmethod
    def of(
        cls,
        values: Sequence[float],
        labels: Sequence[object],
        *,
        universe: Iterable[object] | None = None,
        parts: Sequence[int] | None = None,
    ) -> "Clustered":
        """Samples with a label each; equal labels are one cluster. `universe` lists all labels, for paired samples."""
        codes = {
            label: code for code, label in enumerate(dict.fromkeys(labels if universe is None else universe))
        }
        clusters = np.array([codes[label] for label in labels], dtype=np.int64)
        known = None if parts is None else np.array(parts, dtype=np.int64)
        return cls(np.asarray(values, dtype=float), clusters, len(codes), known)

    @property
    def instances(self) -> Codes | None:
        """The instance of each sample; None if the clusters are blocks of one instance's rounds."""
        return self.clusters if self.parts is None else None

    @property
    def even(self) -> float:
        """How many clusters of equal size say as much (Kish): ten of which one has most samples are hardly two."""
        sizes = np.bincount(self.clusters, minlength=self.count).astype(float)
        return float(sizes.sum() ** 2 / np.sum(sizes**2)) if len(self.clusters) else 0.0

    def enough(self, p: float) -> bool:
        """Whether there are clusters enough for an interval of the quantile `p`."""
        return round(self.even) >= smallest_clusters(p)


def blocks(rounds: Sequence[int], p: float) -> list[int]:
    """The block of each round: as many of them, of consecutive rounds, as an interval of `p` needs, or up to twice.

    One round resembles the next where a machine or a network drifts, so that single rounds are not independent; blocks
    of many rounds are more nearly so (Schmeiser, Operations Research 30, 1982).
    """
    places = {number: place for place, number in enumerate(sorted(set(rounds)))}
    size = max(1, len(places) // smallest_clusters(p))
    return [places[number] // size for number in rounds]


def parts(rounds: Sequence[int]) -> list[int]:
    """The part of the run that each round belongs to: up to drift.PARTS of them, of as many consecutive rounds each."""
    places = {number: place for place, number in enumerate(sorted(set(rounds)))}
    count = min(drift.PARTS, len(places))
    return [places[number] * count // len(places) for number in rounds]


def effective_sample(data: Clustered, p: float) -> float:
    """How many independent samples `data` is worth for the quantile `p`, from 1 to their number, were there no drift.

    The variance of the share of samples below a quantile, between clusters, over what it would be were they
    independent. It is measured at 1 - 4 (1 - p), not at `p`: near the end of a distribution too few samples say how
    much clusters differ, and those runs in which they happen to say "little" would be believed most.
    """
    return _worth(data, max(MEDIAN, 1 - 4 * (1 - p)), drifts=False)


def carried_sample(data: Clustered, p: float) -> float:
    """The same, less for the uncertainty of a few clusters: an interval needs `smallest_sample` of them.

    A tail of one instance is worth no more than the resemblance of each request to the next leaves of it.
    """
    worth = effective_sample(data, p) * _fewer(len(data.values), data.even)
    if data.parts is None or p <= MEDIAN:
        return worth
    return min(worth, autocorrelation.worth(data.values, p))


def _worth_over_time(data: Clustered, p: float) -> float:
    """The same, less for what drifts from one part of the run to the next, and for a tail that few clusters make."""
    places = {max(MEDIAN, 1 - 4 * (1 - p)), p}
    return min(_worth(data, place, drifts=True) for place in places)


def _worth(data: Clustered, p: float, *, drifts: bool) -> float:
    """What `data` is worth for the share of samples up to its quantile `p`."""
    return _worth_of(data.values <= quantile(data.values, p), data, drifts=drifts)


def _worth_of(there: NDArray[np.bool_], data: Clustered, *, drifts: bool) -> float:
    """What `data` is worth for the share of the samples that are `there`."""
    n, k = len(data.values), data.count
    if k < 2:  # noqa: PLR2004 -- one cluster has no spread to measure
        return 1.0
    share = float(there.mean())
    totals = np.bincount(data.clusters, weights=there - share, minlength=k)
    variance = k / (k - 1) * float(np.sum(totals**2)) / n**2
    if variance <= 0:
        return float(n)
    if drifts:
        parts = data.clusters if data.parts is None else data.parts
        course = np.bincount(parts, weights=there - share) * (parts.max() + 1) / n
        error = drift.error(course, range(len(course)), math.sqrt(variance), k - 1)
        variance *= error.widening(CONFIDENCE, _STEADY) ** 2
    return max(1.0, min(float(n), share * (1 - share) / variance))


def _fewer(n: int, clusters: float) -> float:
    """What is left of a sample's worth when the variance between few `clusters` is itself uncertain."""
    tail = (1 - CONFIDENCE) / 2
    return float(special.stdtrit(n - 1, 1 - tail) / special.stdtrit(clusters - 1, 1 - tail)) ** 2


def _beyond(data: Clustered, p: float) -> float:
    """How many clusters a tail's variance is known from: half as many again as make the tail (Kish), at least 3.

    A tail that a few slow instances make is known as well as those few are. The factor is the one at which tails of
    instances that differ as usual keep the width of their intervals within 10%.
    """
    beyond = np.bincount(data.clusters, weights=data.values >= quantile(data.values, p), minlength=data.count)
    return max(3.0, 1.5 * float(beyond.sum() ** 2 / np.sum(beyond**2)))


def longest_seen(count: int, p: float) -> int:
    """How long bursts of slow requests may be on average so that `count` samples without one still bound `p`.

    If the interval of `p` reaches to the share s of all fast samples, it holds as long as less than 1 - p / s are slow.
    Bursts that make up that many begin at least 3 times in so many samples; then a run without any is one of 20.
    """
    unseen = 1 - p / _share(p, count, (1 + CONFIDENCE) / 2)
    return max(1, math.floor(unseen * count / -math.log(1 - CONFIDENCE)))


def bounded(data: Clustered, p: float) -> bool:
    """Whether the quantile `p` is known from above: if slow requests come in bursts, the sample may be too short."""
    worth = _worth_of_bursts(data, p)
    return worth is None or worth >= smallest_sample(p)


def of_either_kind(first: Clustered, second: Clustered, p: float) -> list[bool]:
    """Whether the quantile `p` of each side may be that of fast requests or that of slow ones, by as many as came.

    If about as many requests are slow as lie beyond the quantile, two targets that are alike may differ by all that is
    between fast and slow ones. Only if their intervals do not overlap, one of them is slower.
    """
    one, other = clustered_interval(first, p), clustered_interval(second, p)
    if one is None or other is None or one.low > other.high or other.low > one.high:
        return [False, False]
    return [_between(side, p) for side in (first, second)]


def _between(data: Clustered, p: float) -> bool:
    """Whether the fast requests may be as many as lie up to the quantile `p`."""
    slow = data.values > bursts.fence(data.values)
    if data.parts is None:
        worth = _worth_of(slow, data, drifts=False) * _fewer(len(slow), data.even)
    else:
        worth = bursts.worth(data.values) or len(slow)
    low, high = (_share(p, worth, (1 + side * CONFIDENCE) / 2) for side in (-1, 1))
    return low <= 1 - float(slow.mean()) <= high


def _worth_of_bursts(data: Clustered, p: float) -> float | None:
    """What a tail is worth because of the bursts of slow requests in it; None if there are none."""
    if p <= MEDIAN:
        return None
    return bursts.worth(data.values, data.instances)


def clustered_interval(data: Clustered, p: float) -> Interval | None:
    """The interval of the quantile `p` of clustered samples; None when there are too few clusters or samples.

    The order-statistics interval of as many independent samples as `data` is worth, less for the uncertainty of a few
    clusters (Korn and Graubard, Survey Methodology 24, 1998), its shares by Jeffreys' rule (Brown, Cai and DasGupta,
    Statistical Science 16, 2001), read off the samples. Bursts of slow requests move the upper end. If there are
    too few of them to say how often they come, it is the slowest request. A median of one instance that drifts may lie
    beyond all of its samples.
    """
    n, tail = len(data.values), (1 - CONFIDENCE) / 2
    of_bursts = _worth_of_bursts(data, p)
    if not data.enough(p):
        return None
    if (of_bursts is None or data.instances is not None) and carried_sample(data, p) < smallest_sample(p):
        return None
    worth = _worth_over_time(data, p) * _fewer(n, min(data.even, _beyond(data, p)))
    above = worth if of_bursts is None else min(worth, of_bursts)
    low, high = _share(p, worth, tail), _share(p, above, 1 - tail) if bounded(data, p) else 1.0
    ordered = np.sort(data.values)
    within = Interval(
        float(ordered[max(0, math.floor(low * n) - 1)]), float(ordered[min(n, math.ceil(high * n)) - 1])
    )
    return _with_drift(within, data) if p == MEDIAN and data.parts is not None else within


def _with_drift(within: Interval, data: Clustered) -> Interval:
    """The interval `within` the samples of one instance, or a wider one if the run shows a drift.

    No order statistic lies beyond the samples, but if one round is like the next, the level of a longer time may. It is
    as far off as the mean of the normal scores may be, at the distance of the quartiles.
    """
    low, middle, high = (quantile(data.values, p) for p in (0.25, MEDIAN, 0.75))
    scores = autocorrelation.normal_scores(data.values)
    if low <= 0 or data.parts is None:
        return within
    course = np.bincount(data.parts, weights=scores) / np.bincount(data.parts)
    totals = np.bincount(data.clusters, weights=scores, minlength=data.count)
    plain = math.sqrt(data.count / (data.count - 1) * float(np.sum(totals**2))) / len(scores)
    error = drift.error(course, range(len(course)), plain, data.count - 1)
    if not error.drift_shown:
        return within
    factor = (high / low) ** (error.half(CONFIDENCE, _STEADY) / _QUARTILES)
    return Interval(min(within.low, middle / factor), max(within.high, middle * factor))


def _share(p: float, worth: float, confidence: float) -> float:
    """The end of Jeffreys' interval of a share of which `worth` independent samples show `p`."""
    return float(special.betaincinv(p * worth + 0.5, worth - p * worth + 0.5, confidence))
