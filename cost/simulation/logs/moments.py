"""Turns the times of many lines into seconds since 1970 at once, by arithmetic on their characters.

Lines of a log are nearly in order, so a date is parsed once for each run of lines of one day.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cost.simulation.arrivals import Floats
from cost.simulation.logs import times

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DIGITS = (0, 1, 3, 4, 6, 7)
COLONS = (2, 5)
HIGHEST = np.array([2, 9, 5, 9, 5, 9], np.uint8)
WEIGHTS = np.array([36_000, 3_600, 600, 60, 10, 1])
DAY_S = 86_400
DATE, SECOND = len("2026-11-02"), len("2026-11-02T10:30:15")
SEPARATORS = b"T "
MICROSECONDS = 6
STAMP = np.frombuffer(b"02/Nov/2026:10:30:15 +0000", np.uint8)
CLOCK, DATE_AND_ZONE = slice(12, 20), (*range(11), *range(20, 26))
ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})\Z")
DATED = re.compile(rb"(\d\d/[A-Z][a-z]{2}/\d{4}) ([+-]\d{4})").fullmatch


def of_numbers(numbers: Floats) -> Floats:
    """The moments of numbers of seconds, milli-, micro- or nanoseconds since 1970; not a number for any other."""
    moments = np.full(len(numbers), np.nan)
    for unit in times.UNITS:
        seconds = numbers / unit
        np.copyto(moments, seconds, where=(seconds >= times.EARLIEST) & (seconds <= times.LATEST))
    return moments


def of_texts(texts: Sequence[str]) -> Floats:
    """The moments of texts in one of three forms; not a number for every other text.

    The forms: ISO 8601 with seconds and a zone, the common log format's, and numbers as of_numbers() takes them.
    """
    joined = "".join(texts)
    if joined.isdecimal() and joined.isascii() and all(texts):
        return of_numbers(np.array(list(map(float, texts))))
    lengths = list(map(len, texts))
    if lengths and min(lengths) == max(lengths):
        return _same_length(texts, lengths[0])
    moments = np.full(len(texts), np.nan)
    for length in set(lengths):
        same = [place for place, each in enumerate(lengths) if each == length]
        moments[same] = _same_length([texts[place] for place in same], length)
    return moments


def of_stamps(rows: Bytes) -> tuple[Floats, Bools]:
    """The moments of rows of `02/Nov/2026:10:30:15 +0000`, and which rows have that form."""
    if not len(rows):
        return np.empty(0), np.empty(0, np.bool_)
    seconds, good = of_clocks(rows[:, CLOCK])
    days = of_days(rows[:, DATE_AND_ZONE], _stamped_day)
    good &= (rows[:, 11] == STAMP[11]) & ~np.isnan(days)
    return days + seconds, good


def of_clocks(rows: Bytes) -> tuple[Ints, Bools]:
    """Seconds since midnight of rows of `10:30:15`, and which rows are a time of day."""
    digits = rows[:, DIGITS] - ord("0")
    good = (digits <= HIGHEST).all(1) & (rows[:, COLONS] == ord(":")).all(1)
    seconds: Ints = digits.astype(np.int64) @ WEIGHTS
    return seconds, good & (seconds < DAY_S)


def of_days(rows: Bytes, moment: Callable[[bytes], float | None]) -> Floats:
    """What `moment` says of each row, asked once for each run of equal rows; not a number for None."""
    begins = np.flatnonzero(np.concatenate([[True], (rows[1:] != rows[:-1]).any(1)]))
    moments = [moment(rows[place].tobytes()) for place in begins.tolist()]
    known = np.array([np.nan if seconds is None else seconds for seconds in moments])
    return np.repeat(known, np.diff(begins, append=len(rows)))


def _same_length(texts: Sequence[str], length: int) -> Floats:
    data = "".join(texts).encode("utf-8", "replace")
    first = texts[0]
    if length < SECOND or len(data) != length * len(texts):
        return np.full(len(texts), np.nan)
    rows = np.frombuffer(data, np.uint8).reshape(-1, length)
    if length == len(STAMP) and first[2] == "/":
        seconds, good = of_stamps(rows)
        return np.where(good, seconds, np.nan)
    zoned = ZONE.search(first)
    if zoned is None or zoned.start() < SECOND:
        return np.full(len(texts), np.nan)
    zone, after = zoned[0], zoned.start()
    seconds, good = of_clocks(rows[:, DATE + 1 : SECOND])
    good &= (rows[:, DATE] == SEPARATORS[0]) | (rows[:, DATE] == SEPARATORS[1])
    good &= (rows[:, after:] == np.frombuffer(zone.encode(), np.uint8)).all(1)
    days = of_days(rows[:, :DATE], lambda date: _day(date, zone))
    parts, are_digits = _microseconds(rows[:, SECOND:after])
    # As whole microseconds, divided once: so the last bit is that of datetime.timestamp().
    moments = ((days + seconds) * 1_000_000 + parts) / 1_000_000
    return np.where(good & are_digits, moments, np.nan)


def _microseconds(rows: Bytes) -> tuple[Ints, Bools]:
    """The microseconds of rows of `.123`, of any precision, and which rows are that, or empty."""
    count, length = rows.shape
    if length == 0:
        return np.zeros(count, np.int64), np.ones(count, np.bool_)
    digits = rows[:, 1:] - ord("0")
    good = (rows[:, 0] == ord(".")) & (digits <= 9).all(1)  # noqa: PLR2004 -- the last digit
    used = digits[:, :MICROSECONDS]
    weights = 10 ** np.arange(MICROSECONDS - 1, MICROSECONDS - 1 - used.shape[1], -1)
    return used.astype(np.int64) @ weights, good & (length > 1)


@lru_cache(maxsize=4096)
def _day(date: bytes, zone: str) -> float | None:
    try:
        moment = datetime.fromisoformat(f"{date.decode('latin-1')}T00:00:00{zone}")
        return None if moment.tzinfo is None else moment.timestamp()
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4096)
def _stamped_day(date: bytes) -> float | None:
    match = DATED(date)
    return times.of_text(f"{match[1].decode()}:00:00:00 {match[2].decode()}") if match else None
