"""The keys of a record into a schema: where records of this shape have their time, their path and the rest.

A field's name says what it is, whatever its case, its dots and its depth (names.py). Each shape has one schema.
Named exceptions: the records of Cloud Logging, and durations whose name has no unit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from cost.simulation.logs import names, times
from cost.simulation.logs.request import Kind

Record = Mapping[str, Any]
Getter = Callable[[Record], Any]
Way = tuple[str | int, ...]

DEEPEST = 4
SHAPES_KEPT = 2000


class Quick(NamedTuple):
    """The keys of a record of a request whose first candidates are all at its top; None for what it has not.

    skipped: a key that may have a time elsewhere, but has a duration here.
    """

    time: str
    kind: Kind
    scale: float
    id: str | None = None
    type: str | None = None
    line: str | None = None
    path: str | None = None
    method: str | None = None
    status: str | None = None
    agent: str | None = None
    size: str | None = None
    duration: str | None = None
    skipped: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The keys, each once."""
        return tuple(dict.fromkeys(key for key in (self.time, *self[3:]) if isinstance(key, str)))


@dataclass(frozen=True)
class Schema:
    """The ways to the values of a shape of record, for each role the likeliest first."""

    times: tuple[Getter, ...]
    moments: tuple[Getter, ...]
    ids: tuple[Getter, ...]
    methods: tuple[Getter, ...]
    lines: tuple[Getter, ...]
    paths: tuple[Getter, ...]
    statuses: tuple[Getter, ...]
    agents: tuple[Getter, ...]
    sizes: tuple[Getter, ...]
    durations: tuple[tuple[Getter, float | None], ...]
    messages: tuple[Getter, ...]
    types: tuple[Getter, ...]
    app: bool
    quick: Quick | None


ROLES = {
    "times": names.TIMES,
    "ids": names.IDS,
    "methods": names.METHODS,
    "lines": names.LINES,
    "paths": names.PATHS,
    "statuses": names.STATUSES,
    "agents": names.AGENTS,
    "sizes": names.SIZES,
    "messages": names.MESSAGES,
}
_schemas: dict[Any, Schema | tuple[str, ...]] = {}


def schema_of(record: Record, shape: tuple[str, ...] | None = None) -> Schema:
    """The schema of a record's shape. shape: its keys, if they are at hand."""
    shape = tuple(record) if shape is None else shape
    schema = _schemas.get(shape)
    if isinstance(schema, Schema):
        return schema
    if schema is None:
        if len(_schemas) > SHAPES_KEPT:
            _schemas.clear()
        schema = tuple(key for key, value in record.items() if isinstance(value, dict | list))
        if not schema:
            shaped = _schemas[shape] = _schema(record)
            return shaped
        _schemas[shape] = schema
    within = (shape, _shape([record[key] for key in schema]))
    shaped = _schemas.get(within)
    if not isinstance(shaped, Schema):
        shaped = _schemas[within] = _schema(record)
    return shaped


def is_flat(shape: tuple[str, ...]) -> bool:
    """Whether all records with these keys have one schema, which one of them has made."""
    return isinstance(_schemas.get(shape), Schema)


def _shape(value: Any, depth: int = 1) -> Any:
    """The keys of objects within objects."""
    if isinstance(value, dict):
        if depth > DEEPEST:
            return tuple(value)
        return tuple(
            (key, _shape(item, depth + 1)) if isinstance(item, dict | list) else key
            for key, item in value.items()
        )
    if isinstance(value, list) and depth == 1:
        return tuple(
            _shape(item, depth + 1) if isinstance(item, dict) else isinstance(item, list) for item in value
        )
    return type(value) is list


def _leaves(value: Any, way: Way = ()) -> Iterator[tuple[Way, Any]]:
    if isinstance(value, dict) and len(way) < DEEPEST and not {"$date", "seconds", "_seconds"} & value.keys():
        for key, item in value.items():
            yield from _leaves(item, (*way, key))
    elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        yield (*way, 0), value[0]
    elif way:
        yield way, value


def _called(way: Way) -> list[str]:
    """What a leaf may be called: its name with any number of the names above it; alone if those only contain it."""
    parts = [names.plain(part) for part in way if isinstance(part, str)]
    joined = ["".join(parts[begin:]) for begin in range(len(parts))]
    alone = all(part in names.CONTAINERS for part in parts[:-1])
    return joined if alone else joined[:-1]


