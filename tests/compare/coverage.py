"""`python -m tests.compare.coverage` prints the tables of docs/compare.md: how often intervals hold the truth."""

import argparse
from collections.abc import Callable

import numpy as np

from compare import ratios, stats
from tests.compare.simulated import alike, instances, one_instance, truth

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


def percentile_bootstrap(data: stats.Clustered, p: float, random: np.random.Generator) -> stats.Interval:
    """The cluster bootstrap as it is usually done: the quantiles of the quantiles of whole clusters drawn again."""
    drawn = random.multinomial(data.count, np.full(data.count, 1 / data.count), size=400)
    low, high = np.quantile(ratios._bootstrapped(data, p, drawn), [0.025, 0.975])
    return stats.Interval(float(low), float(high))


def table(
    first: str, runs: int, rows: list[tuple[list[str], float, float, Callable[[], stats.Clustered]]]
) -> None:
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


def main(runs: int) -> None:
    table(
        "instances | they differ by | requests differ by",
        runs,
        [
            (
                [str(count), f"{spread:.0%}", f"{noise:.0%}"],
                p,
                truth(p, spread, noise),
                of_instances(count, spread, noise),
            )
            for p, count, spread, noise in SETTINGS
        ],
    )
    print()
    table(
        "rounds | correlation",
        runs,
        [
            ([str(n), str(likeness)], p, truth(p, 0, 0.15), of_rounds(p, n, likeness))
            for p, n, likeness in ROUNDS
        ],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=800)
    main(parser.parse_args().runs)
