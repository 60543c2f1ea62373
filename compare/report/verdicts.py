"""Compares the samples of two targets: the ratio of a figure, its interval, and what may be said about it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from compare import ratios, stats
from compare.report.drifting import FAR, LONGEST, longer, over_longer, span_s, what_drift_did, why_no_verdict
from compare.report.figures import grouping
from compare.report.model import Comparison
from compare.report.pairing import course, paired_ratio
from compare.report.words import marked
from platforms import keeps_an_instance
from runs.sample import Sample

Key = tuple[str, str, str | None]
Verdict = Literal["slower", "faster", "no difference", "no verdict", "too few", "emulated"]
_NAMES: dict[Key, str] = {
    ("warm", "kept", None): "warm, kept connection",
    ("warm", "fresh", None): "warm, fresh connection",
    ("cold", "fresh", "idle"): "cold start after idling",
    ("cold", "fresh", "burst"): "cold start in a burst",
    ("load", "kept", None): "under load",
}
QUANTILES = {"p50": 0.5, "p95": 0.95}


@dataclass(frozen=True)
class Side:
    """One target's samples by series, and the facts that decide whether a verdict about it may be given."""

    name: str
    platform: str | None
    emulated: bool
    series: Mapping[Key, Sequence[Sample]]

    @property
    def label(self) -> str:
        """Its name, marked if it is emulated."""
        return marked(self.name, emulated=self.emulated)


@dataclass(frozen=True)
class Pair:
    """One figure of a target over that of the baseline: the ratio, or why there are too few samples for one.

    several: the ratio is over several runs, of which `base` and `other` are the first. over: these runs in words.
    without: runs that have no such ratio, in words.
    """

    key: Key
    figure: str
    base: Side
    other: Side
    primary: bool
    ratio: ratios.Ratio | None
    few: str
    several: bool = False
    over: str | None = None
    without: str = ""


def key_of(sample: Sample) -> Key:
    """The series that a sample belongs to, if it counts."""
    return (sample.kind, sample.connection, sample.how)


def name_of(key: Key) -> str:
    """A series in words."""
    return _NAMES.get(key, " ".join(part for part in key if part))


def keys(there: Collection[Key]) -> list[Key]:
    """Those of the series that are compared, in reading order."""
    return [key for key in _NAMES if key in there]


def primary_series(sides: Iterable[Collection[Key]]) -> Key | None:
    """The series of the report's one primary figure: warm on a kept connection, or the first that there is."""
    there = {key for keys in sides for key in keys}
    return next((key for key in _NAMES if key in there), None)


def comparisons(sides: Sequence[Side], *, primary: str = "p50", seed: int = 0) -> list[Comparison]:
    """Compare every later target with the first, figure by figure."""
    if len(sides) < 2:  # noqa: PLR2004 -- nothing to compare with
        return []
    first = primary_series(side.series for side in sides)
    pairs = [
        _pair(key, quantile, sides[0], other, primary=key == first and quantile == primary, seed=seed)
        for key in keys({key for side in sides for key in side.series})
        for quantile in QUANTILES
        for other in sides[1:]
        if key == first or (key in sides[0].series and key in other.series)
    ]
    return judged(pairs)


def judged(pairs: Sequence[Pair]) -> list[Comparison]:
    """What may be said about each pair.

    The primary figure is tested at 5% over its pairs, all others together at another 5% (Holm in each family), so a
    report of identical targets has a false primary verdict in at most 5 of 100 cases, and any other in at most 5.
    """
    comparisons: list[Comparison] = []
    for family in ([pair for pair in pairs if pair.primary], [pair for pair in pairs if not pair.primary]):
        known = [pair.ratio for pair in family if pair.ratio is not None]
        levels = iter(ratios.holm([ratio.p_value() for ratio in known]))
        comparisons += [
            _comparison(pair, next(levels) if pair.ratio is not None else stats.CONFIDENCE) for pair in family
        ]
    return comparisons


def _pair(key: Key, quantile: str, base: Side, other: Side, *, primary: bool, seed: int) -> Pair:
    silent = [side.name for side in (base, other) if key not in side.series]
    if silent:
        few = f"{' and '.join(silent)} gave no answer of this kind"
        return Pair(key, f"{name_of(key)}, {quantile}", base, other, primary, None, few)
    ratio, few = paired_ratio(base.series[key], other.series[key], QUANTILES[quantile], seed=seed)
    return Pair(key, f"{name_of(key)}, {quantile}", base, other, primary, ratio, few)


