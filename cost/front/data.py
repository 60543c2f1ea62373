"""A search's points into plain JSON values, which are all that the terminal and the page see."""

from collections.abc import Sequence
from typing import Any

from cost.front.choose import SHORTER, Pick, chosen_from, front, pick, usable
from cost.front.lines import config, lines
from cost.front.search import Point
from cost.report.data import of_bill
from cost.simulation.arrivals import MONTH, Arrivals
from platforms import TITLES, calls_a_function

FORMAT = 1
MORE = "measure more answers and starts, or ask for another wait with --by"


def of_search(
    arrivals: Arrivals,
    points: Sequence[Point],
    by: str,
    *,
    considered: int,
    limit_s: float | None = None,
    budget: float | None = None,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The front, with every other point for the chart; docs/cost.md describes each field.

    considered: the number of deployments, with those that another beats clearly.
    """
    able = usable(points, by)
    best = front(chosen_from(able), by)
    choice = (
        pick(able, by, limit_s=limit_s, budget=budget) if limit_s is not None or budget is not None else None
    )
    rate = arrivals.rate * max(arrivals.profile)
    return {
        "format": FORMAT,
        "traffic": arrivals.description,
        "monthly": round(arrivals.rate * MONTH),
        "by": by,
        "considered": considered,
        "front": [_point(point, rate) for point in best],
        "others": [_point(point, rate) for point in able if point not in best],
        "pick": None if choice is None else _pick(choice, rate),
        "notes": [*notes, *_notes(points, able, best, by)],
    }


def _point(point: Point, rate: float) -> dict[str, Any]:
    setup = point.setup
    keys = config(setup, point.most, rate)
    return {
        "title": point.title,
        "platform": setup.platform,
        "region": setup.region,
        "dollars": round(point.dollars, 6),
        "waits": {
            name: None if value is None else float(f"{value:.6g}") for name, value in point.waits.items()
        },
        "network": point.candidate.timing.network,
        "measured": point.measured,
        "config": keys,
        "lines": lines(setup.platform, keys),
        "bill": of_bill(point.bill),
    }


def _pick(choice: Pick, rate: float) -> dict[str, Any]:
    return {
        "sentence": choice.sentence,
        "best": None if choice.best is None else _point(choice.best, rate),
        "runner_up": None if choice.runner_up is None else _point(choice.runner_up, rate),
    }


def _notes(points: Sequence[Point], able: Sequence[Point], best: Sequence[Point], by: str) -> list[str]:
    notes: list[str] = []
    unpriced = sum(not point.bill.priced for point in points)
    if unpriced:
        notes.append(
            f"{unpriced} set-ups are left out, whose prices are not known there: give them with --prices"
        )
    unknown = sum(point.waits[by] is None for point in points)
    if unknown:
        notes.append(f"{unknown} set-ups are left out, of which the figures do not support a {by}: {MORE}")
    refusing = sum(point.refused > 0 for point in points)
    if refusing:
        notes.append(
            f"{refusing} set-ups are left out, which turn requests away at the most instances allowed"
        )
    if any(calls_a_function(point.setup.platform) and point.setup.door == "function-url" for point in best):
        notes.append(
            "a function URL costs nothing a request and throttles nothing: whoever finds it spends your money, and "
            "maxInstances bounds it"
        )
    if any(point.setup.architecture == "arm64" for point in best):
        notes.append("an arm64 CPU is taken to be as fast as an x86 one: measure yours")
    unsure = sorted({TITLES[point.setup.platform] for point in best if point.bill.unsure})
    if unsure:
        notes.append(f"prices that are not confirmed count as if they were right: {', '.join(unsure)}")
    shown = {point.candidate.timing.basis: TITLES[point.setup.platform] for point in best}
    notes += [f"{title}: {basis}" for basis, title in shown.items()]
    if able and not all(point.candidate.timing.network for point in able):
        notes.append(
            "latencies from published starts are without the network and the gateway: a caller waits longer"
        )
    notes.append(
        "bills are those of an average month with the free tier, waits what 39 of 40 simulated months keep; "
        f"compared to a cent and to {1 - SHORTER:.0%} of the wait"
    )
    return notes
