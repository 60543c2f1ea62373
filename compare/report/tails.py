"""Says what a tail rests on: the bursts of slow requests that a run saw, and those it cannot see."""

import math
from collections.abc import Sequence

import numpy as np

from compare import bursts, stats
from compare.report.figures import grouping, response_ms
from compare.report.model import Finding, Series
from compare.report.words import series_name
from runs.sample import Sample

_QUANTILES = {"p90": 0.9, "p95": 0.95, "p99": 0.99}


def few_bursts(samples: Sequence[Sample], p: float) -> str | None:
    """Why the quantile `p` of `samples` is not known from above, None if it is: too few bursts of slow requests."""
    data = _clustered(samples, p)
    if data is None or stats.bounded(data, p):
        return None
    count = len(bursts.slow(data.values, data.instances))
    came = "one burst" if count == 1 else f"{count} bursts"
    return f"the slow requests of {samples[0].target} came in {came}, too few to say how often they come"


def of_either_kind(base: Sequence[Sample], other: Sequence[Sample], p: float) -> str | None:
    """Why the quantile `p` is no figure to compare, None if it is: it may be that of fast or of slow requests."""
    sides = [
        grouping(samples).clustered([response_ms(sample) for sample in samples], p)
        for samples in (base, other)
    ]
    either = stats.of_either_kind(sides[0], sides[1], p)
    shares = [
        f"{np.mean(side.values > bursts.fence(side.values)):.1%} of those of {samples[0].target}"
        for samples, side, is_either in zip((base, other), sides, either, strict=True)
        if is_either
    ]
    quantile = f"the p{p * 100:.0f} may be that of fast or of slow requests"
    return f"{quantile}: {' and '.join(shares)} are slow" if shares else None


def notes(measured: Sequence[tuple[Series, Sequence[Sample]]]) -> list[Finding]:
    """A note for each series whose bursts of slow requests are too few for an upper end."""
    findings: list[Finding] = []
    for summary, samples in measured:
        names = {name: why for name, p in _QUANTILES.items() if (why := few_bursts(samples, p))}
        given = [name for name in names if getattr(summary, name).low is not None]
        if given:
            target, last = samples[0].target, given[-1]
            needed = _needed(samples, _QUANTILES[last])
            findings.append(
                Finding(
                    target,
                    f"{names[last]} ({series_name(summary)}): the upper end of its {' and '.join(given)} is its "
                    f"slowest request; {last} needs about {needed:,} requests like these",
                    problem=False,
                )
            )
    return findings


def assumed(series: Sequence[Series]) -> list[str]:
    """What the 95th percentiles of single instances are about, and which bursts a run may not have seen."""
    fewest = min(
        (each.n for each in series if each.clustered_by == "round" and each.p95.low is not None), default=0
    )
    if not fewest:
        return []
    longest = stats.longest_seen(fewest, _QUANTILES["p95"])
    words = (
        "A p95 of one instance is that of the time measured; it allows for bursts of slow requests if the run saw one. "
        f"By chance, {fewest:,} requests may have none of bursts that last for more than {longest} on average. "
        "If there are such, the p95 of a longer time is higher."
    )
    return [words]


def _clustered(samples: Sequence[Sample], p: float) -> stats.Clustered | None:
    """The samples as they are grouped for the tail `p`; None if they are independent, or for a median."""
    group = grouping(samples)
    if p == stats.MEDIAN or group.by == "independent":
        return None
    return group.clustered([response_ms(sample) for sample in samples], p)


def _needed(samples: Sequence[Sample], p: float) -> int:
    """How many requests show enough bursts for an upper end, to two figures."""
    data = _clustered(samples, p)
    worth = (bursts.worth(data.values, data.instances) if data else None) or math.inf
    needed = len(samples) * stats.smallest_sample(p) / worth
    return int(float(f"{needed:.1e}"))
