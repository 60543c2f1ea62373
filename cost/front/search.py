"""Deployments and traffic into points: what each costs a month, and how long its callers wait.

All are simulated with few requests first. Those that another beats clearly in bill and wait keep these figures, and
are drawn but never chosen; the others are simulated with as many requests as `advise` takes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from cost.bill import Bill, bill
from cost.front.words import title
from cost.model import Candidate
from cost.setup import Setup
from cost.simulation.arrivals import Arrivals
from cost.simulation.result import Result
from cost.simulation.simulate import BUDGET, simulate
from cost.simulation.system import system
from platforms.prices import Prices

WAITS = {"p50": 0.5, "p95": 0.95, "starts": None}
"""What counts as wait: a quantile of the answers, or the share of the requests that wait for a start."""
FEW = 60_000
"""Requests to simulate at first."""
CLEARLY, CENT = 1.1, 0.01
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Point:
    """One deployment's figures, each of which 39 of 40 simulated months keep.

    dollars: the average month's bill with the free tier, unconfirmed prices as if they were right. waits: by the names
    of WAITS, seconds or a share; None if the figures do not support it. most: instances at once. measured: whether its
    times were measured at this very deployment, not computed from those of another. beaten: whether another beats it
    clearly, so that its figures are of few requests.
    """

    candidate: Candidate
    measured: bool
    dollars: float
    waits: Mapping[str, float | None]
    most: int
    refused: float
    bill: Bill
    beaten: bool = False

    @property
    def setup(self) -> Setup:
        return self.candidate.setup

    @property
    def title(self) -> str:
        return title(self.setup)


def search(  # noqa: PLR0913 -- each is one choice of the caller
    arrivals: Arrivals,
    candidates: Sequence[tuple[Candidate, bool]],
    prices: Prices,
    by: str,
    *,
    replications: int | None = None,
    seed: int = 0,
    budget: int = BUDGET,
    progress: Progress | None = None,
) -> list[Point]:
    """The points of all candidates, in their order.

    candidates: each with whether its times were measured. by: one of WAITS. progress gets the number of simulations
    that are done, and the number of all.
    """
    groups: dict[Candidate | Setup, list[tuple[Candidate, bool]]] = {}
    for candidate in candidates:
        groups.setdefault(_simulated_as(candidate[0].setup), []).append(candidate)
    done, points = 0, list[Point]()

    def simulated(group: Sequence[tuple[Candidate, bool]], most: int) -> list[Point]:
        nonlocal done
        first = group[0][0]
        results = simulate(
            arrivals,
            {"one": system(first.setup, first.timing, prices)},
            replications=replications,
            seed=seed,
            budget=most,
        )
        done += 1
        if progress:
            progress(done, 2 * len(groups))
        return [_point(candidate, measured, results["one"], prices) for candidate, measured in group]

    rough = {key: simulated(group, min(FEW, budget)) for key, group in groups.items()}
    every = [point for of_group in rough.values() for point in of_group]
    for key, group in groups.items():
        beaten = [beaten_clearly(point, every, by) for point in rough[key]]
        if all(beaten) or budget <= FEW:
            done += 1
            points_of_group = rough[key]
        else:
            points_of_group = simulated(group, budget)
        points += [replace(point, beaten=far) for point, far in zip(points_of_group, beaten, strict=True)]
    if progress:
        progress(1, 1)
    order = {id(candidate[0]): place for place, candidate in enumerate(candidates)}
    return sorted(points, key=lambda point: order[id(point.candidate)])


def beaten_clearly(point: Point, points: Sequence[Point], by: str) -> bool:
    """Whether another point is so much cheaper and waits so much less that chance does not explain it.

    It waits less both by the front's own measure and by p95, for which a limit may be given.
    """
    return any(
        not other.refused
        and other.bill.priced
        and other.dollars * CLEARLY + CENT <= point.dollars
        and all(_clearly_less(other.waits[name], point.waits[name]) for name in (by, "p95"))
        for other in points
    )


def _clearly_less(value: float | None, other: float | None) -> bool:
    return value is not None and other is not None and value * CLEARLY <= other


def _simulated_as(setup: Setup) -> Setup:
    """The settings on which a simulation depends: all but the door of a function and the way of billing instances."""
    return replace(setup, door="http-api", billing="request")


def _point(candidate: Candidate, measured: bool, result: Result, prices: Prices) -> Point:  # noqa: FBT001 -- in pairs
    month = bill(candidate.setup, result.usage, prices, free_tier=True)
    waits: dict[str, float | None] = {}
    for name, share in WAITS.items():
        figure = result.waiting if share is None else result.latency(share)
        waits[name] = None if figure is None else figure.high
    return Point(
        candidate=candidate,
        measured=measured,
        dollars=float(month.estimate),
        waits=waits,
        most=result.most,
        refused=result.refused.mean,
        bill=month,
    )
