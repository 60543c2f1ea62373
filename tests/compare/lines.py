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
from scipy.special import ndtr

from compare import drift, ratios, stats
from compare.ratios import Course
from compare.report import merging
from compare.stats import Clustered
from tests.compare.settings import TABLES, Line
from tests.compare.simulated import Floats, at_most, one_instance

SEED = 15
# Parts of a simulated run, as compare.report.pairing makes them of 300 rounds and more.
_PARTS = 30
_TRUE, _LESS = 1.3, 1.15


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


def drawn(line: Line, random: np.random.Generator) -> tuple[list[Floats], list[Floats]]:
    """The levels of three identical targets, round by round, and the logarithms of their requests."""
    common_drift = line.drift(random, line.rounds)
    levels: list[Floats] = []
    found: list[Floats] = []
    for _ in range(3):
        levels.append(common_drift if line.shared else line.drift(random, line.rounds))
        logs = levels[-1] + random.normal(0, line.noise, line.rounds)
        if line.instances > 1:
            logs += np.repeat(random.normal(0, 0.05, line.instances), line.rounds // line.instances)
        found.append(logs)
    return levels, found


@dataclass(frozen=True)
class Found:
    """What a run gives: the two later targets over the first, and what gives the first of them if it were slower.

    now: by how much the logarithm of the first ratio is off in the time measured; not a number if that is not known.
    """

    later: list[ratios.Ratio | None]
    slower: Callable[[float], ratios.Ratio | None]
    now: float


def one_run(line: Line, random: np.random.Generator) -> Found:
    """A run of three identical targets."""
    levels, (base, *others) = drawn(line, random)
    found = [pair(line, base, other) for other in others]

    def slower(times: float) -> ratios.Ratio | None:
        if line.p == stats.MEDIAN and found[0]:
            return ratios.Ratio(found[0].log + np.log(times), found[0].error)
        return pair(line, base, others[0] + np.log(times))

    ends = [_in_the_time_measured(of, line) for of in levels[:2]]
    return Found(found, slower, ends[1] - ends[0])


def _in_the_time_measured(levels: Floats, line: Line) -> float:
    """The logarithm of the figure that requests of such levels have; not a number if they have their own noise."""
    if not line.noise or line.p == stats.MEDIAN:
        return float(np.mean(levels)) if line.noise else math.nan
    from scipy.optimize import brentq  # noqa: PLC0415 - it takes half a second to load

    return float(brentq(lambda log: np.mean(ndtr((log - levels) / line.noise)) - line.p, -5, 5))


def over_times(line: Line, random: np.random.Generator) -> Found:
    """The same over several runs."""
    runs = [one_run(line, random) for _ in range(line.times)]

    def over(of: Sequence[ratios.Ratio | None]) -> ratios.Ratio:
        return merging.over_times([[ratio] for ratio in of if ratio])

    found = [over([run.later[place] for run in runs]) for place in range(2)]
    return Found(list(found), lambda times: over([run.slower(times) for run in runs]), math.nan)


@dataclass(frozen=True)
class Rates:
    """Shares of the runs of a line: false and withheld verdicts of three targets, coverage of given intervals, power.

    false_of_two: false verdicts if the run had only the first two targets. now: how often a given interval holds the
    ratio in the time measured, of targets that are alike and of one that is 30% slower. covered: how often the interval
    over a longer time holds the ratio in the long run, if the run had two targets; both not a number if hardly a run
    has an interval, or if that ratio is not known. given: intervals of the time measured. power: of a target that is
    30% slower; weak: of one that is 15% slower. wider: how many times as wide as without any regard to drifts an
    interval is, the median of the runs. bound: what a true 5% shows at most, in 999 of 1,000.
    """

    false: float
    false_of_two: float
    withheld: float
    now: float
    covered: float
    given: float
    power: float
    weak: float
    plain: float
    wider: float
    bound: float


def _holds(interval: stats.Interval, log: float) -> list[bool]:
    """Whether an interval holds the ratio of this logarithm; nothing if that is not known."""
    return [] if math.isnan(log) else [interval.low <= math.exp(log) <= interval.high]


def rates(line: Line, runs: int, seed: int = SEED) -> Rates:
    """Simulate `runs` runs of `line`."""
    random = np.random.default_rng(seed)
    false = of_two = withheld = intervals = plain = 0
    found, wider = dict.fromkeys((_TRUE, _LESS), 0), list[float]()
    now, covered = list[bool](), list[bool]()
    for _ in range(runs):
        run = over_times(line, random) if line.times > 1 else one_run(line, random)
        first = run.later[0]
        known = [ratio for ratio in run.later if ratio]
        levels = ratios.holm([ratio.p_value() for ratio in known])
        decided = [ratio.decided(level) for ratio, level in zip(known, levels, strict=True)]
        undecided = [ratio.undecided(level) for ratio, level in zip(known, levels, strict=True)]
        false += any(decided)
        withheld += (any(undecided) or len(known) < len(run.later)) and not any(decided)
        if first:
            of_two += first.decided()
            intervals += not undecided[0]
            now += [] if undecided[0] else _holds(first.interval(levels[0]), run.now)
            covered += _holds(first.robust_interval(), 0)
            wider += [first.error.widening(stats.CONFIDENCE, drift.TRUSTING)]
        for true in (_TRUE, _LESS) if line.p == stats.MEDIAN else (_TRUE,):
            ratio = run.slower(true)
            found[true] += ratio is not None and ratio.decided() and ratio.log > 0
            plain += true == _TRUE and ratio is not None and ratio.plain_interval().low > 1
            if true == _TRUE and ratio and ratio.decided():
                now += _holds(ratio.interval(), run.now + np.log(true))
    return Rates(
        false=false / runs,
        false_of_two=of_two / runs,
        withheld=withheld / runs,
        now=float(np.mean(now)) if len(now) >= runs / 20 else math.nan,
        covered=float(np.mean(covered)) if len(covered) >= runs / 20 else math.nan,
        given=intervals / runs,
        power=found[_TRUE] / runs,
        weak=found[_LESS] / runs if line.p == stats.MEDIAN else math.nan,
        plain=plain / runs,
        wider=float(np.median(wider)) if wider else math.nan,
        bound=at_most(0.05, runs) / runs,
    )


def main(runs: int, names: Sequence[str], seed: int = SEED) -> None:
    """Print the tables."""
    for name in names:
        print(
            "| drift | rounds | truth of | false verdicts | of two | no verdict | intervals given | hold at the time "
            "| hold longer | wider | finds 30% | trusting | finds 15% |"
        )
        print("| --- | ---: | --- |" + " ---: |" * 10)
        for line in TABLES[name]:
            of = rates(line, runs, seed)
            shares = (of.false, of.false_of_two, of.withheld, of.given, of.now, of.covered)
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
    seed: Annotated[int, typer.Option(min=0, help="of the simulations")] = SEED,
) -> None:
    """Print the tables of verdicts in docs/compare.md."""
    if unknown := [name for name in names or () if name not in TABLES]:
        raise typer.BadParameter(f"there is no table {', '.join(unknown)}")
    ratios.REPLICATES = 200
    main(runs, names or list(TABLES), seed)


if __name__ == "__main__":
    app()
