"""A record, such as an object of JSON or a row of a table, into the request that it records.

One rule for all formats: a field's name says what it is, and a schema (schema.py) says where a record has it.
Named exceptions: the records of Lambda.
"""

from collections.abc import Callable
from typing import Any

from cost.simulation.logs import names, times
from cost.simulation.logs.request import OWN, TIMELESS_RECORDS, TIMELESS_REQUESTS, Kind, Request, Unread
from cost.simulation.logs.schema import Getter, Record, Schema, schema_of

Inner = Callable[[str, float | None], Request | Unread]

LONGEST_S = 86_400.0
DIGITS = 15
LARGEST = 10**DIGITS
INVOCATIONS = ("platform.start", "platform.runtimeDone", "platform.report", "START", "END", "REPORT")


def request(record: Record, known: float | None, inner: Inner) -> Request | Unread:
    """The request that a record records, or why it records none.

    known: a time outside of the record, which holds if there is none in it. inner: reads a text, and the time of the
    record that holds it, for records that wrap a line of another log.
    """
    schema = schema_of(record)
    time = _time(schema, record, known)
    same = _first_text(schema.ids, record)
    if schema.types and (type_ := _first_text(schema.types, record)) is not None and is_of_lambda(type_):
        return _invocation(schema, record, type_, time, same) if type_ in INVOCATIONS else Unread(OWN)
    path, asked = _asked(schema, record)
    if not asked and schema.messages and (message := _first_text(schema.messages, record)) is not None:
        return _wrapped(message, time, same, inner)
    if time is None:
        return Unread(TIMELESS_REQUESTS if asked else TIMELESS_RECORDS)
    if not asked:
        return Request(time, Kind.LINE, same)
    return Request(
        time,
        Kind.APP if schema.app else Kind.REQUEST,
        same,
        path,
        _first_text(schema.agents, record),
        _size(schema, record),
        _seconds(schema, record),
    )


def is_of_lambda(type_: str) -> bool:
    """Whether a record of this type is one of Lambda's own."""
    return type_ in INVOCATIONS or type_.startswith("platform.")


def _time(schema: Schema, record: Record, known: float | None) -> float | None:
    for get in schema.moments:
        if (time := get(record)) is not None:
            return time
    for get in schema.times:
        if (time := times.of_value(get(record))) is not None:
            return time
    return known


def _asked(schema: Schema, record: Record) -> tuple[str | None, bool]:
    """The path, and whether the record is one of a request: it has a method, a line of a request, or a status."""
    for get in schema.lines:
        if isinstance(line := get(record), str) and (path := asked_in(line)) is not None:
            return path, True
    path = _first_text(schema.paths, record)
    for get in schema.methods:
        if isinstance(method := get(record), str) and method.isalpha():
            return path, True
    for get in schema.statuses:
        if is_status(get(record)):
            return path, True
    return path, False


def asked_in(line: str) -> str | None:
    """The path in a line of a request, such as GET /a HTTP/1.1; None if the line is none."""
    parts = line.split(" ", 2)
    return parts[1] if len(parts) > 1 and parts[0].isupper() else None


def is_status(value: Any) -> bool:
    """Whether a value is the status of an answer, as a number or as its text."""
    if isinstance(value, str):
        return len(value) == 3 and value.isdigit() and "1" <= value[0] <= "5"  # noqa: PLR2004 -- digits
    return isinstance(value, int | float) and 100 <= value < 600  # noqa: PLR2004 -- RFC 9110


def _wrapped(message: str, time: float | None, same: str | None, inner: Inner) -> Request | Unread:
    request_inside = inner(message.strip(), time)
    if isinstance(request_inside, Request):
        return (
            request_inside
            if request_inside.id is not None or same is None
            else request_inside._replace(id=same)
        )
    return request_inside if time is None or request_inside.reason == OWN else Request(time, Kind.LINE, same)


def _invocation(
    schema: Schema, record: Record, type_: str, time: float | None, same: str | None
) -> Request | Unread:
    if time is None:
        return Unread(TIMELESS_REQUESTS if type_ in ("platform.start", "START") else OWN)
    report = type_ in ("platform.report", "REPORT")
    return Request(time, Kind.INVOCATION, same, seconds=_seconds(schema, record) if report else None)


def _first_text(ways: tuple[Getter, ...], record: Record) -> str | None:
    for get in ways:
        if isinstance(value := get(record), str) and value and value != "-":
            return value
    return None


def _size(schema: Schema, record: Record) -> int | None:
    for get in schema.sizes:
        value = get(record)
        if isinstance(value, str) and len(value) < DIGITS and value.isascii() and value.isdigit():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST:
            return value
    return None


def _seconds(schema: Schema, record: Record) -> float | None:
    for get, scale in schema.durations:
        if (seconds := seconds_of(get(record), scale)) is not None:
            return seconds
    return None


def seconds_of(value: Any, scale: float | None) -> float | None:
    """The seconds of a duration: a number, which `scale` makes seconds, or a text that may name its unit."""
    unit = scale
    if isinstance(value, str) and (match := names.TEXT_DURATION.fullmatch(value)):
        value, unit = float(match[1]), names.SCALE[match[2]] if match[2] else scale
    if unit is not None and isinstance(value, int | float) and 0 <= value * unit < LONGEST_S:
        return value * unit
    return None
