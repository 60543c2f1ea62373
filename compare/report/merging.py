"""Several runs of one plan into comparisons over all of them: a run is one observation, however many requests it has.

A time of day or a place affects all requests of a run alike, so the ratio of each run is one number. The spread of
these numbers says how far their mean can be off. Clocks of two places are never compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from compare import drift, ratios
from compare.report.build import side_of
from compare.report.model import Comparison
from compare.report.pairing import paired_ratio
from compare.report.verdicts import QUANTILES, Key, Pair, Side, judged, keys, name_of, primary_series
from compare.units import spoken
from runs.file import Run
from runs.head import RunEndpoint
from runs.plan import Plan

# With fewer, it is not known how much times differ.
FEWEST_TIMES = 3
# What the scope of one run says, of several.
SEVERAL = "Measured from the machine of each run, at its time: another place or hour sees other latencies."


@dataclass(frozen=True)
class _Place:
    """The runs of one place by when they were made; those that follow each other closely are one time."""

    name: str
    times: list[list[Run]]

    @property
    def runs(self) -> list[Run]:
        return [run for time in self.times for run in time]


def place_of(run: Run) -> str:
    """Where a run was made: as --place said, else the machine."""
    return run.head.place or str(run.head.machine.get("machine", "a machine"))


def merged(runs: Sequence[Run]) -> list[Comparison]:
    """The comparisons at each place, over its times, then those over all places."""
    places = _places(runs)
    plan = runs[0].head.plan
    pairs: list[Pair] = []
    for place in places:
        pairs += _pairs(place, plan, several=len(places) > 1)
    # The course of a single run stands with that run.
    comparisons = [replace(comparison, course=[], drift=None) for comparison in judged(pairs)]
    return [*(_over_places(comparisons, places) if len(places) > 1 else []), *comparisons]


def described(runs: Sequence[Run]) -> list[str]:
    """How many runs, times and places there are, and what that means, in sentences."""
    places = _places(runs)
    if len(places) > 1:
        listed = "; ".join(f"{place.name}: {_counted(place)}" for place in places)
        words = [f"{len(runs)} runs of one plan at {len(places)} places ({listed})."]
    else:
        words = [f"{_counted(places[0])}, of one plan."]
    words.append(
        "Over several runs each time counts once, however many requests it has: what an hour does to a target, it does "
        f"to all of them. With fewer than {FEWEST_TIMES} times there is no verdict over them."
    )
    if any(len(time) > 1 for place in places for time in place.times):
        words.append(
            "Runs that follow each other in less time than one of them took count as one time: they saw the same hour."
        )
    if len(places) > 1:
        words.append("Clocks of two places are not compared: each ratio is of answers measured at one place.")
    builds = {name: _builds(runs, name) for name in (endpoint.name for endpoint in runs[0].head.endpoints)}
    words += [f"{name} ran other builds in some of the runs." for name, of in builds.items() if len(of) > 1]
    return words


def _places(runs: Sequence[Run]) -> list[_Place]:
    by_place: dict[str, list[Run]] = {}
    for run in runs:
        by_place.setdefault(place_of(run), []).append(run)
    return [_Place(name, _times(of)) for name, of in by_place.items()]


def _times(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs of one place by time: one that begins less than a run's length after the one before belongs to its time."""
    times: list[list[Run]] = []
    end = None
    for run in sorted(runs, key=_began):
        lasted = timedelta(seconds=run.measured_s)
        if end is None or _began(run) - end < lasted:
            (times.append([run]) if end is None else times[-1].append(run))
        else:
            times.append([run])
        end = max(end or _began(run), _began(run) + lasted)
    return times


def _began(run: Run) -> datetime:
    return run.head.started.astimezone()


def _counted(place: _Place) -> str:
    """How many runs, and over how long: "5 runs at 4 times over 3 h"."""
    runs = place.runs
    first, last = min(map(_began, runs)), max(_began(run) + timedelta(seconds=run.measured_s) for run in runs)
    counted = f"{len(runs)} runs" if len(runs) > 1 else "1 run"
    if len(place.times) != len(runs):
        counted += f" at {len(place.times)} time{'s' if len(place.times) > 1 else ''}"
    return f"{counted} over {spoken((last - first).total_seconds())}"


def _called(run: Run, name: str) -> RunEndpoint:
    endpoint = run.head.endpoint(name)
    if endpoint is None:
        raise LookupError(name)  # `why_not` has found the same targets in all runs
    return endpoint


def _where(place: _Place, *, several: bool) -> str:
    return f"{place.name}, {_counted(place)}" if several else _counted(place)


