"""Sentences that tell a reader of the figures about the log behind them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from cost import words
from cost.simulation.arrivals import DAY_S, Floats
from cost.simulation.logs.request import Kind
from cost.simulation.logs.shown import LONGEST, shown
from cost.simulation.logs.tally import REPEATED, Tally

FEW = 100
SHOWN = 4
WHOLE_MS = 0.01
"""Seconds from which on milliseconds have no decimals."""
NOT_COUNTED = {
    Kind.LINE: "lines with a time that show no request (a method, a path or a status)",
    Kind.APP: "requests as the app logs them, beside the platform's own records of them",
    Kind.REQUEST: "requests as something else logs them, beside Lambda's own records of them",
}
UNDERSTOOD = (
    "a line needs a date and a time of day outside of quotation marks, a JSON record or a table a field such as time, "
    "timestamp or ts"
)


def left_out(tally: Tally, kind: Kind) -> Iterator[str]:
    """What is not counted, a sentence for each reason."""
    for reason, count in tally.left.most_common():
        yield f"{reason}: {count:,} left out"
    for lower in (other for other in Kind if other < kind):
        if count := len(tally.columns[lower].times):
            yield f"{NOT_COUNTED[lower]}: {count:,} left out"
    if kind is Kind.LINE:
        yield "no line shows a method, a path or a status, so each line with a time counts as a request"
    yield from _unread(tally)


def far(before: Floats, after: Floats) -> Iterator[str]:
    """The times that are left out because they are far from all others."""
    for times in (before, after):
        if len(times):
            some = ", ".join(dict.fromkeys(_moment(float(time)) for time in times[:3]))
            more = ", ..." if len(times) > 3 else ""  # noqa: PLR2004 -- as many as are shown
            yield f"requests at a time far from all others: {len(times):,} left out, {some}{more}"


def short(count: int, covered: float) -> Iterator[str]:
    """Sentences about the limits of a log that is short or has few requests."""
    if covered < DAY_S:
        yield (
            f"it covers only {words.duration(covered)}, which a month is taken to repeat: some weeks would show days, "
            "nights and weekends"
        )
    if count < FEW:
        yield f"of {count} requests the rate is known within about {2 / count**0.5:.0%}"


def taken(response_kb: float | None, handling: Floats) -> Iterator[str]:
    """Sentences about values from the log that replace options."""
    if response_kb is not None:
        yield f"a response has {response_kb:,.3g} KB on average"
    if len(handling):
        late = float(np.quantile(handling, 0.95))
        yield f"a request takes {_lasts(float(handling.mean()))} on average there, 95% of them {_lasts(late)} at most"


def refusal(name: str, counted: Floats, tally: Tally, broken: Sequence[str]) -> str:
    """Why a log has no rate: one line, and what was read in further lines."""
    if len(counted) > 1:
        what = f"{name} has {len(counted):,} requests within a second, which is no rate: a log of some days shows one"
    else:
        seen = "no request" if not len(counted) else "only one request"
        what = f"{name} has {seen} with a time, and a rate takes two: {UNDERSTOOD}"
    return "; ".join(
        [
            what,
            *broken,
            *(f"{reason}: {count:,} left out" for reason, count in tally.left.items()),
            *_unread(tally),
        ]
    )


def _unread(tally: Tally) -> Iterator[str]:
    for reason, count in tally.unread.most_common(SHOWN):
        if reason == REPEATED:
            yield f"{reason}: {count:,}, counted once"
        else:
            yield f"{reason}: {count:,} not counted, such as {shown(tally.examples[reason].strip(), LONGEST)}"
    if others := sum(count for _, count in tally.unread.most_common()[SHOWN:]):
        yield f"{others:,} more lines are not counted"


def _lasts(seconds: float) -> str:
    """A handling time; a short one has decimals of a millisecond."""
    return words.seconds(seconds) if seconds >= WHOLE_MS else f"{seconds * 1000:.2g} ms"


def _moment(time: float) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=time)
    return f"{moment:%Y-%m-%d %H:%M:%S}".zfill(19)
