"""The ratio of one figure of two targets, from their samples: which of these depend on each other, and its course."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from compare import drift, ratios, stats
from compare.report.figures import grouping, response_ms
from compare.report.tails import few_bursts, of_either_kind
from runs.sample import Sample

# With fewer rounds, one slow answer would move the median.
_ROUNDS_A_PART = 4


def paired_ratio(
    base: Sequence[Sample], other: Sequence[Sample], p: float, *, seed: int = 0
) -> tuple[ratios.Ratio | None, str]:
    """The ratio of the quantile `p` of two targets measured in one run, or None and why not.

    If each instance lived in only one cycle (it ended between cycles), cycles are drawn for both sides at once, which
    keeps instances, rounds and drift together. With a single instance on either side, rounds are drawn. Otherwise
    instances live through the run and see the same drift, and each side's instances are drawn by themselves.
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
            _clustered(samples, side_labels, universe=universe)
            for samples, side_labels in zip((base, other), labels, strict=True)
        ]
    if base[0].kind != "cold":
        sides = _with_parts(sides, base, other)
    few = next((side for side in sides if not side.enough(p)), None)
    if few is not None:
        return None, _too_few(base, other, few, fewest)
    if why := _unknown_tail(base, other, sides, p):
        return None, why
    went = course(base, other, p)
    ratio = ratios.ratio(sides[0], sides[1], p, paired=labels is not None, course=went, seed=seed)
    return ratio, "" if ratio else "a figure of 0 has no ratio"


def _too_few(base: Sequence[Sample], other: Sequence[Sample], few: stats.Clustered, fewest: int) -> str:
    """Why there are too few cycles or blocks of rounds, of which `few` has the samples of one side."""
    rounds = [{(sample.cycle, sample.round) for sample in side} for side in (base, other)]
    fewer, more = sorted(rounds, key=len)
    if len(fewer) < len(more) and few.count < len(more):
        name = (base if fewer is rounds[0] else other)[0].target
        parts = f"those of {name} fill {_counted(few)} parts of the run, of which {fewest} are needed"
        return f"too few instances or rounds: {parts}"
    return f"too few instances or rounds: {_counted(few)} of {fewest}"


def _unknown_tail(
    base: Sequence[Sample], other: Sequence[Sample], sides: Sequence[stats.Clustered], p: float
) -> str | None:
    """Why the tails of both targets cannot be compared though there are clusters enough; None if they can."""
    if p == stats.MEDIAN:
        return None
    if why := few_bursts(base, p) or few_bursts(other, p) or of_either_kind(base, other, p):
        return why
    for samples, side in zip((base, other), sides, strict=True):
        if stats.effective_sample(side, p) < stats.smallest_sample(p):
            return f"too few {grouping(samples).by}s: those of {samples[0].target} differ too much"
    return None


def _with_parts(
    sides: Sequence[stats.Clustered], base: Sequence[Sample], other: Sequence[Sample]
) -> list[stats.Clustered]:
    """Both sides with the part of the run that each sample belongs to."""
    places = _parts([(sample.cycle, sample.round) for samples in (base, other) for sample in samples])
    return [
        replace(side, parts=np.array([places[sample.cycle, sample.round] for sample in samples]))
        for side, samples in zip(sides, (base, other), strict=True)
    ]


def course(base: Sequence[Sample], other: Sequence[Sample], p: float) -> ratios.Course:
    """The ratio of the quantile `p` in each part of the run in which both targets answered, in order of time."""
    places = _parts([(sample.cycle, sample.round) for side in (base, other) for sample in side])
    values: dict[int, tuple[list[float], list[float]]] = {}
    cycles: dict[int, int] = {}
    times: dict[int, list[float]] = {}
    for side, samples in enumerate((base, other)):
        for sample in samples:
            part = places[sample.cycle, sample.round]
            values.setdefault(part, ([], []))[side].append(response_ms(sample))
            cycles.setdefault(part, sample.cycle)
            times.setdefault(part, []).append(sample.at_s)
    both = [part for part in sorted(values) if all(min(of, default=0.0) > 0 for of in values[part])]
    logs = [np.log(stats.quantile(values[part][1], p) / stats.quantile(values[part][0], p)) for part in both]
    let_go = any(grouping(side).by == "instance" and _let_go_between_cycles(side) for side in (base, other))
    instances: list[Hashable] = [cycles[part] if let_go else 0 for part in both]
    at_s = [float(np.median(times[part])) for part in both]
    return ratios.Course(np.array(logs, dtype=float), instances, at_s)


def _parts(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The part of the run that each cycle and round belongs to; there are about drift.PARTS parts.

    A part is of one cycle, or of several if there are more cycles than parts.
    """
    cycles: dict[int, list[tuple[int, int]]] = {}
    for place in sorted(set(places)):
        cycles.setdefault(place[0], []).append(place)
    most = max(1, round(drift.PARTS / len(cycles)))
    parts: dict[tuple[int, int], int] = {}
    for number, rounds in enumerate(cycles.values()):
        count = max(1, min(most, len(rounds) // _ROUNDS_A_PART))
        for rank, place in enumerate(rounds):
            first = number * most if len(cycles) <= drift.PARTS else number * drift.PARTS // len(cycles)
            parts[place] = first + (rank * count // len(rounds) if len(cycles) <= drift.PARTS else 0)
    return parts


def _clustered(
    samples: Sequence[Sample], labels: Sequence[object], *, universe: Iterable[object] | None = None
) -> stats.Clustered:
    return stats.Clustered.of([response_ms(sample) for sample in samples], labels, universe=universe)


def _counted(data: stats.Clustered) -> str:
    """The number of clusters with samples, and if they are uneven, the number of even clusters that they count as."""
    there, even = len(set(data.clusters.tolist())), round(data.even)
    return str(there) if even >= there else f"{there} that count as {even}"


def _common_labels(
    base: Sequence[Sample], other: Sequence[Sample], p: float
) -> tuple[Sequence[object], Sequence[object]] | None:
    """Labels by which both sides can be drawn together: cycles if no instance outlives one, else blocks."""
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
