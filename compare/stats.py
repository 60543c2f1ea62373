"""Samples into what they can support: quantiles and ratios with intervals, and the sizes below which there are none.

Pure functions of numbers. Samples that share an instance or a round are not independent; they come with a cluster each,
and count for as many independent ones as they are worth. docs/compare.md derives and measures each choice made here.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

CONFIDENCE = 0.95
REPLICATES = 1000
CLUSTERS_OF_MEDIAN = 10
CLUSTERS_OF_TAIL = 30
MEDIAN = 0.5
# Weights computed at a time, so that memory does not grow with replicates times samples.
_CHUNK = 4_000_000

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


class Interval(NamedTuple):
    """A two-sided confidence interval, in the unit of the samples."""

    low: float
    high: float


def smallest_sample(p: float, confidence: float = CONFIDENCE) -> int:
    """The fewest independent samples that give a finite two-sided interval of the quantile `p` (0.5: 6, 0.99: 368)."""
    tail = (1 - confidence) / 2
    return math.ceil(math.log(tail) / math.log(max(p, 1 - p)) - 1e-9)


def smallest_clusters(p: float) -> int:
    """The fewest clusters (instances, or blocks of one's rounds) for an interval of `p`: 10 for the median, else 30."""
    return CLUSTERS_OF_MEDIAN if p == MEDIAN else CLUSTERS_OF_TAIL


def quantile(values: Sequence[float] | Floats, p: float) -> float:
    """The quantile `p` of at least one value: the smallest that the share `p` of them does not exceed."""
    return float(np.quantile(np.asarray(values, dtype=float), p, method="inverted_cdf"))


def independent_interval(
    values: Sequence[float] | Floats, p: float, confidence: float = CONFIDENCE
) -> Interval | None:
    """The order-statistics interval of the quantile `p` of independent samples; None when there are too few."""
    if len(values) < smallest_sample(p, confidence):
        return None
    # scipy-stubs says float where scipy gives a named tuple of the two ends.
    found: Any = stats.quantile_test(np.asarray(values, dtype=float), p=p).confidence_interval(confidence)
    low, high = float(found.low), float(found.high)
    return Interval(low, high) if math.isfinite(low) and math.isfinite(high) else None


@dataclass(frozen=True, eq=False)
class Clustered:
    """Samples that share clusters: `values`, and for each the code of its cluster, from 0 to `count` - 1."""

    values: Floats
    clusters: Codes
    count: int

    @classmethod
    def of(
        cls, values: Sequence[float], labels: Sequence[object], universe: Iterable[object] | None = None
    ) -> "Clustered":
        """Samples with a label each; equal labels are one cluster. `universe` lists all labels, for paired samples."""
        codes = {
            label: code for code, label in enumerate(dict.fromkeys(labels if universe is None else universe))
        }
        clusters = np.array([codes[label] for label in labels], dtype=np.int64)
        return cls(np.asarray(values, dtype=float), clusters, len(codes))

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


def effective_sample(data: Clustered, p: float) -> float:
    """How many independent samples `data` is worth for the quantile `p`, from 1 to their number.

    The variance of the share of samples below a quantile, between clusters, over what it would be were they
    independent. It is measured at 1 - 4 (1 - p), not at `p`: near the end of a distribution too few samples say how
    much clusters differ, and those runs in which they happen to say "little" would be believed most.
    """
    n, k = len(data.values), data.count
    if k < 2:  # noqa: PLR2004 -- one cluster has no spread to measure
        return 1.0
    below = (data.values <= quantile(data.values, max(MEDIAN, 1 - 4 * (1 - p)))).astype(float)
    share = float(below.mean())
    totals = np.bincount(data.clusters, weights=below - share, minlength=k)
    variance = k / (k - 1) * float(np.sum(totals**2)) / n**2
    return max(1.0, min(float(n), share * (1 - share) / variance)) if variance > 0 else float(n)


def clustered_interval(data: Clustered, p: float, confidence: float = CONFIDENCE) -> Interval | None:
    """The interval of the quantile `p` of clustered samples; None when there are too few clusters or samples.

    The order-statistics interval of as many independent samples as `data` is worth, less for the uncertainty of a few
    clusters (Korn and Graubard, Survey Methodology 24, 1998), its shares by Jeffreys' rule (Brown, Cai and DasGupta,
    Statistical Science 16, 2001), read off the samples.
    """
    n, tail = len(data.values), (1 - confidence) / 2
    if not data.enough(p):
        return None
    fewer = (stats.t.ppf(1 - tail, n - 1) / stats.t.ppf(1 - tail, data.even - 1)) ** 2
    worth = effective_sample(data, p) * float(fewer)
    if worth < smallest_sample(p, confidence):
        return None
    low = float(stats.beta.ppf(tail, p * worth + 0.5, worth - p * worth + 0.5))
    high = float(stats.beta.ppf(1 - tail, p * worth + 0.5, worth - p * worth + 0.5))
    ordered = np.sort(data.values)
    return Interval(
        float(ordered[max(0, math.floor(low * n) - 1)]), float(ordered[min(n, math.ceil(high * n)) - 1])
    )


@dataclass(frozen=True)
class Ratio:
    """How many times one quantile is another: the logarithm's estimate, standard error and degrees of freedom."""

    log: float
    error: float
    freedom: float

    @property
    def estimate(self) -> float:
        """The ratio itself."""
        return math.exp(self.log)

    def interval(self, confidence: float = CONFIDENCE) -> Interval:
        """The interval of the ratio, symmetric in its logarithm."""
        half = float(stats.t.ppf(1 - (1 - confidence) / 2, self.freedom)) * self.error
        return Interval(math.exp(self.log - half), math.exp(self.log + half))

    def p_value(self, ratio: float = 1.0) -> float:
        """How often chance alone would show as much, were the true ratio `ratio`."""
        distance = abs(self.log - math.log(ratio))
        if self.error == 0:
            return 0.0 if distance else 1.0
        return float(2 * stats.t.sf(distance / self.error, self.freedom))

    def power(self, true: float, confidence: float = CONFIDENCE) -> float:
        """How often a run such as this one finds a difference when the true ratio is `true`.

        The noncentral t distribution by the approximation of Johnson and Welch (Biometrika 31, 1940); scipy's own gives
        no number for large shifts.
        """
        if self.error == 0:
            return 1.0
        limit = float(stats.t.ppf(1 - (1 - confidence) / 2, self.freedom))
        shift = abs(math.log(true)) / self.error
        centre, width = limit * (1 - 1 / (4 * self.freedom)), math.sqrt(1 + limit**2 / (2 * self.freedom))
        return float(stats.norm.sf((centre - shift) / width) + stats.norm.cdf((-centre - shift) / width))

    def detectable(self, power: float = 0.8, confidence: float = CONFIDENCE) -> float:
        """The smallest true ratio above 1 that a run such as this one finds with `power`."""
        low, high = 0.0, 100 * max(self.error, 1e-9)
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if self.power(math.exp(middle), confidence) >= power else (middle, high)
        return math.exp(high)


def ratio(base: Clustered, other: Clustered, p: float, *, paired: bool, seed: int = 0) -> Ratio | None:
    """The quantile `p` of `other` over that of `base`; None below the fewest clusters, or where one is 0.

    A cluster bootstrap gives the standard error of the logarithm. `paired`: clusters with the same code were measured
    at the same time (a cycle or a round) and are drawn together, so that a drift common to both cancels. The error of
    a tail is itself known half as well as that of a median: few clusters have samples there.
    """
    if not (base.enough(p) and other.enough(p)) or (paired and base.count != other.count):
        return None
    fewest = min(base.even, other.even)
    ends = quantile(base.values, p), quantile(other.values, p)
    if min(ends) <= 0:
        return None
    random = np.random.default_rng(seed)
    drawn = _draws(random, base.count)
    below = _bootstrapped(base, p, drawn)
    above = _bootstrapped(other, p, drawn if paired else _draws(random, other.count))
    known = (below > 0) & (above > 0)  # a draw without any sample of a cluster-poor side is no draw
    error = float(np.std(np.log(above[known] / below[known]), ddof=1)) * math.sqrt(fewest / (fewest - 1))
    freedom = (fewest - 1) / (1 if p == MEDIAN else 2)
    return Ratio(math.log(ends[1] / ends[0]), error, freedom)


def holm(p_values: Sequence[float], confidence: float = CONFIDENCE) -> list[float]:
    """The confidence at which to show each of several intervals, so that all together err at most as often as one.

    Holm's step-down: an interval shown at its confidence excludes no difference exactly where the procedure rejects.
    """
    order = np.argsort(np.asarray(p_values, dtype=float), kind="stable")
    alpha, count = 1 - confidence, len(p_values)
    shown = [confidence] * count
    step = 0
    for rank, index in enumerate(order):
        if step == rank and p_values[index] <= alpha / (count - rank):
            step = rank + 1
            shown[index] = 1 - alpha / (count - rank)
        else:
            shown[index] = 1 - alpha / (count - step)
    return shown


def _draws(random: np.random.Generator, count: int) -> Codes:
    """How often each of `count` clusters is drawn in each replicate: REPLICATES x count."""
    return random.multinomial(count, np.full(count, 1 / count), size=REPLICATES)


def _bootstrapped(data: Clustered, p: float, drawn: Codes) -> Floats:
    """The quantile `p` of each replicate; 0 for one that drew no sample."""
    order = np.argsort(data.values, kind="stable")
    values, clusters = data.values[order], data.clusters[order]
    found = np.zeros(len(drawn))
    step = max(1, _CHUNK // len(values))
    for start in range(0, len(drawn), step):
        weights = np.cumsum(drawn[start : start + step][:, clusters], axis=1)
        totals = weights[:, -1:]
        first = np.argmax(weights >= p * totals - 1e-9, axis=1)
        found[start : start + step] = np.where(totals[:, 0] > 0, values[first], 0.0)
    return found
