"""The ratio of a quantile of two targets, from their samples: its error, its interval, and whether the two differ.

Pure functions of numbers; docs/compare.md derives and measures each choice made here.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from compare import drift
from compare.stats import CONFIDENCE, MEDIAN, Clustered, Codes, Floats, Interval, quantile

REPLICATES = 1000
POWER = 0.8
# Logarithms beyond this are as good as infinite.
_MOST = 100.0
# How many weights are computed at a time, so that memory does not grow with replicates times samples.
_CHUNK = 4_000_000


@dataclass(frozen=True)
class Ratio:
    """The ratio of two quantiles: the estimate of its logarithm, and the error of that."""

    log: float
    error: drift.Error

    @property
    def estimate(self) -> float:
        """The ratio itself."""
        return math.exp(self.log)

    def interval(self, confidence: float = CONFIDENCE) -> Interval:
        """The interval of the ratio in the time measured, as wide as the drift in the samples makes it."""
        half = self.error.half(confidence, drift.TRUSTING)
        return Interval(math.exp(self.log - half), math.exp(self.log + half))

    def robust_interval(self, confidence: float = CONFIDENCE) -> Interval:
        """The interval of the ratio over a longer time: it allows for a drift of each target that the run hides."""
        half = min(self.error.half(confidence, drift.SCEPTICAL), _MOST)
        return Interval(math.exp(self.log - half), math.exp(self.log + half))

    def plain_interval(self, confidence: float = CONFIDENCE) -> Interval:
        """The interval as it is if targets do not drift on their own: what chance alone makes of this run."""
        half = self._plain(confidence)
        return Interval(math.exp(self.log - half), math.exp(self.log + half))

    def _plain(self, confidence: float) -> float:
        return float(self.error.scales.min()) * float(
            special.stdtrit(self.error.freedom, (1 + confidence) / 2)
        )

    def explained(self, confidence: float = CONFIDENCE) -> float:
        """The largest ratio that chance and a drift of each target's own may make of targets that are alike."""
        return math.exp(min(self.error.half(confidence, drift.SCEPTICAL), _MOST))

    def p_value(self, ratio: float = 1.0) -> float:
        """How often chance and a drift of each target would show as much if the true ratio were `ratio`."""
        return self.error.p_value(self.log - math.log(ratio), drift.SCEPTICAL)

    def decided(self, confidence: float = CONFIDENCE) -> bool:
        """Whether there is a difference, also for a reader who expects that targets drift on their own."""
        return abs(self.log) > self.error.half(confidence, drift.SCEPTICAL)

    def undecided(self, confidence: float = CONFIDENCE) -> bool:
        """Whether there is a difference only for a reader who is certain that targets do not drift on their own."""
        return self._plain(confidence) < abs(self.log) <= self.error.half(confidence, drift.SCEPTICAL)

    def longer(self, ratio: float = 1.0, confidence: float = CONFIDENCE) -> float:
        """How many times as long a run has to be to tell this ratio from `ratio`; infinite if they are the same.

        Errors, also those of a drift that is shorter than the run, shrink with the root of the time.
        """
        distance = abs(self.log - math.log(ratio))
        return (self.error.half(confidence, drift.SCEPTICAL) / distance) ** 2 if distance else math.inf

    def power(self, true: float) -> float:
        """How often a run such as this one finds a difference if the true ratio is `true`.

        The noncentral t distribution by the approximation of Johnson and Welch (Biometrika 31, 1940); scipy's own gives
        no number for large shifts.
        """
        return self._power(abs(math.log(true)), self.error.half(CONFIDENCE, drift.SCEPTICAL))

    def _power(self, distance: float, half: float) -> float:
        scale, freedom = float(self.error.scales.min()), self.error.freedom
        if scale == 0:
            return 1.0
        limit, shift = half / scale, distance / scale
        centre, width = limit * (1 - 1 / (4 * freedom)), math.sqrt(1 + limit**2 / (2 * freedom))
        return float(special.ndtr((shift - centre) / width) + special.ndtr((-centre - shift) / width))

    def detectable(self, confidence: float = CONFIDENCE) -> float:
        """The smallest true ratio above 1 that a run such as this one finds in 80 of 100 cases."""
        half = self.error.half(confidence, drift.SCEPTICAL)
        low, high = 0.0, 100 * max(float(self.error.scales.min()), 1e-9)
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if self._power(middle, half) >= POWER else (middle, high)
        return math.exp(high)


