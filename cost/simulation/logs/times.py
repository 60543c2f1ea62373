"""What a log writes for a moment into seconds since 1970: numbers in any unit, and the written forms of the usual logs.

A time without a zone is taken to be in UTC. Logs are nearly in order, so each minute is parsed only once.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
UNITS = (1.0, 1e3, 1e6, 1e9)
"""A number's units of a second: seconds, milli-, micro-, nanoseconds. Each has a range of its own from 1990 to 2200."""

MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
CLOCK = r"(?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2}(?:[.,]\d+)?)"
ZONE = r"(?: ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})\b)?"
NAME = r"(?P<month>[A-Za-z]{3})"
WRITTEN = (
    # 02/Nov/2026:10:30:15 +0000, the common log format; the development servers write a blank for the first colon
    re.compile(rf"(?P<day>\d{{1,2}})/{NAME}/(?P<year>\d{{4}})[: ]{CLOCK}{ZONE}"),
    # 2026-11-02T10:30:15.123Z, ISO 8601 and RFC 3339; 2026/11/02 10:30:15, Go's log; 2026/11/02 - 10:30:15, Gin
    re.compile(rf"(?P<year>\d{{4}})([-/])(?P<month>\d{{2}})\2(?P<day>\d{{2}})(?:[T ]| - ){CLOCK}{ZONE}"),
    # Mon, 02 Nov 2026 10:30:15 GMT, RFC 1123
    re.compile(rf"(?:[A-Za-z]{{3}}, ?)?(?P<day>\d{{1,2}})[ -]{NAME}[ -](?P<year>\d{{4}}) {CLOCK}{ZONE}"),
    # Mon Nov  2 10:30:15 2026, asctime
    re.compile(
        rf"(?:[A-Za-z]{{3}} )?{NAME} +(?P<day>\d{{1,2}}) {CLOCK}(?: UTC| GMT)? (?P<year>\d{{4}}){ZONE}"
    ),
    # 20261102T103015Z, ISO 8601's basic form
    re.compile(
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})T"
        r"(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2}(?:[.,]\d+)?)" + ZONE
    ),
    # Nov  2 10:30:15, syslog, which has no year
    re.compile(rf"{NAME} +(?P<day>\d{{1,2}}) {CLOCK}"),
)
NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")


def of_value(value: Any) -> float | None:
    """The moment of a field's value; None for a value that is none. Nested forms: {"$date": ...}, {"seconds": ...}."""
    if isinstance(value, str):
        return of_text(value)
    if isinstance(value, dict):
        seconds = value.get("seconds", value.get("_seconds"))
        return of_value(value.get("$date") if seconds is None else seconds)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return of_number(value)
    return None


def of_number(number: float) -> float | None:
    """The moment of a number of seconds, milli-, micro- or nanoseconds since 1970; None if not of 1990 to 2200."""
    for unit in UNITS:
        if EARLIEST <= number / unit <= LATEST:
            return number / unit
    return None


def of_text(text: str) -> float | None:
    """The moment of a text that is wholly one. A date without a time of day is none."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.timestamp()
    except (ValueError, OverflowError):
        return _other(text)
    return moment.replace(tzinfo=UTC).timestamp() if ":" in text else _other(text)


@lru_cache(maxsize=4096)
def _other(text: str) -> float | None:
    text = text.strip().strip("[]'\"")
    if NUMBER.fullmatch(text):
        return of_number(float(text))
    for form in WRITTEN:
        if match := form.fullmatch(text):
            return _moment(match)
    if text.endswith(" UTC"):  # BigQuery's: 2026-11-02 10:30:15.123456 UTC
        return of_text(text.removesuffix(" UTC"))
    return None


def _moment(match: "re.Match[str]") -> float | None:
    parts = match.groupdict()
    second = float(parts["second"].replace(",", "."))
    minute = _minute(
        parts.get("year"), parts["month"], parts["day"], parts["hour"], parts["minute"], parts.get("zone")
    )
    return None if minute is None or second >= 61 else minute + second  # noqa: PLR2004 -- with a leap second


@lru_cache(maxsize=4096)
def _minute(year: str | None, month: str, day: str, hour: str, minute: str, zone: str | None) -> float | None:
    number = int(month) if month.isdigit() else MONTHS.get(month.lower(), 0)
    try:
        if year is None:
            return _latest(number, int(day), int(hour), int(minute))
        moment = datetime(int(year), number, int(day), int(hour), int(minute), tzinfo=_zone(zone))
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def _latest(month: int, day: int, hour: int, minute: int) -> float | None:
    """The last such day that is not in the future: a log without years is one of the past months."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for year in range(tomorrow.year, tomorrow.year - 5, -1):  # a 29th of February is four years back at most
        try:
            moment = datetime(year, month, day, hour, minute, tzinfo=UTC)
        except ValueError:
            continue
        if moment <= tomorrow:
            return moment.timestamp()
    return None


def _zone(text: str | None) -> timezone:
    if text is None or text in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
