"""`python -m tests.compare.coverage` prints the table of docs/compare.md: how often intervals hold the truth."""

import argparse

import numpy as np

from compare import stats
from tests.compare.simulated import instances, truth

SETTINGS = [
    (p, count, spread, noise)
    for p, count in ((0.5, 10), (0.5, 30), (0.95, 30), (0.95, 60))
    for spread, noise in ((0.1, 0.05), (0.1, 0.1), (0.1, 0.2), (0.02, 0.3))
]


def percentile_bootstrap(data: stats.Clustered, p: float, random: np.random.Generator) -> stats.Interval:
    """The cluster bootstrap as it is usually done: the quantiles of the quantiles of whole clusters drawn again."""
    drawn = random.multinomial(data.count, np.full(data.count, 1 / data.count), size=400)
    low, high = np.quantile(stats._bootstrapped(data, p, drawn), [0.025, 0.975])
    return stats.Interval(float(low), float(high))


def main(runs: int) -> None:
    print(
        "| quantile | instances | they differ by | requests differ by | as if independent | bootstrap | here | given |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for p, count, spread, noise in SETTINGS:
        random = np.random.default_rng(7)
        value = truth(p, spread, noise)
        hits = {"alone": 0, "bootstrap": 0, "here": 0}
        given = 0
        for _ in range(runs):
            data = instances(random, count, 30, spread=spread, noise=noise)
            alone, ours = stats.independent_interval(data.values, p), stats.clustered_interval(data, p)
            boot = percentile_bootstrap(data, p, random)
            given += ours is not None
            for name, found in (("alone", alone), ("bootstrap", boot), ("here", ours)):
                hits[name] += found is not None and found.low <= value <= found.high
        here = f"{hits['here'] / given:.0%}" if given >= runs / 20 else "-"
        cells = [
            f"p{p * 100:.0f}",
            str(count),
            f"{spread:.0%}",
            f"{noise:.0%}",
            f"{hits['alone'] / runs:.0%}",
        ]
        cells += [f"{hits['bootstrap'] / runs:.0%}", here, f"{given / runs:.0%}"]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=800)
    main(parser.parse_args().runs)
