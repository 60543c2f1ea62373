"""What `bill` and `advise` do, once their options are understood: bills computed and printed, advice printed."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import terminal
from commandline import UserError, printable
from cost import own_prices
from cost.advise import advise
from cost.bill import Usage, bill
from cost.candidates import Question, assumptions, candidates
from cost.report import data, text
from cost.setup import Setup
from cost.simulation import timing, volumes
from cost.simulation.arrivals import MOST_MONTHLY
from cost.simulation.system import system
from cost.simulation.timing import Measurements
from cost.traffic import Traffic
from platforms.prices import Prices
from runs.sample import Connection

_FREE_NOTE = "Free tiers are taken whole; anything else in the same account uses them up as well."
_BILL_NOTE = (
    "Starts and overlaps are what is expected of requests at random, with published starts and idle times."
)
_COLD_NOTE = "Starts are as asked, overlaps what is expected of requests at random."


def bills(
    requests: int, cold_share: float | None, question: Question, price_file: Path | None, *, as_json: bool
) -> None:
    """Print the bills of `requests` a month, each with the free tiers and without them.

    `cold_share` of the requests start an instance, None for as many as are expected.
    """
    if not 0 <= requests <= MOST_MONTHLY:
        raise UserError(f"{requests} requests a month? It is 0 or more, {MOST_MONTHLY:,} at most")
    if cold_share is not None and not 0 <= cold_share <= 1:
        raise UserError(f"--cold-share {cold_share:g} is no share; it is from 0 to 1")
    known = prices(price_file)
    usages = [_usage(question, name, known, requests, cold_share) for name in question.platforms]
    pairs = [
        (
            data.of_bill(bill(setup, usage, known, free_tier=True)),
            data.of_bill(bill(setup, usage, known, free_tier=False)),
        )
        for setup, usage in usages
    ]
    notes = [
        *assumptions(question, [setup for setup, _ in usages]),
        _BILL_NOTE if cold_share is None else _COLD_NOTE,
    ]
    if as_json:
        listed = [each for pair in pairs for each in pair]
        print(json.dumps({"requests": requests, "bills": listed, "notes": notes}))
        return
    text.bills(pairs, [*notes, _FREE_NOTE], terminal.console())


def advice(
    question: Question,
    asked: Traffic,
    known: Prices,
    measured: Measurements | None,
    **choices: Any,
) -> dict[str, Any]:
    """Advice as JSON values. choices: as in cost.advise.advise."""
    offered, notes = candidates(question, known, measured)
    return data.of_advice(advise(asked.arrivals, offered, known, notes=[*asked.notes, *notes], **choices))


def measurements(run: Path | None, connection: Connection) -> Measurements | None:
    """What was measured in a run; None if none is given."""
    return timing.read(run, connection) if run else None


def show(report: Mapping[str, Any], page: Path | None, *, chart: bool, as_json: bool) -> None:
    """Print advice, as text or JSON, and write it to `page` if there is one."""
    if page:
        from cost.report import html  # noqa: PLC0415 -- templates take a moment to load

        html.write(report, page)
    if as_json:
        print(json.dumps(report))
        return
    text.advice(report, terminal.console(), chart=chart)
    if page:
        print(printable(f"\n{page} has the charts and every bill's line items."))


def prices(path: Path | None) -> Prices:
    """The prices shipped, with those of a user's file; a warning on standard error if they are over a year old."""
    known = own_prices.load(path)
    if warning := known.stale(datetime.now(UTC).date()):
        print(printable(f"cost: {warning}"), file=sys.stderr)
    return known


def _usage(
    question: Question, name: str, prices: Prices, requests: int, cold_share: float | None
) -> tuple[Setup, Usage]:
    """A platform's deployment and what is expected of it."""
    deployed = question.setup(name, prices)
    deployment = system(deployed, question.timing(deployed, None), prices)
    expected = volumes.usage(deployment, requests)
    return deployed, expected if cold_share is None else volumes.with_starts(deployment, expected, cold_share)
