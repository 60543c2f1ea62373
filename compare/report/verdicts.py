"""The samples of two targets into a comparison: the ratio of a figure, its interval, and what may be said about it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from compare import stats
from compare.report.figures import grouping, response_ms
from compare.report.model import Comparison
from platforms import keeps_an_instance
from runs.sample import Sample

Key = tuple[str, str, str | None]
Verdict = Literal["slower", "faster", "no difference", "too few", "emulated"]
_NAMES: dict[Key, str] = {
    ("warm", "kept", None): "warm, kept connection",
    ("warm", "fresh", None): "warm, fresh connection",
    ("cold", "fresh", "idle"): "cold start after idling",
    ("cold", "fresh", "burst"): "cold start in a burst",
    ("load", "kept", None): "under load",
}
_QUANTILES = {"p50": 0.5, "p95": 0.95}


@dataclass(frozen=True)
class Side:
    """One target's samples by series, and what decides whether a verdict about it may be given."""

    name: str
    platform: str | None
    emulated: bool
    series: Mapping[Key, Sequence[Sample]]

    @property
    def label(self) -> str:
        """Its name, never without the word where it is emulated."""
        return f"{self.name} (emulated)" if self.emulated else self.name


@dataclass(frozen=True)
class _Pair:
    key: Key
    figure: str
    base: Side
    other: Side
    primary: bool
    ratio: stats.Ratio | None
    few: str


def key_of(sample: Sample) -> Key:
    """The series that a kept sample belongs to."""
    return (sample.kind, sample.connection, sample.how)


def name_of(key: Key) -> str:
    """A series in words."""
    return _NAMES.get(key, " ".join(part for part in key if part))


def primary_series(sides: Iterable[Collection[Key]]) -> Key | None:
    """The series of the report's one primary figure: warm on a kept connection, or the first that there is."""
    there = {key for keys in sides for key in keys}
    return next((key for key in _NAMES if key in there), None)


def comparisons(sides: Sequence[Side], *, primary: str = "p50", seed: int = 0) -> list[Comparison]:
    """Every later target against the first, figure by figure.

    The primary figure is tested at 5% over its pairs, all others together at another 5% (Holm in each family), so a
    report of identical targets has a false primary verdict in at most 5 of 100 cases, and any other in at most 5.
    """
    if len(sides) < 2:  # noqa: PLR2004 -- nothing to compare with
        return []
    first = primary_series(side.series for side in sides)
    pairs = [
        _pair(key, quantile, sides[0], other, primary=key == first and quantile == primary, seed=seed)
        for key in _NAMES
        for quantile in _QUANTILES
        for other in sides[1:]
        if key in sides[0].series and key in other.series
    ]
    found: list[Comparison] = []
    for family in ([pair for pair in pairs if pair.primary], [pair for pair in pairs if not pair.primary]):
        ratios = [pair.ratio for pair in family if pair.ratio is not None]
        levels = iter(stats.holm([ratio.p_value() for ratio in ratios]))
        found += [
            _comparison(pair, next(levels) if pair.ratio is not None else stats.CONFIDENCE) for pair in family
        ]
    return found


def paired_ratio(
    base: Sequence[Sample], other: Sequence[Sample], p: float, *, seed: int = 0
) -> tuple[stats.Ratio | None, str]:
    """The ratio of the quantile `p` of two targets measured in one run, or None and why not.

    Where each instance lived in one cycle only (it was let go between them), cycles are drawn for both at once: that
    holds instances, rounds and drift together. With one instance on either side rounds are drawn. Otherwise instances
    live on through the run, see the same drift, and are drawn for each side by itself.
    """
    fewest = stats.smallest_sample(p)
    if min(len(base), len(other)) < fewest:
        return None, f"n too small: {min(len(base), len(other))} of {fewest}"
    fewest = stats.smallest_clusters(p)
    groups = grouping(base), grouping(other)
    sides = [
        _clustered(samples, group.labels(p)) for samples, group in zip((base, other), groups, strict=True)
    ]
    for samples, group, side in zip((base, other), groups, sides, strict=True):
        if group.by == "instance" and not side.enough(p):
            return None, f"too few instances: {samples[0].target} had {_counted(side)} of {fewest}"
    labels = _common_labels(base, other, p)
    if labels is not None:
        universe = dict.fromkeys([*labels[0], *labels[1]])
        sides = [
            _clustered(samples, own, universe) for samples, own in zip((base, other), labels, strict=True)
        ]
    few = next((side for side in sides if not side.enough(p)), None)
    if few is not None:
        return None, f"too few instances or rounds: {_counted(few)} of {fewest}"
    if p != stats.MEDIAN:
        for samples, side in zip((base, other), sides, strict=True):
            if stats.effective_sample(side, p) < stats.smallest_sample(p):
                return None, f"too few instances: those of {samples[0].target} differ too much"
    found = stats.ratio(sides[0], sides[1], p, paired=labels is not None, seed=seed)
    return found, "" if found else "a figure of 0 has no ratio"


