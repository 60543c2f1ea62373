"""Reads logs of requests of any origin: when requests came, how large their responses were, and how long they took."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from commandline import UserError
from cost import words
from cost.simulation.arrivals import CHUNK, DAY_S, Floats, per_hour
from cost.simulation.logs import documents, files, notes, tables
from cost.simulation.logs.lines import Lines
from cost.simulation.logs.log import DAYS, Log
from cost.simulation.logs.outliers import inliers
from cost.simulation.logs.replay import Replay
from cost.simulation.logs.request import Kind
from cost.simulation.logs.tally import Tally

LEAST_S = 1.0
"""Seconds that a log has to cover: less is a burst, and no rate."""
RESOLUTIONS = (60.0, 1.0)
MOSTLY = 0.5


def read(paths: Sequence[str | Path], *, exclude: Sequence[str] = ()) -> Log:
    """The requests in files and folders; "-" is standard input. exclude: patterns of paths, such as "/static/*".

    A time without a zone counts as UTC. UserError for a log that cannot be read, or that has no rate.
    """
    tally = Tally(exclude)
    broken: list[str] = []
    sources = files.sources(paths)
    for source in sources:
        try:
            _read(files.blocks(source), tally)
        except files.DamagedError as error:
            broken.append(str(error))
    tally.finish()
    name = sources[0].name if len(sources) == 1 else f"{len(sources)} files"
    kind = max((kind for kind in Kind if tally.columns[kind].times), default=Kind.LINE)
    column = tally.columns[kind]
    times = np.frombuffer(column.times) if column.times else np.empty(0)
    times.sort()  # in place, as all that follows: a copy of ten million is 80 MB
    low, high = inliers(times)
    counted = times[low:high]
    if len(counted) < 2 or counted[-1] - counted[0] < LEAST_S:  # noqa: PLR2004 -- one time has no rate
        raise UserError(notes.refusal(name, counted, tally, broken))
    response_kb = column.sent / column.sized / 1024 if column.sized > MOSTLY * len(times) else None
    handling = column.seconds.values if column.seconds.count > MOSTLY * len(times) else np.empty(0)
    said = [
        *broken,
        *notes.left_out(tally, kind),
        *notes.far(times[:low], times[high:]),
        *notes.short(len(counted), float(counted[-1] - counted[0])),
        *notes.taken(response_kb, handling),
    ]
    arrivals = _arrivals(counted, name)
    return Log(arrivals, len(counted), response_kb, handling, tuple(f"the log: {note}" for note in said))


def _read(blocks: Iterator[list[bytes]], tally: Tally) -> None:
    """One file into the tally: what its first line shows decides how lines become records."""
    lines = Lines(tally)
    head, whole = tables.peeked(blocks)
    if documents.is_spread(head):
        whole = documents.joined(whole)
    elif documents.is_yaml(head):
        for record in documents.yaml_records(whole):
            lines.record(record, str(record).encode("utf-8", "replace"))
        return
    elif parted_by := tables.delimiter(head):
        for row in tables.rows(whole, parted_by):
            lines.record(row, ",".join(map(str, row.values())).encode("utf-8", "replace"))
        return
    for block in whole:
        lines.read(block)
    lines.finish()


def _arrivals(times: Floats, name: str) -> Replay:
    """Arrivals at `times`, seconds since 1970, ascending, which become seconds since the first."""
    resolution = next((step for step in RESOLUTIONS if _are_whole(times, step)), 0.0)
    covered = float(times[-1] - times[0])
    span = covered * len(times) / (len(times) - 1)
    days = covered >= DAYS * DAY_S
    how = "its days in random order" if days else "repeated"
    what = f"{len(times):,} requests in {words.duration(span)} ({per_hour(len(times) / span)})"
    times -= times[0]
    return Replay(times, span, f"{name}, {what}, {how}", days, resolution)


def _are_whole(times: Floats, step: float) -> bool:
    return not any(np.any(times[begin : begin + CHUNK] % step) for begin in range(0, len(times), CHUNK))