def _comparison(pair: Pair, confidence: float) -> Comparison:
    plain = Comparison(
        figure=pair.figure,
        baseline=pair.base.name,
        other=pair.other.name,
        primary=pair.primary,
        run=pair.over,
        verdict="too few",
        words=f"{pair.other.label} against {pair.base.label}: {pair.few}",
    )
    if pair.ratio is None:
        return plain
    longest = pair.ratio.robust_interval(confidence)
    comparison = replace(
        plain,
        ratio=pair.ratio.estimate,
        longer_low=longest.low,
        longer_high=longest.high,
        confidence=confidence,
        detectable=pair.ratio.detectable(confidence=confidence),
        explained=pair.ratio.explained(confidence),
    )
    if pair.primary and not pair.several:
        went = course(
            pair.base.series[pair.key],
            pair.other.series[pair.key],
            QUANTILES[pair.figure.rpartition(", ")[2]],
        )
        comparison = replace(
            comparison,
            course=went.points,
            drift=what_drift_did(pair.ratio, went, (pair.base.label, pair.other.label), confidence),
        )
    unmeasured = clouds_unmeasured(pair.base, pair.other)
    if pair.ratio.undecided(confidence) and not unmeasured:
        return replace(comparison, verdict="no verdict", words=_drift_words(pair, pair.ratio, confidence))
    low, high = pair.ratio.interval(confidence)
    names = (pair.base.label, pair.other.label)
    verdict, words = _words(names, pair.ratio.estimate, (low, high), None if pair.several else longest)
    if unmeasured:
        verdict, words = "emulated", _emulated_words(pair.base, pair.other, pair.ratio.estimate, low, high)
    return replace(comparison, verdict=verdict, words=words + _caveat(pair), low=low, high=high)


def _drift_words(pair: Pair, ratio: ratios.Ratio, confidence: float) -> str:
    """Why there is no verdict although the run seems to show a difference, and how much longer a run would decide."""
    measured_s = span_s([*pair.base.series[pair.key], *pair.other.series[pair.key]])
    low, high = ratio.plain_interval(confidence)
    took = f"{pair.other.label} took {ratio.estimate:.2f} times as long as {pair.base.label}"
    more = longer(ratio, 1.0, measured_s, confidence)
    longest = over_longer(ratio.robust_interval(confidence))
    return (
        f"no verdict: {why_no_verdict(ratio)}; {more} (in this run {took} [{low:.2f}, {high:.2f}]{longest})"
    )


def clouds_unmeasured(base: Side, other: Side) -> bool:
    """Whether a verdict would be read as one about clouds that were not measured: another platform, and emulated."""
    return (base.emulated or other.emulated) and not (
        base.emulated and other.emulated and base.platform == other.platform
    )


def _words(
    names: tuple[str, str],
    estimate: float,
    measured: tuple[float, float],
    longest: tuple[float, float] | None,
) -> tuple[Verdict, str]:
    """`names`: of the baseline and the other. Intervals: in the time measured, and over a longer one if it has its own.

    A run has one; several runs already are of a longer time.
    """
    base, other = names
    low, high = measured
    if low > 1:
        longer_time = over_longer(longest) if longest else ""
        return (
            "slower",
            f"{other} is {_times(estimate)} slower than {base} [{low:.2f}, {high:.2f}]{longer_time}",
        )
    if high < 1:
        longer_time = over_longer((1 / longest[1], 1 / longest[0])) if longest else ""
        between = f"[{1 / high:.2f}, {1 / low:.2f}]{longer_time}"
        return "faster", f"{other} is {_times(1 / estimate)} faster than {base} {between}"
    most, longer_most = _at_most(low, high), _at_most(*(longest or measured))
    both = most if most == longer_most else f"{most}, over a longer time {longer_most}"
    return "no difference", f"no difference shown between {other} and {base} ({both})"


def _times(ratio: float) -> str:
    """A ratio above 1: "1.30 times", or what is left of a difference that two decimals do not show."""
    return "less than 1%" if f"{ratio:.2f}" == "1.00" else f"{ratio:.2f} times"


def _at_most(low: float, high: float) -> str:
    """The largest difference within an interval that holds 1."""
    ratio = max(high, 1 / low)
    if ratio > FAR:
        return f"at most {ratio:.0f} times" if ratio < LONGEST else "by how much is not known"
    most = f"{ratio - 1:.0%}"
    return "less than 1%" if most == "0%" else f"at most {most}"


def _emulated_words(base: Side, other: Side, estimate: float, low: float, high: float) -> str:
    names = [other.label, base.label]
    if low <= 1 <= high:
        return (
            f"no difference shown on this machine between {names[0]} and {names[1]} ({_at_most(low, high)})"
        )
    return (
        f"{names[0]} took {estimate:.2f} times as long as {names[1]} on this machine [{low:.2f}, {high:.2f}], "
        "no verdict on clouds"
    )


def _caveat(pair: Pair) -> str:
    """A caveat if only one instance was seen although there may be several: differences of instances are not known.

    Of several runs, those that the ratio is without.
    """
    if pair.several:
        return pair.without
    single = [
        side.name
        for side in (pair.base, pair.other)
        if not keeps_an_instance(side.platform) and pair.key in side.series
    ]
    single = [name for name in single if _instances(pair, name) == 1]
    return f"; one instance of {' and of '.join(single)}, so not how instances differ" if single else ""


def _instances(pair: Pair, name: str) -> int | None:
    side = pair.base if pair.base.name == name else pair.other
    return grouping(side.series[pair.key]).instances
