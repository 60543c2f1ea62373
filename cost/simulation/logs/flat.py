"""Counts lines of flat objects of JSON, for requests with the usual fields, and hands every other line back.

The counts are those of the rule (fields.py) for the same lines; a test compares the two. The values of many lines are
looked at together, field by field (columns.py).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress
from operator import itemgetter
from typing import Any, cast

import numpy as np
import orjson

from cost.simulation.arrivals import Floats
from cost.simulation.logs import columns
from cost.simulation.logs.columns import Column
from cost.simulation.logs.moments import Bools
from cost.simulation.logs.schema import Quick, Record, is_flat, schema_of
from cost.simulation.logs.tally import HEALTH_CHECKS, Tally, is_check

BATCH, TOGETHER = 3000, 100
"""Lines and records whose values are looked at at once: more do not stay near the processor."""

READERS: Mapping[str, Callable[[Column], Column]] = {
    "path": columns.texts,
    "id": columns.texts,
    "type": columns.types,
    "agent": lambda column: column,
    "size": columns.sizes,
    "skipped": lambda column: columns.durations(column, 1.0),
}


def count(lines: Sequence[bytes], tally: Tally) -> list[bytes]:
    """Count the lines that are flat objects of JSON, of requests with the usual fields; the other lines."""
    others: list[bytes] = []
    for begin in range(0, len(lines), BATCH):
        batch = lines[begin : begin + BATCH]
        others += _counted(batch, tally) if any(line[:1] == b"{" for line in batch) else batch
    return others


class _Group:
    """Records that are read alike. rows: the values of the keys; a record itself is too large to be kept."""

    def __init__(self, quick: Quick) -> None:
        self.quick = quick
        self.row = itemgetter(*quick.names)
        self.rows: list[tuple[Any, ...]] = []
        self.places: list[int] = []


def _counted(lines: Sequence[bytes], tally: Tally) -> list[bytes]:
    groups: dict[Quick, _Group] = {}
    for begin in range(0, len(lines), TOGETHER):
        records = _records(lines[begin : begin + TOGETHER])
        for quick, places in _groups(records):
            if quick is not None:
                group = groups.get(quick) or groups.setdefault(quick, _Group(quick))
                is_whole = len(places) == len(records)
                group.rows += map(group.row, records if is_whole else [records[place] for place in places])
                group.places += [begin + place for place in places]
    is_other = np.ones(len(lines), np.bool_)
    for group in groups.values():
        is_other[group.places] = ~_count(group, tally)
    return list(compress(lines, is_other.tolist()))


def _groups(records: Sequence[Record]) -> Iterator[tuple[Quick | None, Sequence[int]]]:
    """The places of the records that are read alike."""
    shapes = list(map(tuple, records))
    by_shape: dict[tuple[str, ...], Sequence[int]] = {shape: [] for shape in shapes}
    if len(by_shape) == 1:
        by_shape = {shape: range(len(records)) for shape in by_shape}
    else:
        for place, shape in enumerate(shapes):
            cast("list[int]", by_shape[shape]).append(place)
    for shape, places in by_shape.items():
        schema = schema_of(records[places[0]], shape)
        if is_flat(shape):
            yield schema.quick, places
            continue
        alike: defaultdict[Quick | None, list[int]] = defaultdict(list)
        for place in places:
            alike[schema_of(records[place], shape).quick].append(place)
        yield from alike.items()


def _records(lines: Sequence[bytes]) -> list[Record]:
    """The objects of lines of JSON; an empty one for every other line."""
    try:
        together: list[Any] = orjson.loads(b"[" + b",".join(lines) + b"]")
    except orjson.JSONDecodeError:
        together = []
    if len(together) == len(lines) and columns.kinds(together) == {dict}:
        return together
    return [_record(line) for line in lines]


def _record(line: bytes) -> Record:
    if line[:1] == b"{":
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            pass
    return {}


def _count(group: _Group, tally: Tally) -> Bools:
    """Count records that are read alike; which of them are as usual, and so are counted."""
    quick = group.quick
    values: dict[str, Column] = dict(zip(quick.names, zip(*group.rows, strict=True), strict=True))
    times = columns.times(values[quick.time])
    usual = ~np.isnan(times)
    checked = _checked(quick, values)
    for role, column in checked.items():
        if role != "agent" and None in column:
            usual &= np.fromiter((value is not None for value in column), np.bool_, len(column))
    if not usual.all():
        kept = usual.tolist()
        checked = {role: list(compress(column, kept)) for role, column in checked.items()}
        times = times[usual]
    _add(quick, times, checked, tally)
    return usual


def _checked(quick: Quick, values: Mapping[str, Column]) -> dict[str, Column]:
    """The values of each role, None for each that is not as usual. A request's line goes before method and status."""
    rows: dict[str, Column] = {}
    if quick.line:
        rows["path"] = columns.asked(values[quick.line])
    elif quick.method:
        rows["method"] = columns.methods(values[quick.method])
    elif quick.status:
        rows["status"] = columns.statuses(values[quick.status])
    for role, read in READERS.items():
        if role not in rows and (key := getattr(quick, role)) is not None:
            rows[role] = read(values[key])
    if quick.duration:
        rows["duration"] = columns.durations(values[quick.duration], quick.scale)
    return rows


def _add(quick: Quick, times: Floats, checked: Mapping[str, Column], tally: Tally) -> None:
    whys = _whys(checked.get("path"), checked.get("agent"), tally)
    sizes, seconds = checked.get("size", ()), checked.get("duration", ())
    if (ids := checked.get("id")) is not None:
        tally.add_identified(quick.kind, ids, times.tolist(), sizes, seconds, whys)
        return
    if whys is not None:
        tally.left.update(filter(None, whys))
        kept = [not why for why in whys]
        times = times[kept]
        sizes, seconds = (list(compress(column, kept)) for column in (sizes, seconds))
    tally.columns[quick.kind].extend(times, sizes, seconds)


def _whys(paths: Column | None, agents: Column | None, tally: Tally) -> list[str | None] | None:
    """Why each request does not count; None if all do."""
    left = {path: reason for path in set(paths or ()) if (reason := tally.reason(path))}
    checks: set[str] = set()
    if agents is not None:
        said = (
            set(agents) if columns.kinds(agents) == {str} else {text for text in agents if type(text) is str}
        )
        checks = set(filter(is_check, said))
    if not left and not checks:
        return None
    why_of_path = map(left.get, paths) if paths else [None] * len(agents or ())
    if not checks or agents is None:
        return list(why_of_path)
    return [
        why or (HEALTH_CHECKS if type(agent) is str and agent in checks else None)
        for why, agent in zip(why_of_path, agents, strict=True)
    ]