def _schema(record: Record) -> Schema:
    leaves = [(way, value, _called(way)) for way, value in _leaves(record)]
    ways = {role: _ways(leaves, called) for role, called in ROLES.items()}
    durations = list(_durations(record, leaves))
    moments = tuple(_moments(record))
    types = tuple(_getter((key,)) for key in ("type", "@type") if key in record)
    app = ("insertId" in record or "logName" in record) and "httpRequest" not in record
    more = tuple(
        way
        for way, value, called in leaves
        if called and _may_be_when(called[-1]) and times.of_value(value) is not None
    )
    return Schema(
        **{role: tuple(map(_getter, in_role)) for role, in_role in ways.items() if role != "times"},
        times=tuple(map(_getter, (*ways["times"], *more))),
        moments=moments,
        durations=tuple((_getter(way), unit) for way, unit in durations),
        types=types,
        app=app,
        quick=None if moments else _quick(ways, durations, record, Kind.APP if app else Kind.REQUEST),
    )


def _ways(leaves: Sequence[tuple[Way, Any, list[str]]], role: Sequence[str]) -> list[Way]:
    """The ways to the values that may have a role, by the order of its names, then by depth."""
    ranked = [
        (min(role.index(name) for name in called if name in role), len(way), place, way)
        for place, (way, _, called) in enumerate(leaves)
        if any(name in role for name in called)
    ]
    return [way for *_, way in sorted(ranked, key=lambda rank: rank[:3])]


def _quick(
    ways: Mapping[str, list[Way]], durations: Sequence[tuple[Way, float | None]], record: Record, kind: Kind
) -> Quick | None:
    firsts = {role: in_role[0] if in_role else () for role, in_role in ways.items()}
    when = [_getter(way)(record) for way in ways["times"]]
    skipped = next((place for place, value in enumerate(when) if times.of_value(value) is not None), 0)
    if not when or skipped > 1:
        return None
    firsts["times"] = ways["times"][skipped]
    # A request's time is no duration, though some logs call their durations so.
    lasted, scale = next((duration for duration in durations if duration[0] != firsts["times"]), ((), 1.0))
    types = [key for key in ("type", "@type") if key in record]
    if scale is None or len(types) > 1:
        return None
    if any(len(way) > 1 for way in (*firsts.values(), ways["times"][0], lasted)):
        return None
    if not (firsts["lines"] or firsts["methods"] or firsts["statuses"]):
        return None
    keys = {role: str(way[0]) for role, way in firsts.items() if way}
    return Quick(
        keys["times"], kind, scale, keys.get("ids"), types[0] if types else None, keys.get("lines"), keys.get("paths"),
        keys.get("methods"), keys.get("statuses"), keys.get("agents"), keys.get("sizes"),
        str(lasted[0]) if lasted else None, str(ways["times"][0][0]) if skipped else None,
    )  # fmt: skip


def _may_be_when(name: str) -> bool:
    likely = any(part in name for part in ("time", "date", "stamp")) or name.endswith(("at", "ts", "epoch"))
    return likely and not names.NOT_WHEN.search(name)


def _moments(record: Record) -> Iterator[Getter]:
    """A date and a time of day in fields of their own, as in the logs of CloudFront and IIS."""
    keys = {names.plain(key): key for key in record}
    if "date" in keys and "time" in keys:
        date, time = keys["date"], keys["time"]
        yield lambda record: times.of_text(f"{record[date]} {record[time]}")


def _durations(
    record: Record, leaves: Sequence[tuple[Way, Any, list[str]]]
) -> Iterator[tuple[Way, float | None]]:
    durations: list[tuple[int, Way, float | None]] = []
    for way, _, called in leaves:
        for name in called:
            if match := names.LASTED.fullmatch(name):
                base, unit = name.removesuffix(match[1]), names.UNITS[match[1]]
                rank = names.NEAREST.index(base) if base in names.NEAREST else len(names.NEAREST)
                durations.append((rank, way, unit if unit is not None else _unit(base, record)))
                break
    yield from ((way, unit) for _, way, unit in sorted(durations, key=lambda pair: pair[0]))


def _unit(base: str, record: Record) -> float | None:
    """The unit of a duration whose name has none; None for one that is not known."""
    if base in names.IN_SECONDS:
        return 1.0
    if base in names.IN_MILLISECONDS:
        return 1e-3
    return next((unit for mark, bases, unit in names.WHOSE if mark in record and base in bases), None)


def _getter(way: Way) -> Getter:
    if len(way) == 1:
        (key,) = way
        return lambda record: record[key]  # pyright: ignore[reportArgumentType] -- the first part is a key

    def get(record: Any) -> Any:
        try:
            for part in way:
                record = record[part]
        except (KeyError, IndexError, TypeError):  # of the same shape down to a depth only
            return None
        return record

    return get
