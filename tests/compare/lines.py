"""`python -m tests.compare.lines` prints the table of verdicts in docs/compare.md: how often they are false, and given.

Each line is a setting whose truth is known: three targets that are identical in the long run, of which the first is the
baseline, and for the power the same setting with a second target that is 30% slower.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import typer

from compare import drift, ratios, stats
from compare.ratios import Course
from compare.report import merging
from compare.stats import Clustered
from tests.compare.coverage import Logs, spikes, two_speeds
from tests.compare.drifts import common, day, hour, neighbour, of_kinds, release, resembling, route, still
from tests.compare.simulated import Floats, at_most, one_instance

SEED = 15
# Parts of a simulated run, as compare.report.pairing makes them of 300 rounds and more.
_PARTS = 30
_TRUE, _LESS = 1.3, 1.15


@dataclass(frozen=True)
class Line:
    """A setting: its rounds, its instances (1: one that stays), the noise and the drift of a target's logarithms.

    times: as many runs, each with a drift of its own, are merged. p: the quantile that is compared. over: what the
    truth is a quantile of.
    """

    name: str
    rounds: int
    instances: int
    noise: float
    drift: Logs
    shared: bool = False
    times: int = 1
    p: float = 0.5
    over: str = "a much longer run"


LINES = [
    Line("no drift, one instance", 300, 1, 0.2, still),
    Line("no drift, 10 instances", 300, 10, 0.1, still),
    Line("no drift, 30 instances", 900, 30, 0.1, still),
    Line("no drift, 60 instances", 1800, 60, 0.1, still),
    Line("15%, common to all, one instance", 300, 1, 0.2, common, shared=True),
    Line("15%, common to all, 10 instances", 300, 10, 0.1, common, shared=True),
    *(
        Line(f"{size:.0%} of its own, one instance", 300, 1, 0.2, resembling(size))
        for size in (0.03, 0.05, 0.1)
    ),
    *(
        Line(f"{size:.0%} of its own, 10 instances", 300, 10, 0.1, resembling(size))
        for size in (0.03, 0.05, 0.1)
    ),
    Line("5% of its own, one instance, 1,500 rounds", 1500, 1, 0.2, resembling(0.05)),
    Line("two speeds", 300, 1, 0, two_speeds),
    Line("a daily rhythm of its own", 300, 1, 0.2, day, over="all hours"),
    Line("a noisy neighbour that comes and goes", 300, 1, 0.2, neighbour),
    Line("a route that changes", 300, 1, 0.2, route, over="all routes"),
    Line("a release in between", 300, 1, 0.2, release, over="all releases"),
]
# Runs that are merged.
MERGED = [
    Line(
        f"a daily rhythm of its own, {times} short runs at any hours",
        120, 1, 0.2, hour, times=times, over="all hours",
    )
    for times in (3, 6)
]  # fmt: skip


def tail(name: str, rounds: int, requests: Logs, noise: float = 0, *, shared: bool = False) -> Line:
    """A line of the 95th percentile of one instance."""
    return Line(name, rounds, 1, noise, requests, shared=shared, p=0.95)


TAILS = [
    tail("no drift", 300, still, 0.2),
    tail("15%, common to all", 300, common, 0.2, shared=True),
    tail("5% of its own", 300, resembling(0.05), 0.2),
    tail("10% of its own", 300, resembling(0.1), 0.2),
    tail("a noisy neighbour that comes and goes", 300, neighbour, 0.2),
    tail("two speeds", 300, two_speeds),
    tail("two speeds", 1500, two_speeds),
    tail("spikes of one round, one in twenty", 300, spikes(0.05, 1)),
    tail("spikes of one round, one in twenty", 1500, spikes(0.05, 1)),
    tail("spikes of two rounds, one in twenty", 600, spikes(0.05, 2)),
    tail("spikes of five rounds, one in thirty", 300, spikes(1 / 30)),
    tail("spikes of five rounds, one in thirty", 1500, spikes(1 / 30)),
    tail("spikes of five rounds, one in twenty", 1500, spikes(0.05)),
    tail("spikes of five rounds, one in twenty", 3000, spikes(0.05)),
    tail("spikes of five rounds, one in ten", 600, spikes(0.1)),
    tail("spikes of five rounds, one in ten", 1500, spikes(0.1)),
    tail("spikes of ten rounds, one in twenty", 300, spikes(0.05, 10)),
    tail("spikes of ten rounds, one in twenty", 3000, spikes(0.05, 10)),
    Line("30 instances", 900, 30, 0.1, still, p=0.95),
    Line("60 instances, one in five slower, bimodal", 1800, 60, 0, of_kinds, p=0.95),
    Line("30 instances, spikes of one round, one in twenty", 900, 30, 0, spikes(0.05, 1), p=0.95),
    Line("60 instances, spikes of five rounds, one in twenty", 1800, 60, 0, spikes(0.05), p=0.95),
]


def pair(line: Line, first: Floats, second: Floats) -> ratios.Ratio | None:
    """The ratio of two targets' logarithms, grouped as the report groups them; None if the report has none."""
    rounds, parts = range(line.rounds), max(_PARTS, line.instances)
    cycles = [number * line.instances // line.rounds for number in rounds]
    labels = stats.blocks(rounds, line.p) if line.instances == 1 else cycles
    places = [number * parts // line.rounds for number in rounds]
    base, other = (Clustered.of(np.exp(logs).tolist(), labels, parts=places) for logs in (first, second))
    if line.p != stats.MEDIAN and not known_tails(line, [base, other]):
        return None
    split = [
        np.quantile(logs.reshape(parts, -1), line.p, axis=1, method="inverted_cdf")
        for logs in (first, second)
    ]
    instances = [0 if line.instances == 1 else part * line.instances // parts for part in range(parts)]
    return ratios.ratio(base, other, line.p, paired=True, course=Course(split[1] - split[0], instances))


def known_tails(line: Line, sides: Sequence[Clustered]) -> bool:
    """Whether tails are compared at all."""
    base, other = (
        one_instance(np.log(side.values), line.p) if line.instances == 1 else replace(side, parts=None)
        for side in sides
    )
    bounded = stats.bounded(base, line.p) and stats.bounded(other, line.p)
    if not bounded or any(stats.of_either_kind(base, other, line.p)):
        return False
    return all(stats.effective_sample(side, line.p) >= stats.smallest_sample(line.p) for side in sides)


def drawn(line: Line, random: np.random.Generator) -> list[Floats]:
    """The logarithms of three identical targets."""
    common_drift = line.drift(random, line.rounds)
    found: list[Floats] = []
    for _ in range(3):
        logs = (common_drift if line.shared else line.drift(random, line.rounds)) + random.normal(
            0, line.noise, line.rounds
        )
        if line.instances > 1:
            logs += np.repeat(random.normal(0, 0.05, line.instances), line.rounds // line.instances)
        found.append(logs)
    return found


Found = tuple[list[ratios.Ratio | None], Callable[[float], ratios.Ratio | None]]


def one_run(line: Line, random: np.random.Generator) -> Found:
    """The two later targets of a run over the first, and what gives the first of them if it were slower."""
    base, *others = drawn(line, random)
    found = [pair(line, base, other) for other in others]

    def slower(times: float) -> ratios.Ratio | None:
        if line.p == stats.MEDIAN and found[0]:
            return ratios.Ratio(found[0].log + np.log(times), found[0].error)
        return pair(line, base, others[0] + np.log(times))

    return found, slower


def over_times(line: Line, random: np.random.Generator) -> Found:
    """The same over several runs."""
    runs = [one_run(line, random) for _ in range(line.times)]

    def over(of: Sequence[ratios.Ratio | None]) -> ratios.Ratio:
        return merging.over_times([[ratio] for ratio in of if ratio])

    found = [over([run[0][place] for run in runs]) for place in range(2)]
    return list(found), lambda times: over([slower(times) for _, slower in runs])


@dataclass(frozen=True)
class Rates:
    """Shares of the runs of a line: false and withheld verdicts, coverage of given intervals, given; power.

    covered: not a number if hardly a run has an interval; these runs are not the best ones.
    power: of a target that is 30% slower; weak: of one that is 15% slower. wider: how many times as wide as without
    any regard to drifts an interval is, the median of the runs. bound: what a true 5% shows at most, in 999 of 1,000.
    """

    false: float
    withheld: float
    covered: float
    given: float
    power: float
    weak: float
    plain: float
    wider: float
    bound: float


def rates(line: Line, runs: int) -> Rates:
    """Simulate `runs` runs of `line`."""
    random = np.random.default_rng(SEED)
    false = withheld = covered = intervals = plain = 0
    found, wider = dict.fromkeys((_TRUE, _LESS), 0), list[float]()
    for _ in range(runs):
        both, slower = over_times(line, random) if line.times > 1 else one_run(line, random)
        known = [ratio for ratio in both if ratio]
        levels = ratios.holm([ratio.p_value() for ratio in known])
        decided = [ratio.decided(level) for ratio, level in zip(known, levels, strict=True)]
        undecided = [ratio.undecided(level) for ratio, level in zip(known, levels, strict=True)]
        false += any(decided)
        withheld += (any(undecided) or len(known) < len(both)) and not any(decided)
        if both[0] and not undecided[0]:
            low, high = both[0].interval()
            intervals += 1
            covered += low <= 1 <= high
        wider += [both[0].error.widening(stats.CONFIDENCE, drift.TRUSTING)] if both[0] else []
        for true in (_TRUE, _LESS) if line.p == stats.MEDIAN else (_TRUE,):
            ratio = slower(true)
            found[true] += ratio is not None and ratio.decided() and ratio.log > 0
            plain += true == _TRUE and ratio is not None and ratio.plain_interval().low > 1
    return Rates(
        false=false / runs,
        withheld=withheld / runs,
        covered=covered / intervals if intervals >= runs / 20 else math.nan,
        given=intervals / runs,
        power=found[_TRUE] / runs,
        weak=found[_LESS] / runs if line.p == stats.MEDIAN else math.nan,
        plain=plain / runs,
        wider=float(np.median(wider)) if wider else math.nan,
        bound=at_most(0.05, runs) / runs,
    )


TABLES = {"medians": [*LINES, *MERGED], "tails": TAILS}


def main(runs: int, names: Sequence[str]) -> None:
    """Print the tables."""
    for name in names:
        print(
            "| drift | rounds | truth of | false verdicts | no verdict | intervals given | they hold the truth | wider "
            "| finds 30% | trusting | finds 15% |"
        )
        print("| --- | ---: | --- |" + " ---: |" * 8)
        for line in TABLES[name]:
            of = rates(line, runs)
            shares = (of.false, of.withheld, of.given, of.covered)
            cells = [line.name, f"{line.rounds:,}", line.over, *map(_percent, shares)]
            cells += ["-" if math.isnan(of.wider) else f"{of.wider - 1:.0%}"]
            cells += map(_percent, (of.power, of.plain, of.weak))
            print(f"| {' | '.join(cells)} |", flush=True)
        print()


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{share:.1%}"


app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def tables(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"of {', '.join(TABLES)}; all without a word")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="simulated runs of each line")] = 400,
) -> None:
    """Print the tables of verdicts in docs/compare.md."""
    if unknown := [name for name in names or () if name not in TABLES]:
        raise typer.BadParameter(f"there is no table {', '.join(unknown)}")
    ratios.REPLICATES = 200
    main(runs, names or list(TABLES))


if __name__ == "__main__":
    app()
