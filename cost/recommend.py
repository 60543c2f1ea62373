"""Says in one sentence which of several options to take, and why."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol, TypeVar

from cost import words
from cost.bill import Bill
from cost.simulation.result import Estimate, Result, quantile

SAME_DOLLARS, SAME_BILL = Decimal("0.50"), Decimal("1.05")
SAME_WAIT = 1.2
RULE = (
    "recommended is the cheapest; bills within $0.50 or 5% of it count as equal, "
    "then the shortest mean answer decides, and where those are within 20% the price again"
)


class Choice(Protocol):
    """The figures that a recommendation depends on; see model.Option."""

    @property
    def title(self) -> str: ...
    @property
    def open(self) -> bool: ...
    @property
    def result(self) -> Result: ...
    @property
    def free(self) -> Bill: ...
    @property
    def latencies(self) -> dict[float, Estimate | None]: ...


One = TypeVar("One", bound=Choice)


def recommend(options: Sequence[Choice], limit_s: float | None, *, closed: bool) -> str:
    """Which to take, and why. limit_s: seconds that 95% of the requests stay within. closed: App Runner counts too."""
    eligible = [option for option in options if option.open or closed]
    if not eligible:
        return (
            "None of these takes new customers; if you have a service there already, add --existing-customer."
        )
    known = [option for option in eligible if option.free.priced]
    if not known:
        return "No recommendation: the prices of these regions are not known; give them with --prices FILE."
    best = pick(options, limit_s, closed=closed)
    if best is None and not any(map(_answers, known)):
        most = min(known, key=lambda option: option.result.refused.mean)
        return (
            "None of these answers all requests with the most instances allowed; "
            f"{most.title} {_refuses(most)}, {_month(most)} for those that it answers."
        )
    if best is None:
        cheapest = _best([option for option in known if _answers(option)])
        return (
            f"None of these keeps 95% of the requests within {limit_s:g} s as far as the figures tell; "
            f"the cheapest is {cheapest.title} at {_month(cheapest)}."
        )
    limit = "" if limit_s is None else f", 95% of the requests are answered within {limit_s:g} s"
    others = "; ".join(
        f"{choice.title}: {_month(choice)}, {_waits(choice)}" for choice in known if choice is not best
    )
    return f"Take {best.title}: {_month(best)}{limit}, {_waits(best)}" + (f" ({others})." if others else ".")


def pick(options: Sequence[One], limit_s: float | None, *, closed: bool) -> One | None:
    """The option to take; None if nothing can be recommended."""
    fast = [
        option
        for option in options
        if (option.open or closed)
        and option.free.priced
        and _answers(option)
        and (limit_s is None or _within(option, limit_s))
    ]
    return _best(fast) if fast else None


def _best(options: Sequence[One]) -> One:
    """The cheapest option. Of bills that hardly differ the fastest is taken, and of equally fast ones the cheapest."""
    least = min(option.free.estimate for option in options)
    close = [
        option for option in options if option.free.estimate <= max(least + SAME_DOLLARS, least * SAME_BILL)
    ]
    shortest = min(option.result.mean_latency for option in close)
    fast = [option for option in close if option.result.mean_latency <= shortest * SAME_WAIT]
    return min(fast, key=lambda option: option.free.estimate)


def _within(option: Choice, limit_s: float) -> bool:
    latency = option.latencies[0.95]
    return latency is not None and latency.high <= limit_s and option.result.refused.mean == 0


def _answers(option: Choice) -> bool:
    """Whether all requests are answered, but for some in the rarest of rushes; what is refused costs nothing."""
    return option.result.refused.mean < words.RARE


def _refuses(option: Choice) -> str:
    return f"refuses {words.share(option.result.refused.mean)} of the requests"


def _month(option: Choice) -> str:
    bill = option.free
    least = "at least " if bill.at_least else ""
    more = f" and {words.money(float(bill.unsure))} at prices not confirmed" if bill.unsure else ""
    return f"{least}{words.money(float(bill.total))} a month{more}"


def _waits(option: Choice) -> str:
    if not _answers(option):
        return _refuses(option)
    share = option.result.waiting.mean
    if share < words.RARE:
        return words.one_in(share)
    start = quantile(option.result.system.timing.starts, 0.5)
    return f"{words.one_in(share)} of about {words.seconds(start)}"
