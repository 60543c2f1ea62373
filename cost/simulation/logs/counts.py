"""A table of requests a minute, as a data warehouse counts them, into arrivals: for logs larger than a machine."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from commandline import UserError
from cost import words
from cost.simulation.arrivals import DAY_S, Floats, per_hour
from cost.simulation.logs import documents, files, names, notes, tables, times
from cost.simulation.logs.log import DAYS, Log
from cost.simulation.logs.outliers import inliers
from cost.simulation.logs.replay import Replay
from cost.simulation.logs.shown import LONGEST, shown

COUNTS = ("requests", "count", "counts", "n", "cnt", "hits", "total", "calls", "invocations")
BYTES = ("bytes", "responsebytes", "sent")
SECONDS = ("seconds", "handlings", "handlingseconds")
STEP_S = 60.0
EXAMPLE = "minute,requests and 2026-11-02 10:30:00,120"
MOST_BINS = 10_000_000

Row = Mapping[str, Any]


def read(path: str | Path) -> Log:
    """The counts in a file of CSV or JSON; "-" is standard input.

    A row has the time at which a minute (or another stretch, always the same) begins, and how many requests came in it;
    it may have the bytes of their responses and their seconds of handling, both summed. A minute without a row had no
    request. UserError for what cannot be read.
    """
    (source, *more) = files.sources([path])
    if more:
        raise UserError(f"{shown(str(path))} is a folder: --counts takes one file")
    counts, sums, unread = _summed(_rows(files.blocks(source)))
    begins = np.array(sorted(counts))
    low, high = inliers(begins)
    begins = begins[low:high]
    if not len(begins) or not sum(counts.values()):
        raise UserError(
            f"{source.name} has no counts: it needs a column of times and one of whole numbers, such as {EXAMPLE}"
        )
    step = _step(begins)
    many = np.array([counts[begin] for begin in begins.tolist()], np.int64)
    span = float(begins[-1] - begins[0]) + step
    arrivals = Replay(
        begins - begins[0],
        span,
        _description(source.name, int(many.sum()), span, step),
        days=span >= DAYS * DAY_S,
        resolution=step,
        counts=many,
    )
    kb, seconds = (sums[part] / int(many.sum()) if part in sums else None for part in ("bytes", "seconds"))
    response_kb = None if kb is None else kb / 1024
    handling = np.empty(0) if seconds is None else np.array([seconds])
    said = [
        *(
            [f"rows without a time or a whole number: {len(unread):,} not counted, such as {unread[0]}"]
            if unread
            else []
        ),
        *notes.far(np.array(sorted(counts))[:low], np.array(sorted(counts))[high:]),
        *notes.short(int(many.sum()), span),
        *notes.taken(response_kb, handling),
    ]
    return Log(
        arrivals, int(many.sum()), response_kb, handling, tuple(f"the counts: {note}" for note in said)
    )


def _step(begins: Floats) -> float:
    """Seconds that a row stands for: the longest step that divides all gaps between rows; a minute for a single row."""
    apart = np.diff(begins).astype(np.int64)
    return float(max(1, np.gcd.reduce(apart))) if len(apart) else STEP_S


def _rows(blocks: Iterator[list[bytes]]) -> Iterator[Row]:
    head, whole = tables.peeked(blocks)
    parted_by = tables.delimiter(head)
    return tables.rows(whole, parted_by) if parted_by else documents.records(whole)


def _summed(rows: Iterable[Row]) -> tuple[dict[float, int], dict[str, float], list[str]]:
    """Requests by the time at which their minute begins, sums of bytes and seconds, and rows that say neither."""
    counts: dict[float, int] = defaultdict(int)
    sums: dict[str, float] = {}
    unread: list[str] = []
    for row in rows:
        when = next((time for value in row.values() if (time := times.of_value(value)) is not None), None)
        count = _count(row)
        if when is None or count is None:
            unread.append(shown(", ".join(map(str, row.values())), LONGEST))
            continue
        counts[when] += count
        for part, called in (("bytes", BYTES), ("seconds", SECONDS)):
            if (value := _number(_named(row, called))) is not None:
                sums[part] = sums.get(part, 0.0) + value
    return counts, sums, unread


def _count(row: Row) -> int | None:
    """The number of requests: of the column that is called so, or else the only whole number."""
    number = _number(_named(row, COUNTS))
    if number is None:
        others = [
            amount
            for value in row.values()
            if times.of_value(value) is None and (amount := _number(value)) is not None
        ]
        number = others[0] if len(others) == 1 else None
    return int(number) if number is not None and number >= 0 and number == int(number) else None


def _named(row: Row, called: Sequence[str]) -> Any:
    return next((value for name, value in row.items() if names.plain(name) in called), None)


def _number(value: Any) -> float | None:
    try:
        number = float(str(value).replace(",", ""))
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _description(name: str, requests: int, span: float, step: float) -> str:
    how = "its days in random order" if span >= DAYS * DAY_S else "repeated"
    rate = per_hour(requests / span)
    return (
        f"{name}, {requests:,} requests in {words.duration(span)} ({rate}), counted every {step:g} s, {how}"
    )
