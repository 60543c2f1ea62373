"""The values of one field in many records into what they mean, all at once if all are usual, else one by one.

Each function gives as many values as it is given, None (of moments: not a number) for each that is not as usual.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from cost.simulation.arrivals import Floats
from cost.simulation.logs import fields, moments

Column = Sequence[Any]
CACHED = 50_000


def kinds(column: Column) -> set[type]:
    """The types of the values."""
    return set(map(type, column))


def times(column: Column) -> Floats:
    """Seconds since 1970."""
    kind = kinds(column)
    if kind == {str}:
        return moments.of_texts(column)
    if kind <= {int, float}:
        return moments.of_numbers(np.array(column, np.float64))
    return moments.of_texts([value if type(value) is str else "" for value in column])


def texts(column: Column) -> Column:
    """Texts that say something."""
    if kinds(column) == {str} and all(column) and "-" not in column:
        return column
    return [value if type(value) is str and value not in ("", "-") else None for value in column]


def types(column: Column) -> Column:
    """Types of records, but for those of Lambda, whose records are read by a rule of their own."""
    return _each(
        column, lambda value: None if type(value) is not str or fields.is_of_lambda(value) else value
    )


def methods(column: Column) -> Column:
    """Methods of requests."""
    return _each(column, lambda value: value if type(value) is str and value.isalpha() else None)


def statuses(column: Column) -> Column:
    """Statuses of answers."""
    return _each(column, lambda value: value if fields.is_status(value) else None)


def asked(column: Column) -> Column:
    """The paths of lines of requests, such as GET /a HTTP/1.1."""
    return [_path(value) if type(value) is str else None for value in column]


@lru_cache(maxsize=CACHED)
def _path(line: str) -> str | None:
    return fields.asked_in(line)


def sizes(column: Column) -> Column:
    """Bytes."""
    kind = kinds(column)
    if kind == {int} and min(column) >= 0 and max(column) < fields.LARGEST:
        return column
    if (
        kind == {str}
        and _are_digits("".join(column))
        and all(column)
        and max(map(len, column)) < fields.DIGITS
    ):
        return list(map(int, column))
    return [_size(value) for value in column]


def _size(value: Any) -> int | None:
    if type(value) is str and len(value) < fields.DIGITS and _are_digits(value):
        return int(value)
    return value if type(value) is int and 0 <= value < fields.LARGEST else None


def durations(column: Column, scale: float) -> Column:
    """Seconds, of numbers which `scale` makes seconds."""
    kind = kinds(column)
    lines = "\n".join(column) if kind == {str} else ""
    if kind <= {int, float} or (
        _are_digits(lines.replace("\n", "").replace(".", "")) and _are_numbers(lines)
    ):
        try:
            seconds = np.array(list(map(float, column))) * scale
        except (OverflowError, ValueError):  # "1.2.3"
            seconds = np.array([np.nan])
        if ((seconds >= 0) & (seconds < fields.LONGEST_S)).all():
            return seconds.tolist()
    return [fields.seconds_of(value, scale) if type(value) in (int, float, str) else None for value in column]


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _are_numbers(lines: str) -> bool:
    """Whether no line is empty, or begins or ends with a point."""
    framed = f"\n{lines}\n"
    return "\n\n" not in framed and "\n." not in framed and ".\n" not in framed


def _each(column: Column, read: Callable[[Any], Any]) -> Column:
    """What `read` says of each value, asked once for each different value; None for lists and objects."""
    try:
        known = {value: read(value) for value in set(column)}
    except TypeError:
        return [read(value) if isinstance(value, str | int | float) else None for value in column]
    return column if all(known[value] is not None for value in known) else [known[value] for value in column]
