"""Settings whose truth is known, for the tables of verdicts in docs/compare.md."""

from dataclasses import dataclass

from tests.compare.coverage import Logs, spikes, two_speeds
from tests.compare.drifts import common, day, hour, neighbour, of_kinds, release, resembling, route, still


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

TABLES = {"medians": [*LINES, *MERGED], "tails": TAILS}
