"""Advice and bills as plain JSON values. The other renderings see only these."""

from decimal import Decimal
from typing import Any

from cost.advise import VOLUMES
from cost.bill import Bill, Line
from cost.break_even import Change
from cost.model import Advice, Option
from cost.simulation.result import Estimate

FORMAT = 1
STEP = 10 ** (-1 / 50)


def of_advice(advice: Advice) -> dict[str, Any]:
    """The whole advice; docs/cost.md describes each field."""
    return {
        "format": FORMAT,
        "traffic": advice.traffic,
        "monthly": round(advice.monthly),
        "recommendation": advice.recommendation,
        "notes": list(advice.notes),
        "options": [_option(option) for option in advice.options],
        "changes": [_change(change) for change in advice.changes],
        "changes_all": [_change(change) for change in advice.changes_all],
        "table": [
            {
                "requests": int(volume),
                "dollars": {option.name: _at(advice, option, volume) for option in advice.options},
            }
            for volume in VOLUMES
        ],
        "curves": {
            name: [[float(volume), _round(dollars)] for volume, dollars in curve.points]
            for name, curve in advice.curves.items()
        },
    }


def of_bill(bill: Bill) -> dict[str, Any]:
    """One bill. Amounts are in dollars, null if a price is unknown; quantities and unit prices are exact, as text."""
    return {
        "platform": bill.setup.platform,
        "title": bill.setup.title,
        "region": bill.setup.region,
        "free_tier": bill.free_tier,
        "lines": [_line(line) for line in bill.lines if line.quantity],
        "total": _round(bill.total),
        "at_least": bill.at_least,
        "unsure": _round(bill.unsure),
    }


def _at(advice: Advice, option: Option, volume: Decimal) -> float | None:
    """An option's bill at a volume, None if its prices are not known."""
    return _round(advice.curves[option.name].at(volume)) if option.name in advice.curves else None


def _option(option: Option) -> dict[str, Any]:
    result, setup = option.result, option.candidate.setup
    return {
        "name": option.name,
        "title": option.title,
        "platform": setup.platform,
        "region": setup.region,
        "memory_mb": setup.memory_mb,
        "vcpu": _exact(round(setup.vcpu, 2)),
        "open": option.open,
        "basis": option.candidate.timing.basis,
        "network": option.candidate.timing.network,
        "waiting": _estimate(result.waiting),
        "cold": _estimate(result.cold),
        "refused": _estimate(result.refused),
        "latency": {f"p{share * 100:g}": _maybe(estimate) for share, estimate in option.latencies.items()},
        "slower": _thinned(result.slower()),
        "dollars": _estimate(option.dollars),
        "list_dollars": _estimate(option.list_dollars),
        "free": of_bill(option.free),
        "list_price": of_bill(option.list_price),
        "months": len(result.months),
        "seconds": result.seconds,
        "simulated": result.simulated,
    }


def _thinned(points: list[tuple[float, float]]) -> list[list[float]]:
    """Points of a falling curve, without those that move it by less than a fiftieth of a decade."""
    kept: list[list[float]] = []
    last = float("inf")
    for place, (seconds, share) in enumerate(points):
        if place in (0, len(points) - 1) or share <= 0 or share < last * STEP:
            kept.append([_digits(seconds), _digits(share)])
            last = share
    return kept


def _line(line: Line) -> dict[str, Any]:
    price = line.price
    return {
        "name": line.name,
        "quantity": _exact(line.quantity),
        "unit": price.unit,
        "free": _exact(line.free),
        "free_condition": price.free_condition,
        "prices": [{"from": _exact(start), "dollars": _exact(rate)} for start, rate in price.tiers],
        "per": _exact(price.per),
        "amount": None if line.amount is None else _round(line.amount),
        "confirmed": price.confirmed,
        "source": price.source,
        "read": price.read,
        "note": price.note,
    }


def _change(change: Change) -> dict[str, Any]:
    return {"requests": round(change.volume), "before": change.before, "after": change.after}


def _maybe(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else _estimate(estimate)


def _estimate(estimate: Estimate) -> dict[str, float]:
    return {"mean": _digits(estimate.mean), "low": _digits(estimate.low), "high": _digits(estimate.high)}


def _digits(value: float) -> float:
    return float(f"{value:.6g}")


def _round(dollars: Decimal) -> float:
    return float(round(dollars, 6))


def _exact(value: Decimal) -> str:
    """A decimal without an exponent and without needless zeros."""
    text = f"{round(value, 10):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