def _clustered(
    samples: Sequence[Sample], labels: Sequence[object], universe: Iterable[object] | None = None
) -> stats.Clustered:
    return stats.Clustered.of([response_ms(sample) for sample in samples], labels, universe)


def _counted(data: stats.Clustered) -> str:
    """The clusters with samples, and for how many even ones they count where those are fewer."""
    there, even = len(set(data.clusters.tolist())), round(data.even)
    return str(there) if even >= there else f"{there} that count as {even}"


def _common_labels(
    base: Sequence[Sample], other: Sequence[Sample], p: float
) -> tuple[Sequence[object], Sequence[object]] | None:
    """Labels by which both sides can be drawn together: cycles where instances do not outlive them, else blocks."""
    sides = (base, other)
    if base[0].kind == "cold":
        return [s.cycle for s in base], [s.cycle for s in other]
    several = [grouping(side).by == "instance" for side in sides]
    if not any(several):
        blocks = stats.blocks([s.round for side in sides for s in side], p)
        return blocks[: len(base)], blocks[len(base) :]
    if all(not many or _let_go_between_cycles(side) for many, side in zip(several, sides, strict=True)):
        return [s.cycle for s in base], [s.cycle for s in other]
    return None


def _let_go_between_cycles(samples: Sequence[Sample]) -> bool:
    seen: dict[str | None, int] = {}
    return all(seen.setdefault(sample.instance, sample.cycle) == sample.cycle for sample in samples)


def _pair(key: Key, quantile: str, base: Side, other: Side, *, primary: bool, seed: int) -> _Pair:
    ratio, few = paired_ratio(base.series[key], other.series[key], _QUANTILES[quantile], seed=seed)
    return _Pair(key, f"{name_of(key)}, {quantile}", base, other, primary, ratio, few)


def _comparison(pair: _Pair, confidence: float) -> Comparison:
    base, other = pair.base.name, pair.other.name
    if pair.ratio is None:
        words = f"{pair.other.label} against {pair.base.label}: {pair.few}"
        return Comparison(pair.figure, base, other, pair.primary, "too few", words)
    low, high = pair.ratio.interval(confidence)
    estimate = pair.ratio.estimate
    verdict, words = _words(pair.base.label, pair.other.label, estimate, low, high)
    if clouds_unmeasured(pair.base, pair.other):
        verdict, words = "emulated", _emulated_words(pair.base, pair.other, estimate, low, high)
    words += _one_instance(pair)
    detectable = pair.ratio.detectable(confidence=confidence)
    return Comparison(
        pair.figure, base, other, pair.primary, verdict, words, estimate, low, high, confidence, detectable
    )


def clouds_unmeasured(base: Side, other: Side) -> bool:
    """Whether a verdict would be read as one about clouds that were not measured: another platform, and emulated."""
    return (base.emulated or other.emulated) and not (
        base.emulated and other.emulated and base.platform == other.platform
    )


def _words(base: str, other: str, estimate: float, low: float, high: float) -> tuple[Verdict, str]:
    if low > 1:
        return "slower", f"{other} is {estimate:.2f} times slower than {base} [{low:.2f}, {high:.2f}]"
    if high < 1:
        return (
            "faster",
            f"{other} is {1 / estimate:.2f} times faster than {base} [{1 / high:.2f}, {1 / low:.2f}]",
        )
    most = max(high - 1, 1 / low - 1)
    return "no difference", f"no difference shown between {other} and {base} (at most {most:.0%})"


def _emulated_words(base: Side, other: Side, estimate: float, low: float, high: float) -> str:
    names = [other.label, base.label]
    if low <= 1 <= high:
        most = max(high - 1, 1 / low - 1)
        return f"no difference shown on this machine between {names[0]} and {names[1]} (at most {most:.0%})"
    return (
        f"{names[0]} took {estimate:.2f} times as long as {names[1]} on this machine [{low:.2f}, {high:.2f}], "
        "no verdict on clouds"
    )


def _one_instance(pair: _Pair) -> str:
    """A caveat where what differs between instances could not be measured, though there may be several."""
    single = [
        side.name
        for side in (pair.base, pair.other)
        if not keeps_an_instance(side.platform) and pair.key in side.series
    ]
    single = [name for name in single if _instances(pair, name) == 1]
    return f"; one instance of {' and of '.join(single)}, so not how instances differ" if single else ""


def _instances(pair: _Pair, name: str) -> int | None:
    side = pair.base if pair.base.name == name else pair.other
    return grouping(side.series[pair.key]).instances