def _pairs(place: _Place, plan: Plan, *, several: bool) -> list[Pair]:
    """Every later target against the first at one place, figure by figure."""
    sides = [
        {run.path: side_of(run, endpoint) for run in place.runs for endpoint in [_called(run, name)]}
        for name in (endpoint.name for endpoint in place.runs[0].head.endpoints)
    ]
    known = {key for of in sides for side in of.values() for key in side.series}
    first = primary_series([known])
    where = _where(place, several=several)
    return [
        _pair(
            where,
            place,
            key,
            quantile,
            (sides[0], other),
            plan,
            primary=key == first and quantile == plan.primary,
        )
        for key in keys(known)
        for quantile in QUANTILES
        for other in sides[1:]
    ]


def _pair(
    where: str,
    place: _Place,
    key: Key,
    quantile: str,
    sides: tuple[Mapping[Path, Side], Mapping[Path, Side]],
    plan: Plan,
    *,
    primary: bool,
) -> Pair:
    base, other = sides
    by_place: list[list[ratios.Ratio]] = []
    without: list[tuple[str, str]] = []
    for time in place.times:
        by_place.append([])
        for run in time:
            series = [side[run.path].series.get(key, []) for side in (base, other)]
            if not all(series):
                without.append((run.path.name, "not measured"))
                continue
            ratio, few = paired_ratio(series[0], series[1], QUANTILES[quantile], seed=plan.seed)
            by_place[-1] += [ratio] if ratio else []
            without += [] if ratio else [(run.path.name, few)]
    path = next(iter(place.runs)).path
    figure = f"{name_of(key)}, {quantile}"
    known = [of for of in by_place if of]
    if len(known) == 1 and len(known[0]) == 1 and len(place.runs) == 1:
        return Pair(key, figure, base[path], other[path], primary, known[0][0], "", over=where)
    if len(known) < FEWEST_TIMES:
        why = f" ({without[0][1]} in {without[0][0]})" if without else ""
        few = f"too few times: {len(known)} of {FEWEST_TIMES}{why}"
        return Pair(key, figure, base[path], other[path], primary, None, few, over=where)
    left_out = "".join(f"; without {name} ({why})" for name, why in without)
    ratio = over_times(known)
    return Pair(
        key, figure, base[path], other[path], primary, ratio, "", several=True, over=where, without=left_out
    )


def over_times(times: Sequence[Sequence[ratios.Ratio]]) -> ratios.Ratio:
    """The ratio over several times: their mean, and Student's t for how much they differ.

    Few times may look alike by chance, so the error is never below the runs' own errors.
    """
    logs = np.array([np.mean([ratio.log for ratio in of]) for of in times])
    within = [np.mean([ratio.error.scales.min() ** 2 for ratio in of]) / len(of) for of in times]
    scale = np.sqrt(max(float(np.var(logs, ddof=1)), float(np.mean(within))) / len(logs))
    return ratios.Ratio(float(np.mean(logs)), drift.Error.without_drift(float(scale), len(logs) - 1))


def _over_places(comparisons: Sequence[Comparison], places: Sequence[_Place]) -> list[Comparison]:
    """What holds at every place, by primary figure: it claims no more than each place's own verdict."""
    by_other: dict[str, dict[str, Comparison]] = {}
    for place in places:
        for comparison in comparisons:
            if comparison.primary and comparison.run == _where(place, several=True):
                by_other.setdefault(comparison.other, {})[place.name] = comparison
    return [_at_all(of) for of in by_other.values() if len(of) == len(places)]


def _at_all(of: Mapping[str, Comparison]) -> Comparison:
    """The verdict over places, of the same figure at each of them."""
    first, count = next(iter(of.values())), len(of)
    verdicts = {each.verdict for each in of.values()}
    agreed = first.verdict if len(verdicts) == 1 else "no verdict"
    words = {
        "slower": f"{first.other} is slower than {first.baseline} at each of the {count} places",
        "faster": f"{first.other} is faster than {first.baseline} at each of the {count} places",
        "no difference": f"no difference shown between {first.other} and {first.baseline} at any of the {count} places",
        "too few": f"too few times at each of the {count} places",
        "emulated": f"{first.other} and {first.baseline} are emulated at some place, no verdict on clouds",
    }.get(
        agreed,
        "no verdict over places: they do not agree" if len(verdicts) > 1 else "no verdict at any place",
    )
    known = [each.ratio for each in of.values() if each.ratio]
    listed = "; ".join(f"{place}: {_briefly(each)}" for place, each in of.items())
    return Comparison(
        figure=first.figure,
        run=f"{count} places",
        baseline=first.baseline,
        other=first.other,
        primary=True,
        verdict=agreed,
        words=f"{words} ({listed})",
        ratio=float(np.exp(np.mean(np.log(known)))) if len(known) == count else None,
    )


def _briefly(comparison: Comparison) -> str:
    if comparison.ratio is None:
        return comparison.verdict
    interval = f" [{comparison.low:.2f}, {comparison.high:.2f}]" if comparison.low and comparison.high else ""
    return f"{comparison.ratio:.2f}{interval}, {comparison.verdict}"


def _builds(runs: Sequence[Run], name: str) -> set[str]:
    return {sample.build for run in runs for sample in run.samples if sample.target == name and sample.build}
