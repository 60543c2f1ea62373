"""`python -m tests.compare.lines` prints the table of verdicts in docs/compare.md: how often they are false, and given.

Each line is a setting whose truth is known: three targets that are identical in the long run, of which the first is the
baseline, and for the power the same setting with a second target that is 30% slower.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import typer
from scipy.signal import lfilter
from scipy.stats import binom

from compare import drift, ratios, stats
from compare.ratios import Course
from compare.report import merging
from compare.stats import Clustered
from tests.compare.simulated import Floats, wave

SEED = 15
# Parts of a simulated run, as compare.report.pairing makes them of 300 rounds and more.
_PARTS = 30
_TRUE, _LESS = 1.3, 1.15


@dataclass(frozen=True)
class Line:
    """A setting: its rounds, its instances (1: one that stays), the noise and the drift of a target's logarithms.

    times: as many runs, each with a drift of its own, are merged.
    """

    name: str
    rounds: int
    instances: int
    noise: float
    drift: Callable[[np.random.Generator, int], Floats]
    shared: bool = False
    times: int = 1


def resembling(size: float) -> Callable[[np.random.Generator, int], Floats]:
    """A slow drift: each round resembles the one before (correlation 0.99)."""

    def draw(random: np.random.Generator, rounds: int) -> Floats:
        steps = random.normal(0, np.sqrt(1 - 0.99**2), rounds)
        steps[0] = random.normal()
        return size * np.asarray(lfilter([1], [1, -0.99], steps))

    return draw


def hour(random: np.random.Generator, rounds: int) -> Floats:
    """A daily rhythm of 10% of which a short run sees one moment."""
    return np.full(rounds, 0.1 * np.sin(2 * np.pi * random.uniform()))


def neighbour(random: np.random.Generator, rounds: int) -> Floats:
    """A noisy neighbour: 20% slower while it is there, for 20 rounds on average, then away for 40."""
    there, found = bool(random.random() < 1 / 3), np.empty(rounds)
    for place in range(rounds):
        there = (random.random() > 1 / 20) if there else (random.random() < 1 / 40)
        found[place] = 0.2 * there
    return found


def route(random: np.random.Generator, rounds: int) -> Floats:
    """A route that changes once, at any time, and makes requests up to 15% slower or faster."""
    return np.where(np.arange(rounds) < random.uniform(0, rounds), 0.0, random.normal(0, 0.08))


def day(random: np.random.Generator, rounds: int) -> Floats:
    """A daily rhythm of 10% of which the run sees a third, at any hour."""
    return 0.1 * np.sin(2 * np.pi * (np.linspace(0, 1 / 3, rounds) + random.uniform()))


def release(random: np.random.Generator, rounds: int) -> Floats:
    """A release at any time that takes 15% off, or adds it."""
    return np.where(np.arange(rounds) < random.uniform(0, rounds), 0.0, random.choice([-0.15, 0.15]))


def still(_random: np.random.Generator, rounds: int) -> Floats:
    """Nothing drifts."""
    return np.zeros(rounds)


def common(random: np.random.Generator, rounds: int) -> Floats:
    """A drift of 15% that all targets share."""
    return wave(random, rounds, 0.15)


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
    Line("a daily rhythm of its own", 300, 1, 0.2, day),
    Line("a noisy neighbour that comes and goes", 300, 1, 0.2, neighbour),
    Line("a route that changes", 300, 1, 0.2, route),
    Line("a release in between", 300, 1, 0.2, release),
]
# Runs that are merged.
MERGED = [
    Line(f"a daily rhythm of its own, {times} short runs at any hours", 120, 1, 0.2, hour, times=times)
    for times in (3, 6)
]


def pair(line: Line, first: Floats, second: Floats, p: float = 0.5) -> ratios.Ratio:
    """The ratio of two targets' logarithms, grouped as the report groups them."""
    if line.instances == 1:
        labels = stats.blocks(range(line.rounds), p)
    else:
        labels = [number * line.instances // line.rounds for number in range(line.rounds)]
    parts = max(_PARTS, line.instances)
    places = [number * parts // line.rounds for number in range(line.rounds)]
    base, other = (Clustered.of(np.exp(logs).tolist(), labels, parts=places) for logs in (first, second))
    split = [
        np.quantile(logs.reshape(parts, -1), p, axis=1, method="inverted_cdf") for logs in (first, second)
    ]
    instances = [0 if line.instances == 1 else part * line.instances // parts for part in range(parts)]
    found = ratios.ratio(base, other, p, paired=True, course=Course(split[1] - split[0], instances))
    assert found
    return found


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


def one_run(line: Line, random: np.random.Generator) -> list[ratios.Ratio]:
    """The two later targets of a run over the first."""
    base, *others = drawn(line, random)
    return [pair(line, base, other) for other in others]


def over_times(line: Line, random: np.random.Generator) -> list[ratios.Ratio]:
    """The same over several runs."""
    found = [one_run(line, random) for _ in range(line.times)]
    return [merging.over_times([[run[place]] for run in found]) for place in range(2)]


@dataclass(frozen=True)
class Rates:
    """Shares of the runs of a line: false and withheld verdicts, coverage of given intervals, given; power.

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
    false = withheld = covered = intervals = 0
    found = {_TRUE: 0, _LESS: 0}
    plain, wider = 0, list[float]()
    for _ in range(runs):
        ratio, *more = over_times(line, random) if line.times > 1 else one_run(line, random)
        levels = ratios.holm([one.p_value() for one in (ratio, *more)])
        decided = [one.decided(level) for one, level in zip((ratio, *more), levels, strict=True)]
        undecided = [one.undecided(level) for one, level in zip((ratio, *more), levels, strict=True)]
        false += any(decided)
        withheld += any(undecided) and not any(decided)
        if not undecided[0]:
            low, high = ratio.interval()
            intervals += 1
            covered += low <= 1 <= high
        wider.append(ratio.error.widening(stats.CONFIDENCE, drift.TRUSTING))
        for true in found:
            slower = ratios.Ratio(ratio.log + np.log(true), ratio.error)
            found[true] += slower.decided() and slower.log > 0
            plain += true == _TRUE and (slower.decided() or slower.undecided()) and slower.log > 0
    return Rates(
        false=false / runs,
        withheld=withheld / runs,
        covered=covered / max(1, intervals),
        given=intervals / runs,
        power=found[_TRUE] / runs,
        weak=found[_LESS] / runs,
        plain=plain / runs,
        wider=float(np.median(wider)),
        bound=float(binom.ppf(0.999, runs, 0.05)) / runs,
    )


def main(runs: int) -> None:
    """Print the table."""
    print(
        "| drift | false verdicts | no verdict | intervals given | they hold the truth | wider | finds 30% "
        "| trusting | finds 15% |"
    )
    print("| --- |" + " ---: |" * 8)
    for line in [*LINES, *MERGED]:
        of = rates(line, runs)
        shares = (of.false, of.withheld, of.given, of.covered)
        cells = [f"{share:.1%}" for share in shares] + [f"{of.wider - 1:.0%}"]
        cells += [f"{share:.1%}" for share in (of.power, of.plain, of.weak)]
        print(f"| {line.name} | {' | '.join(cells)} |", flush=True)


app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def table(runs: Annotated[int, typer.Option(min=1, help="simulated runs of each line")] = 400) -> None:
    """Print the table of verdicts in docs/compare.md."""
    ratios.REPLICATES = 200
    main(runs)


if __name__ == "__main__":
    app()
