"""`python -m tests.compare.coverage` prints the tables of docs/compare.md: how often intervals hold the truth."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import scipy
import typer
from scipy import special

from compare import ratios, stats
from tests.compare.simulated import Floats, alike, instances, one_instance, truth

SETTINGS = [
    (p, count, spread, noise)
    for p, count in ((0.5, 10), (0.5, 30), (0.95, 30), (0.95, 60))
    for spread, noise in ((0.1, 0.05), (0.1, 0.1), (0.1, 0.2), (0.02, 0.3))
]
ROUNDS = [
    (p, rounds, likeness)
    for p, rounds in ((0.5, 30), (0.5, 300), (0.95, 300))
    for likeness in (0, 0.3, 0.6, 0.9)
]


Logs = Callable[[np.random.Generator, int], Floats]
# Cells, the quantile, its truth, and what draws samples.
Row = tuple[list[str], float, float, Callable[[], stats.Clustered]]


def lognormal(random: np.random.Generator, count: int) -> Floats:
    """Requests that differ by 20%."""
    return random.normal(0, 0.2, count)


def bimodal(random: np.random.Generator, count: int) -> Floats:
    """Requests of which three in ten take half as long again."""
    return np.where(random.random(count) < 0.3, np.log(1.5), 0) + random.normal(0, 0.1, count)


def mixed(random: np.random.Generator, count: int) -> Floats:
    """Instances of which one in five is half as slow again."""
    return np.where(random.random(count) < 0.2, np.log(1.5), 0) + random.normal(0, 0.05, count)


def heavy(random: np.random.Generator, count: int) -> Floats:
    """Instances with a heavy tail: Student's t with two degrees of freedom."""
    return 0.05 * random.standard_t(2, count)


@dataclass(frozen=True)
class Switching:
    """One instance that is now and then slower by `size`, a logarithm, and requests that differ by `noise`.

    share: of the rounds in which it is slower, for `length` rounds on average.
    """

    share: float
    length: float
    size: float
    noise: float

    def __call__(self, random: np.random.Generator, count: int) -> Floats:
        return self.drawn(random, count)[1]

    def drawn(self, random: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """The level of each round, and the logarithms of the requests."""
        begins, ends = self.share / self.length / (1 - self.share), 1 / self.length
        levels = switching(random, count, begins, ends, self.size)
        return levels, levels + random.normal(0, self.noise, count)

    def quantile(self, p: float, share: float) -> float:
        """The quantile of the requests of a time in which this share of the rounds is slower."""

        def beyond(log: float) -> float:
            slower, other = special.ndtr([(log - self.size) / self.noise, log / self.noise])
            return float(share * slower + (1 - share) * other - p)

        return float(np.exp(scipy.optimize.brentq(beyond, -2, 4)))


def spikes(share: float, length: float = 5) -> Switching:
    """Rounds of which this share takes three times as long, so many rounds at a time on average."""
    return Switching(share, length, np.log(3), 0.15)


two_speeds = Switching(1 / 2, 30, np.log(1.3), 0.1)
"""An instance that is 30% slower half of the time, for 30 rounds on average."""


def switching(random: np.random.Generator, count: int, begins: float, ends: float, size: float) -> Floats:
    """A state that begins and ends by chance, and adds `size` while it lasts."""
    there, found = bool(random.random() < begins / (begins + ends)), np.empty(count)
    for place in range(count):
        there = random.random() > ends if there else random.random() < begins
        found[place] = size * there
    return found


def of_population(p: float, requests: Logs, instances: Logs | None = None) -> float:
    """The quantile of all samples that there could be, by a million of them."""
    random = np.random.default_rng(6)
    logs = requests(random, 1_000_000)
    return float(np.exp(np.quantile(logs if instances is None else logs + instances(random, 1_000_000), p)))


def of_kinds(count: int, instances: Logs, requests: Logs) -> Callable[[], stats.Clustered]:
    random = np.random.default_rng(7)

    def draw() -> stats.Clustered:
        logs = np.repeat(instances(random, count), 30) + requests(random, count * 30)
        return stats.Clustered(np.exp(logs), np.repeat(np.arange(count), 30), count)

    return draw


KINDS = [
    ("one in five slower", mixed, "bimodal", bimodal, ((0.5, 10), (0.5, 30), (0.95, 30), (0.95, 60))),
    ("heavy tail", heavy, "lognormal", lognormal, ((0.5, 10), (0.95, 60))),
    ("heavy tail", heavy, "bimodal", bimodal, ((0.95, 60),)),
]
COURSES = [
    ("spikes, one round in ten", spikes(0.1), 300),
    ("spikes, one round in twenty", spikes(0.05), 300),
    ("spikes, one round in twenty", spikes(0.05), 1500),
    ("spikes, one round in thirty", spikes(1 / 30), 300),
    ("spikes of two rounds, one round in twenty", spikes(0.05, 2), 300),
    ("spikes of ten rounds, one round in twenty", spikes(0.05, 10), 300),
    ("spikes of ten rounds, one round in twenty", spikes(0.05, 10), 1500),
    ("two speeds", two_speeds, 300),
]


def percentile_bootstrap(data: stats.Clustered, p: float, random: np.random.Generator) -> stats.Interval:
    """The cluster bootstrap as it is usually done: the quantiles of the quantiles of whole clusters drawn again."""
    drawn = random.multinomial(data.count, np.full(data.count, 1 / data.count), size=400)
    low, high = np.quantile(ratios._bootstrapped(data, p, drawn), [0.025, 0.975])
    return stats.Interval(float(low), float(high))


def holds(interval: stats.Interval | None, value: float) -> bool:
    """Whether there is an interval, and the value in it."""
    return interval is not None and interval.low <= value <= interval.high


def table(first: str, runs: int, rows: list[Row]) -> None:
    """A line a setting: its cells, the quantile, its truth, and what draws samples."""
    print(f"| quantile | {first} | as if independent | bootstrap | here | given | wrong |")
    print(f"| --- |{' ---: |' * (first.count('|') + 6)}")
    for cells, p, value, draw in rows:
        random = np.random.default_rng(8)
        hits = {"alone": 0, "bootstrap": 0, "here": 0}
        given = 0
        for _ in range(runs):
            data = draw()
            alone, ours = stats.independent_interval(data.values, p), stats.clustered_interval(data, p)
            given += ours is not None
            for name, found in (
                ("alone", alone),
                ("bootstrap", percentile_bootstrap(data, p, random)),
                ("here", ours),
            ):
                hits[name] += found is not None and found.low <= value <= found.high
        here = f"{hits['here'] / given:.0%}" if given >= runs / 20 else "-"
        told = [
            f"p{p * 100:.0f}",
            *cells,
            f"{hits['alone'] / runs:.0%}",
            f"{hits['bootstrap'] / runs:.0%}",
            here,
        ]
        told += [f"{given / runs:.0%}", f"{(given - hits['here']) / runs:.0%}"]
        print(f"| {' | '.join(told)} |", flush=True)


def of_instances(count: int, spread: float, noise: float) -> Callable[[], stats.Clustered]:
    random = np.random.default_rng(7)
    return lambda: instances(random, count, 30, spread=spread, noise=noise)


def of_rounds(p: float, rounds: int, likeness: float) -> Callable[[], stats.Clustered]:
    random = np.random.default_rng(7)
    return lambda: one_instance(alike(random, rounds, likeness, 0.15), p)


def alike_instances() -> list[Row]:
    """Instances and requests that differ as a lognormal distribution does."""
    return [
        (
            [str(count), f"{spread:.0%}", f"{noise:.0%}"],
            p,
            truth(p, spread, noise),
            of_instances(count, spread, noise),
        )
        for p, count, spread, noise in SETTINGS
    ]


def alike_rounds() -> list[Row]:
    """One instance whose requests resemble the one before."""
    return [
        ([str(n), str(likeness)], p, truth(p, 0, 0.15), of_rounds(p, n, likeness))
        for p, n, likeness in ROUNDS
    ]


def kinds() -> list[Row]:
    """Instances of two kinds, or with a heavy tail."""
    return [
        ([str(count), they, requests], p, of_population(p, each, between), of_kinds(count, between, each))
        for they, between, requests, each, of in KINDS
        for p, count in of
    ]


TABLES: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "instances": ("instances | they differ by | requests differ by", alike_instances),
    "rounds": ("rounds | correlation", alike_rounds),
    "kinds": ("instances | they are | requests are", kinds),
}