@dataclass(frozen=True, eq=False)
class Course:
    """How a ratio went: its logarithm in each part of the run, in order of time, and a label of its instances.

    at_s: when each part was measured, in seconds since the run began.
    """

    logs: Floats
    instances: Sequence[Hashable]
    at_s: Sequence[float] = ()

    @property
    def points(self) -> list[tuple[float, float]]:
        """When each part was measured, and its ratio."""
        return [
            (round(at, 3), round(math.exp(log), 5))
            for at, log in zip(self.at_s, self.logs.tolist(), strict=True)
        ]


def ratio(
    base: Clustered, other: Clustered, p: float, *, paired: bool, course: Course | None = None, seed: int = 0
) -> Ratio | None:
    """The quantile `p` of `other` over that of `base`; None below the fewest clusters, or if one is 0.

    A cluster bootstrap gives the standard error of the logarithm. `paired`: clusters with the same code were measured
    at the same time (a cycle or a round) and are drawn together, so that a drift common to both cancels. The error of
    a tail is itself known half as well as that of a median: few clusters have samples there. `course` shows whether the
    two drift apart. Medians are compared within parts of the run that have both (`levelled`).
    """
    rounding = _rounding(base.values, other.values, p)
    if p == MEDIAN:
        base, other = levelled(base, other)
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
    plain = float(np.std(np.log(above[known] / below[known]), ddof=1)) * math.sqrt(fewest / (fewest - 1))
    plain = math.hypot(plain, rounding)
    freedom = (fewest - 1) / (1 if p == MEDIAN else 2)
    error = drift.Error.without_drift(plain, freedom)
    if course is not None:
        error = drift.error(course.logs, course.instances, plain, freedom, usual=drift.USUAL)
    return Ratio(math.log(ends[1] / ends[0]), error)


def _rounding(base: Floats, other: Floats, p: float) -> float:
    """The standard error that rounding leaves in the logarithm of the ratio: a clock may only know milliseconds.

    The resolution is the smallest distance of two values, or the last decimal place if all are equal; what lies within
    it is equally likely.
    """
    known = np.unique(np.concatenate([base, other]))
    ends = quantile(base, p), quantile(other, p)
    if min(ends) <= 0:
        return 0.0
    resolution = float(np.diff(known).min()) if len(known) > 1 else _last_place(float(known[0]))
    return resolution / math.sqrt(12) * math.hypot(1 / ends[0], 1 / ends[1])


def _last_place(value: float) -> float:
    """What the last decimal place of `value` counts: 1 for 5.0, 0.01 for 5.25."""
    _, _, places = f"{value:.6f}".rstrip("0").partition(".")
    return 10.0 ** -len(places)


def levelled(base: Clustered, other: Clustered) -> tuple[Clustered, Clustered]:
    """Both sides' samples over the level of their part of the run: the geometric mean of both sides' medians in it.

    What slows both sides down for a while, such as a busy machine, is then no spread. Samples of a part in which only
    one side answered are left out. Sides without parts, and sides that share none, stay as they are.
    """
    if base.parts is None or other.parts is None:
        return base, other
    before, after = _medians(base.values, base.parts), _medians(other.values, other.parts)
    levels = {part: math.sqrt(before[part] * after[part]) for part in before.keys() & after.keys()}
    if not levels or min(levels.values()) <= 0:
        return base, other
    return _over(base, base.parts, levels), _over(other, other.parts, levels)


def _medians(values: Floats, parts: Codes) -> dict[int, float]:
    return {part: quantile(values[parts == part], MEDIAN) for part in np.unique(parts).tolist()}


def _over(side: Clustered, parts: Codes, levels: Mapping[int, float]) -> Clustered:
    known = np.isin(parts, list(levels))
    level = np.array([levels[part] for part in parts[known].tolist()])
    return Clustered(side.values[known] / level, side.clusters[known], side.count, parts[known])


def holm(p_values: Sequence[float]) -> list[float]:
    """The confidence at which to show each of several intervals, so that all together err at most as often as one.

    Holm's step-down: an interval shown at its confidence leaves the ratio 1 out exactly if the procedure rejects.
    """
    order = np.argsort(np.asarray(p_values, dtype=float), kind="stable")
    alpha, count = 1 - CONFIDENCE, len(p_values)
    shown = [CONFIDENCE] * count
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
    estimates = np.zeros(len(drawn))
    step = max(1, _CHUNK // len(values))
    for start in range(0, len(drawn), step):
        weights = np.cumsum(drawn[start : start + step][:, clusters], axis=1)
        totals = weights[:, -1:]
        first = np.argmax(weights >= p * totals - 1e-9, axis=1)
        estimates[start : start + step] = np.where(totals[:, 0] > 0, values[first], 0.0)
    return estimates
