"""The parts of an advice: the deployments considered, the figures of each, and the conclusions."""

from dataclasses import dataclass

from cost.bill import Bill
from cost.break_even import Change, Curve
from cost.setup import Setup
from cost.simulation.result import Estimate, Result
from cost.simulation.timing import Timing


@dataclass(frozen=True)
class Candidate:
    """One deployment to consider, with the times of its requests and starts."""

    setup: Setup
    timing: Timing


@dataclass(frozen=True)
class Option:
    """One candidate's figures. latencies: seconds by quantile, None if the samples do not support one.

    dollars, list_dollars: the total of a month's bill with the free tier and without, over the simulated months. free,
    list_price: the average month's bill with the free tier and without. open: whether new customers can have it.
    """

    name: str
    candidate: Candidate
    result: Result
    latencies: dict[float, Estimate | None]
    dollars: Estimate
    list_dollars: Estimate
    free: Bill
    list_price: Bill
    open: bool

    @property
    def title(self) -> str:
        return self.candidate.setup.title


@dataclass(frozen=True)
class Advice:
    """Everything a report says. monthly: requests a month. curves: with the free tier, of options with known prices.

    changes: where the cheapest platform changes, among those open to new customers; changes_all: among all.
    """

    traffic: str
    monthly: float
    options: tuple[Option, ...]
    curves: dict[str, Curve]
    changes: tuple[Change, ...]
    changes_all: tuple[Change, ...]
    recommendation: str
    notes: tuple[str, ...]