def courses(runs: int) -> None:
    """One instance with spikes in clusters, or of two speeds: what an interval says of the time that was measured.

    Of a time much longer, an interval holds the quantile less often, above all if the run saw no spike.
    """
    print(
        "| quantile | one instance | rounds | as if independent | bootstrap | here | given | of a longer time "
        "| if seen |"
    )
    print("| --- | --- |" + " ---: |" * 7)
    for name, course, rounds in COURSES:
        for p in (0.5, 0.95):
            random, drawing = np.random.default_rng(8), np.random.default_rng(7)
            held: dict[str, list[bool]] = {
                column: [] for column in ("alone", "bootstrap", "here", "longer", "seen")
            }
            for _ in range(runs):
                levels, logs = course.drawn(drawing, rounds)
                data, now = one_instance(logs, p), course.quantile(p, float(np.mean(levels > 0)))
                held["alone"].append(holds(stats.independent_interval(data.values, p), now))
                held["bootstrap"].append(holds(percentile_bootstrap(data, p, random), now))
                if ours := stats.clustered_interval(data, p):
                    held["here"].append(holds(ours, now))
                    held["longer"].append(holds(ours, course.quantile(p, course.share)))
                    held["seen"] += held["longer"][-1:] if levels.any() else []
            shares = {column: f"{np.mean(of):.0%}" if of else "-" for column, of in held.items()}
            given = f"{len(held['here']) / runs:.0%}"
            cells = [
                f"p{p * 100:.0f}",
                name,
                f"{rounds:,}",
                *list(shares.values())[:3],
                given,
                *list(shares.values())[3:],
            ]
            print(f"| {' | '.join(cells)} |", flush=True)


def main(runs: int, names: list[str]) -> None:
    for name in names or [*TABLES, "courses"]:
        if name == "courses":
            courses(runs)
        else:
            first, rows = TABLES[name]
            table(first, runs, rows())
        print()


app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def tables(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"of {', '.join(TABLES)}, courses; all without a word")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="simulated runs of each line")] = 800,
) -> None:
    """Print the tables of coverage in docs/compare.md."""
    if unknown := [name for name in names or () if name not in [*TABLES, "courses"]]:
        raise typer.BadParameter(f"there is no table {', '.join(unknown)}")
    main(runs, names or [])


if __name__ == "__main__":
    app()
