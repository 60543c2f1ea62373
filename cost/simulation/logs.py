"""A log of requests (common log format, JSON lines or bare timestamps) into the times at which they arrived."""

import gzip
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from commandline import UserError
from cost import words
from cost.simulation.arrivals import DAY_S, Times, per_hour

SHOWN = 3
SHOWN_CHARACTERS = 80
COMMON_LOG = re.compile(r"\[(\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\]")
COMMON_TIME = "%d/%b/%Y:%H:%M:%S %z"
JSON_TIMES = ("timestamp", "@timestamp", "time", "ts", "requestTimeEpoch", "requestTime", "datetime", "date")
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp(), datetime(2200, 1, 1, tzinfo=UTC).timestamp()
MILLISECONDS, MICROSECONDS, NANOSECONDS = 1e3, 1e6, 1e9


@dataclass(frozen=True)
class Log:
    """What a log says: when requests arrived, how many lines gave no time, and the first few of those."""

    arrivals: Times
    requests: int
    unread: int
    examples: tuple[str, ...]


def read(path: Path) -> Log:
    """The log in a file, plain or gzipped; UserError when it cannot be read or has fewer than two times in it."""
    try:
        with (
            gzip.open(path, "rt", errors="replace")
            if path.suffix == ".gz"
            else path.open(errors="replace") as file
        ):
            return parse(file, str(path))
    except (OSError, EOFError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None


def parse(lines: Iterable[str], name: str) -> Log:
    """The log in `lines`; blank ones do not count. A line without a zone is taken to be in UTC."""
    times: list[float] = []
    unread, examples = 0, list[str]()
    for line in lines:
        if not (text := line.strip()):
            continue
        time = time_of(text)
        if time is not None:
            times.append(time)
        else:
            unread += 1
            if len(examples) < SHOWN:
                examples.append(text[:SHOWN_CHARACTERS])
    if len(times) < 2:  # noqa: PLR2004 -- one time has no rate
        shown = "".join(f"\n  {example}" for example in examples)
        raise UserError(
            f"{name} has {len(times)} lines with a time and {unread} without; at least 2 are needed, in the common log "
            f"format, as JSON with one of {', '.join(JSON_TIMES)}, or as bare timestamps{shown}"
        )
    return Log(_arrivals(times, name), len(times), unread, tuple(examples))


def time_of(line: str) -> float | None:
    """The time of a line, seconds since 1970; None when none is found."""
    if line.startswith("{"):
        return _json_time(line)
    if match := COMMON_LOG.search(line):
        return _common_time(match[1])
    words = line.split(maxsplit=2)
    found = (_timestamp(text) for text in (line, " ".join(words[:2]), words[0]))
    return next((time for time in found if time is not None), None)


def _arrivals(times: list[float], name: str) -> Times:
    ordered = np.sort(np.array(times))
    ordered -= ordered[0]
    covered = float(ordered[-1])
    span = covered * len(ordered) / (len(ordered) - 1) if covered > 0 else 1.0
    days = covered >= 2 * DAY_S
    how = "its days in random order" if days else "repeated"
    rate = len(ordered) / span
    return Times(
        ordered,
        span,
        f"{name}, {len(ordered):,} requests in {words.duration(span)} ({per_hour(rate)}), {how}",
        days,
    )


def _json_time(line: str) -> float | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    values: dict[str, Any] = record if isinstance(record, dict) else {}
    found = (_timestamp(str(values[key])) for key in JSON_TIMES if key in values)
    return next((time for time in found if time is not None), None)


@lru_cache(maxsize=1024)
def _common_time(text: str) -> float | None:
    """Lines of one second share their text, and parsing it is what takes the time."""
    try:
        return datetime.strptime(text, COMMON_TIME).timestamp()  # noqa: DTZ007 -- the format has the zone
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _timestamp(text: str) -> float | None:
    """A bare timestamp: seconds, milli-, micro- or nanoseconds since 1970, ISO 8601, or as the common log has it.

    A date without a time of day is none.
    """
    try:
        number = float(text)
    except ValueError:
        return _written_time(text)
    for unit in (1.0, MILLISECONDS, MICROSECONDS, NANOSECONDS):
        if EARLIEST <= number / unit <= LATEST:
            return number / unit
    return None


def _written_time(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _common_time(text)
    if len(text) <= len("2026-11-02"):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
