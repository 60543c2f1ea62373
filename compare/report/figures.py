"""The samples of one kind into a series: quantiles with intervals or why there are none, phases, distribution."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from compare import stats
from compare.report.model import Figure, Phases, Point, Series
from runs.sample import Sample

ECDF_POINTS = 200
TIMELINE_POINTS = 600


@dataclass(frozen=True)
class Grouping:
    """How the samples of a series depend on each other: by their instance, their round, or not at all."""

    by: Literal["instance", "round", "independent"]
    own: list[Any]
    instances: int | None

    @property
    def one_instance(self) -> bool:
        """Whether every sample came from one instance."""
        return self.instances == 1

    def labels(self, p: float) -> list[Any]:
        """A label for each sample, equal ones for those that are one cluster for the quantile `p`."""
        return stats.blocks(self.own, p) if self.by == "round" else self.own

    def clustered(self, values: Sequence[float], p: float) -> stats.Clustered:
        """The values of the samples, in their order, as they depend on each other for the quantile `p`."""
        parts = stats.parts(self.own) if self.by == "round" else None
        return stats.Clustered.of(values, self.labels(p), parts=parts)


def grouping(samples: Sequence[Sample]) -> Grouping:
    """What `samples` share: the instance if there are several, else the round; idle cold starts share nothing."""
    known = {sample.instance for sample in samples if sample.instance}
    instances = len(known) if known and all(sample.instance for sample in samples) else None
    if samples and samples[0].kind == "cold" and samples[0].how == "idle":
        return Grouping("independent", list(range(len(samples))), instances)
    if instances is not None and instances > 1 and samples[0].kind != "cold":
        return Grouping("instance", [sample.instance for sample in samples], instances)
    return Grouping("round", [sample.round for sample in samples], instances)


def series(samples: Sequence[Sample], *, charts: bool = True) -> Series:
    """One series of at least one sample, all of one kind, connection and way of coming about."""
    group = grouping(samples)
    first = samples[0]
    data = group.clustered([response_ms(sample) for sample in samples], stats.MEDIAN)

    def figure(p: float, of: Callable[[Sample], float | None] = response_ms) -> Figure:
        return _figure([of(sample) for sample in samples], group, p)

    return Series(
        kind="cold" if first.kind == "cold" else "load" if first.kind == "load" else "warm",
        connection=first.connection,
        how=first.how,
        n=len(samples),
        instances=group.instances,
        clusters=data.count,
        clustered_by=group.by,
        one_instance=group.one_instance,
        p50=figure(0.5),
        p90=figure(0.9),
        p95=figure(0.95),
        p99=figure(0.99),
        app_p50=figure(0.5, lambda sample: sample.ms.app),
        overhead_p50=figure(0.5, overhead_ms),
        phases=phases(samples),
        ecdf=_ecdf(data, independent=group.by == "independent") if charts else [],
        timeline=_timeline(samples) if charts else [],
        timeline_every=_every(len(samples)),
        restored=sum(sample.restored for sample in samples),
    )


def response_ms(sample: Sample) -> float:
    """What the caller waited: the total, and under load the time since the request should have been sent."""
    return sample.ms.total + (sample.late_ms or 0.0)


def overhead_ms(sample: Sample) -> float | None:
    """The caller's total less the app's own duration; None if the app does not say it."""
    return None if sample.ms.app is None else sample.ms.total - sample.ms.app


def phases(samples: Sequence[Sample]) -> Phases | None:
    """The phases of the fifth of `samples` around the median; None if there are too few for a median."""
    if len(samples) < stats.smallest_sample(stats.MEDIAN):
        return None
    ordered = sorted(samples, key=response_ms)
    middle = ordered[math.floor(len(ordered) * 0.4) : math.ceil(len(ordered) * 0.6)]
    cold = middle[0].kind == "cold"

    def mean(of: Callable[[Sample], float]) -> float:
        return round(sum(of(sample) for sample in middle) / len(middle), 4)

    ready = mean(_ready)
    app = (
        mean(lambda sample: sample.ms.app or 0.0)
        if all(sample.ms.app is not None for sample in middle)
        else None
    )
    start = mean(lambda sample: sample.instance_age_ms or 0.0) if cold else None
    first_byte, total = mean(lambda sample: sample.ms.first_byte), mean(lambda sample: sample.ms.total)
    name, connect = mean(lambda sample: sample.ms.name), mean(lambda sample: sample.ms.connect)
    return Phases(
        name=name,
        connect=round(connect - name, 4),
        tls=round(ready - connect, 4) if middle[0].ms.tls is not None else None,
        start=start,
        platform=round(first_byte - ready - (start or 0.0) - (app or 0.0), 4),
        app=app,
        transfer=round(total - first_byte, 4),
        total=total,
    )


def _ready(sample: Sample) -> float:
    return max(sample.ms.connect, sample.ms.tls or 0.0)


def _figure(values: Sequence[float | None], group: Grouping, p: float) -> Figure:
    if any(value is None for value in values):
        return Figure(why="not given by the target")
    known = [value for value in values if value is not None]
    fewest = stats.smallest_sample(p)
    if len(known) < fewest:
        return Figure(why=f"n too small: {len(known)} of {fewest}")
    value = stats.quantile(known, p)
    if group.by == "independent":
        interval = stats.independent_interval(known, p)
        return (
            Figure(value, *interval)
            if interval
            else Figure(value, why=f"n too small: {len(known)} of {fewest}")
        )
    data = group.clustered(known, p)
    interval = stats.clustered_interval(data, p)
    return Figure(value, *interval) if interval else Figure(value, why=_why_no_interval(data, group, p))


def _why_no_interval(data: stats.Clustered, group: Grouping, p: float) -> str:
    what, fewest = f"{group.by}s", stats.smallest_clusters(p)
    if data.count < fewest:
        return f"too few {what}: {data.count} of {fewest}"
    if not data.enough(p):
        return f"too few {what}: {data.count} so uneven count as {data.even:.0f} of {fewest}"
    too_much = "resemble the ones before" if group.by == "round" else "differ"
    worth = f"worth {stats.carried_sample(data, p):.0f} of {stats.smallest_sample(p)} independent samples"
    return f"the {what} {too_much} too much: {worth}"


def _ecdf(data: stats.Clustered, *, independent: bool) -> list[Point]:
    """The distribution with the band of Dvoretzky, Kiefer and Wolfowitz for as many samples as `data` is worth."""
    ordered = np.sort(data.values)
    worth = float(len(ordered)) if independent else stats.effective_sample(data, stats.MEDIAN)
    half = math.sqrt(math.log(2 / (1 - stats.CONFIDENCE)) / (2 * worth))
    ranks = np.unique(np.linspace(1, len(ordered), min(len(ordered), ECDF_POINTS)).round().astype(int))
    return [
        Point(
            ms=round(float(ordered[rank - 1]), 4),
            share=round(rank / len(ordered), 5),
            low=round(max(0.0, rank / len(ordered) - half), 5),
            high=round(min(1.0, rank / len(ordered) + half), 5),
        )
        for rank in ranks.tolist()
    ]


def _every(count: int) -> int:
    return math.ceil(count / TIMELINE_POINTS)


def _timeline(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    return [
        (round(sample.at_s, 3), round(response_ms(sample), 4)) for sample in samples[:: _every(len(samples))]
    ]
