"""A record, such as an object of JSON or a row of a table, into the request that it records.

One rule for all formats: a field's name says what it is, and a plan (plan.py) says where records of its shape have it.
Named exceptions: the records of Lambda.
"""

from collections.abc import Callable
from typing import Any

from cost.simulation.logs import names, times
from cost.simulation.logs.plan import Getter, Plan, Record, plan_of
from cost.simulation.logs.request import OWN, TIMELESS_RECORDS, TIMELESS_REQUESTS, Kind, Request, Unread

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
    plan = plan_of(record)
    time = _time(plan, record, known)
    same = _first_text(plan.ids, record)
    if plan.types and (type_ := _first_text(plan.types, record)) is not None:
        if type_ in INVOCATIONS:
            return _invocation(plan, record, type_, time, same)
        if type_.startswith("platform."):
            return Unread(OWN)
    path, asked = _asked(plan, record)
    if not asked and plan.messages and (message := _first_text(plan.messages, record)) is not None:
        return _wrapped(message, time, same, inner)
    if time is None:
        return Unread(TIMELESS_REQUESTS if asked else TIMELESS_RECORDS)
    if not asked:
        return Request(time, Kind.LINE, same)
    return Request(
        time,
        Kind.APP if plan.app else Kind.REQUEST,
        same,
        path,
        _first_text(plan.agents, record),
        _size(plan, record),
        _seconds(plan, record),
    )


def _time(plan: Plan, record: Record, known: float | None) -> float | None:
    for get in plan.moments:
        if (time := get(record)) is not None:
            return time
    for get in plan.times:
        if (time := times.of_value(get(record))) is not None:
            return time
    return known


def _asked(plan: Plan, record: Record) -> tuple[str | None, bool]:
    """The path, and whether the record is one of a request: it has a method, a line of a request, or a status."""
    for get in plan.lines:
        if (
            isinstance(line := get(record), str)
            and len(parts := line.split(" ", 2)) > 1
            and parts[0].isupper()
        ):
            return parts[1], True
    path = _first_text(plan.paths, record)
    for get in plan.methods:
        if isinstance(method := get(record), str) and method.isalpha():
            return path, True
    for get in plan.statuses:
        if is_status(get(record)):
            return path, True
    return path, False


def is_status(value: Any) -> bool:
    """Whether a value is the status of an answer, as a number or as its text."""
    if isinstance(value, str):
        return len(value) == 3 and value.isdigit() and "1" <= value[0] <= "5"  # noqa: PLR2004 -- digits
    return isinstance(value, int | float) and 100 <= value < 600  # noqa: PLR2004 -- RFC 9110


def _wrapped(message: str, time: float | None, same: str | None, inner: Inner) -> Request | Unread:
    found = inner(message.strip(), time)
    if isinstance(found, Request):
        return found if found.id is not None or same is None else found._replace(id=same)
    return found if time is None or found.reason == OWN else Request(time, Kind.LINE, same)


def _invocation(
    plan: Plan, record: Record, type_: str, time: float | None, same: str | None
) -> Request | Unread:
    if time is None:
        return Unread(TIMELESS_REQUESTS if type_ in ("platform.start", "START") else OWN)
    report = type_ in ("platform.report", "REPORT")
    return Request(time, Kind.INVOCATION, same, seconds=_seconds(plan, record) if report else None)


def _first_text(ways: tuple[Getter, ...], record: Record) -> str | None:
    for get in ways:
        if isinstance(value := get(record), str) and value and value != "-":
            return value
    return None


def _size(plan: Plan, record: Record) -> int | None:
    for get in plan.sizes:
        value = get(record)
        if isinstance(value, str) and len(value) < DIGITS and value.isascii() and value.isdigit():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST:
            return value
    return None


def _seconds(plan: Plan, record: Record) -> float | None:
    for get, scale in plan.durations:
        value, unit = get(record), scale
        if isinstance(value, str) and (match := names.TEXT_DURATION.fullmatch(value)):
            value, unit = float(match[1]), names.SCALE[match[2]] if match[2] else scale
        if unit is not None and isinstance(value, int | float) and 0 <= value * unit < LONGEST_S:
            return value * unit
    return None
