"""What `python -m cost advise --front` does: candidates, a search that shows its progress, and its result."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

import terminal
from commandline import INTERRUPTED, UserError, printable
from cost.advise import CLOSED
from cost.candidates import Question
from cost.front import data, text, times
from cost.front.search import WAITS, Point, Progress, search
from cost.model import Candidate
from cost.simulation.arrivals import Arrivals
from cost.simulation.timing import Measurements
from cost.traffic import Traffic
from platforms import TITLES
from platforms.prices import Prices

FIELDS = {
    "memory": "memory_mb",
    "vcpu": "vcpu",
    "concurrency": "concurrency",
    "minimum": "minimum",
    "door": "door",
    "arm64": "architecture",
    "billing": "billing",
    "snapstart": "snapstart",
}
"""Question's fields by the options that choose them: a given one is not varied."""
ALONE = ("by", "budget", "least_memory")
"""Options that say something of the front only."""


@dataclass(frozen=True)
class Asked:
    """What a user asks of a front; see the options of the same names. UserError for what makes no sense."""

    by: str
    limit_s: float | None
    budget: float | None
    least_mb: int
    chosen: frozenset[str]
    closed: bool
    replications: int | None
    seed: int

    def __post_init__(self) -> None:
        if self.by not in WAITS:
            raise UserError(f"--by {self.by!r} is no wait; it is {', '.join(WAITS)}")
        if self.budget is not None and not 0 <= self.budget < float("inf"):
            raise UserError(f"--budget {self.budget:g}: it is 0 dollars a month or more")
        if self.least_mb < 1:
            raise UserError(f"--least-memory {self.least_mb}: it is 1 MB or more")


def chosen(context: typer.Context) -> frozenset[str]:
    """Question's fields that a command line gives, which are not varied."""
    return frozenset(field for option, field in FIELDS.items() if _is_given(context, option))


def check(context: typer.Context, *, front: bool) -> None:
    """UserError if an option is given that says something of the front only, and no front is asked for."""
    for option in ALONE:
        if not front and _is_given(context, option):
            raise UserError(f"--{option.replace('_', '-')} says something of the front: it goes with --front")


def answer(
    question: Question, traffic: Traffic, prices: Prices, measurements: Measurements | None, asked: Asked
) -> dict[str, Any]:
    """The front for this traffic, as JSON values; UserError if there is nothing to choose from."""
    shut = [name for name in question.platforms if name in CLOSED and not asked.closed]
    every, notes = times.candidates(
        question, prices, measurements, chosen=asked.chosen, least_mb=asked.least_mb
    )
    every = [candidate for candidate in every if candidate[0].setup.platform not in shut]
    if not every:
        why = "sold with what was asked, takes new customers and answers in time"
        raise UserError(f"there is no set-up to choose from: none is {why}")
    points = _searched(traffic.arrivals, every, prices, asked)
    left_out = [
        f"{TITLES[name]} takes no new customers and is left out: see --existing-customer" for name in shut
    ]
    return data.of_search(
        traffic.arrivals,
        points,
        asked.by,
        considered=len(every),
        limit_s=asked.limit_s,
        budget=asked.budget,
        notes=[*traffic.notes, *notes, *left_out],
    )


def show(values: dict[str, Any], page: Path | None, *, as_json: bool, chart: bool) -> None:
    """Print a front, and write its page if there is to be one."""
    if page:
        from cost.front import html  # noqa: PLC0415 -- templates take a moment to load

        html.write(values, page)
    if as_json:
        print(json.dumps(values))
        return
    text.front(values, terminal.console(), chart=chart)
    if page:
        print(printable(f"\n{page} has the chart with a name at each mark, and every bill's line items."))


def _searched(
    arrivals: Arrivals, every: Sequence[tuple[Candidate, bool]], prices: Prices, asked: Asked
) -> list[Point]:
    """The points of all set-ups; UserError if the user interrupts the search."""
    progress = _progress()
    try:
        return search(
            arrivals,
            every,
            prices,
            asked.by,
            replications=asked.replications,
            seed=asked.seed,
            progress=progress,
        )
    except KeyboardInterrupt:
        if progress:
            progress(1, 1)
        raise UserError("interrupted before all set-ups were simulated", status=INTERRUPTED) from None


def _is_given(context: typer.Context, option: str) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")


def _progress() -> Progress | None:
    """How far the search is, on one line of a terminal; nothing if standard error is none."""
    if not sys.stderr.isatty():
        return None

    def show_progress(done: int, of: int) -> None:
        sys.stderr.write("\r\x1b[K" + (f"simulated {done / of:.0%} of the set-ups" if done < of else ""))
        sys.stderr.flush()

    return show_progress
