"""Lines of flat objects of JSON, of requests with the usual fields, into a tally. Every other line is handed back.

What is counted here is what the rule (fields.py) would say of the same line: a test holds the two together. The values
of many lines are looked at together, field by field.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import itemgetter
from typing import Any

import numpy as np
import orjson

from cost.simulation.arrivals import Floats
from cost.simulation.logs import fields, moments
from cost.simulation.logs.request import Kind
from cost.simulation.logs.schema import Quick, Record, schema_of
from cost.simulation.logs.tally import HEALTH_CHECKS, Tally, is_check

BATCH = 1000
"""Lines at a time: the values of more do not stay near the processor."""
Column = Sequence[Any]


def count(lines: Sequence[bytes], tally: Tally) -> list[bytes]:
    """Count the lines that are flat objects of JSON, of requests with the usual fields; the other lines."""
    others: list[bytes] = []
    for begin in range(0, len(lines), BATCH):
        others += _counted(lines[begin : begin + BATCH], tally)
    return others


@dataclass
class _Shape:
    """The records of one shape. rows: the values of `names`, of which a record itself is not kept: it is large."""

    keys: Quick
    names: tuple[str, ...] = field(init=False)
    row: Callable[[Record], tuple[Any, ...]] = field(init=False)
    lines: list[bytes] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = tuple(dict.fromkeys(key for key in self.keys[:-1] if key is not None))
        self.row = itemgetter(*self.names)


def _counted(lines: Sequence[bytes], tally: Tally) -> list[bytes]:
    shapes: dict[int, _Shape] = {}
    others: list[bytes] = []
    for line in lines:
        if line[:1] == b"{":
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                record = {}
            if (keys := schema_of(record).quick) is not None:
                if (shape := shapes.get(id(keys))) is None:
                    shape = shapes[id(keys)] = _Shape(keys)
                shape.lines.append(line)
                shape.rows.append(shape.row(record))
                continue
        others.append(line)
    for shape in shapes.values():
        others += _count(shape, tally)
    return others


def _count(shape: _Shape, tally: Tally) -> list[bytes]:
    """Count records of one shape; the lines of those whose values are not as usual."""
    keys = shape.keys
    columns = dict(zip(shape.names, zip(*shape.rows, strict=True), strict=True))
    times = _moments(columns[keys.time])
    usual = ~np.isnan(times)
    for key, are_usual, is_usual in _checks(keys):
        column = columns[key]
        if not are_usual(column):
            usual &= np.fromiter(map(is_usual, column), np.bool_, len(column))
    if usual.all():
        _add(keys, columns, times, tally)
        return []
    kept = usual.tolist()
    _add(keys, {key: tuple(compress(column, kept)) for key, column in columns.items()}, times[usual], tally)
    return [line for line, good in zip(shape.lines, kept, strict=True) if not good]


def _add(keys: Quick, columns: Mapping[str, Column], times: Floats, tally: Tally) -> None:
    whys = _whys(columns[keys.path], columns[keys.agent] if keys.agent else None, tally)
    sizes = columns[keys.size] if keys.size else ()
    durations = columns[keys.duration] if keys.duration else ()
    if whys is not None:
        tally.left.update(filter(None, whys))
        kept = [not why for why in whys]
        times = times[kept]
        sizes, durations = (tuple(compress(column, kept)) for column in (sizes, durations))
    kind = tally.columns[Kind.REQUEST]
    kind.times.frombytes(times.tobytes())
    kind.sized += len(sizes)
    kind.sent += sum(sizes)
    kind.seconds.extend([lasted * keys.scale for lasted in durations])


def _whys(paths: Column, agents: Column | None, tally: Tally) -> list[str | None] | None:
    """Why each request does not count; None if all do."""
    left = {path: reason for path in set(paths) if (reason := tally.reason(path))}
    checks: set[str] = set()
    if agents is not None:
        said = set(agents) if _are(agents, str) else {agent for agent in agents if type(agent) is str}
        checks = set(filter(is_check, said))
    if not left and not checks:
        return None
    whys = [left.get(path) for path in paths]
    if agents is not None and checks:
        return [
            why or (HEALTH_CHECKS if type(agent) is str and agent in checks else None)
            for why, agent in zip(whys, agents, strict=True)
        ]
    return whys


def _moments(column: Column) -> Floats:
    if set(map(type, column)) == {str}:
        return moments.of_texts(column)
    return moments.of_texts([value if type(value) is str else "" for value in column])


def _checks(keys: Quick) -> Iterator[tuple[str, Callable[[Column], bool], Callable[[Any], bool]]]:
    """What the values of a field have to be: a test of all at once, and one of each for when that fails."""
    yield (
        keys.path,
        lambda paths: _are(paths, str) and all(paths),
        lambda path: type(path) is str and path != "",
    )
    if keys.method:
        yield (
            keys.method,
            lambda methods: _are(methods, str) and all(map(str.isalpha, set(methods))),
            _is_method,
        )
    elif keys.status:
        yield (
            keys.status,
            lambda statuses: _are(statuses, int) and _within(statuses, 100, 599),
            fields.is_status,
        )
    if keys.size:
        yield keys.size, lambda sizes: _are(sizes, int) and _within(sizes, 0, fields.LARGEST - 1), _is_size
    if keys.duration:
        longest = fields.LONGEST_S / keys.scale * (1 - 1e-9)
        yield (
            keys.duration,
            lambda lasted: _are(lasted, float, int) and _within(lasted, 0, longest),
            lambda lasted: type(lasted) in (int, float) and 0 <= lasted * keys.scale < fields.LONGEST_S,
        )


def _are(column: Column, *types: type) -> bool:
    return set(map(type, column)) <= {*types}


def _within(column: Column, least: float, most: float) -> bool:
    return least <= min(column) and max(column) <= most


def _is_method(value: Any) -> bool:
    return type(value) is str and value.isalpha()


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value < fields.LARGEST
