"""Writes figures as a reader sees them, the same in the terminal and on the page."""

import math
from collections.abc import Callable, Mapping
from typing import Any

CENT = 0.01
NO_CENTS = 1000
RARE = 1e-4
NO_MS = 0.9995
FEW = 0.1


def money(value: float | None) -> str:
    """Dollars: with cents below a thousand, without from there on; a small amount is never rounded to 0."""
    if value is None:
        return "unknown"
    if 0 < value < CENT:
        return "under $0.01"
    return f"${value:,.0f}" if value >= NO_CENTS else f"${value:,.2f}"


def dollars(value: float) -> str:
    """A tick of an axis: cents below a dollar."""
    return f"${value:,.0f}" if value >= 1 else f"${value:.2f}"


def amount(value: float | None) -> str:
    """The amount of a line, finer than cents."""
    return "unknown" if value is None else f"${value:,.4f}"


def share(part: float) -> str:
    """A share in percent with two significant digits; a tiny share as "below" a limit."""
    if 0 < part < RARE:
        return "under 0.01%"
    return f"{part:.1%}" if part >= CENT else f"{part:.2%}" if part else "none"


def percent(part: float) -> str:
    """A tick of an axis: a share without needless digits."""
    return f"{part * 100:g}%"


def one_in(part: float) -> str:
    """The share of requests that wait, in words."""
    if part < RARE:
        return f"{'hardly any' if part else 'no'} request waits for a start"
    if part > 1 - CENT:
        return "every request waits for a start"
    if part > FEW:
        return f"{part:.0%} of the requests wait for a start"
    return f"1 request in {two(1 / part):,} waits for a start"


def seconds(value: float) -> str:
    """A latency: milliseconds below a second, and three digits at least, which is as exact as a latency is."""
    if value < NO_MS:
        return f"{value * 1000:,.0f} ms"
    return f"{value:,.{max(0, 2 - int(math.log10(value)))}f} s"


def duration(seconds: float) -> str:
    """A stretch of time in the largest unit of which there are two or more."""
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= length * 2:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} seconds"


def monthly(requests: int) -> str:
    """Traffic of a whole number of requests."""
    return f"{requests:,} request{'' if requests == 1 else 's'} a month"


def count(value: float) -> str:
    """A number of requests, short: 40 k, 1 M."""
    for size, unit in ((1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:,.3g}{unit}"
    return f"{value:,.0f}"


def quantity(text: str) -> str:
    """A line's quantity with its significant digits."""
    value = float(text)
    return f"{value:,.0f}" if value == round(value) or value >= NO_CENTS else f"{value:,.4g}"


def spread(low: str, high: str) -> str:
    """A range; empty if its ends look the same."""
    return "" if low == high else f"{low} to {high}"


def ranged(name: Callable[[float], str], estimate: Mapping[str, float]) -> str:
    """A figure, and below it its range if there is one to see."""
    spread_ = spread(name(estimate["low"]), name(estimate["high"]))
    return f"{name(estimate['mean'])}\n{spread_}" if spread_ else name(estimate["mean"])


def unit_price(text: str) -> str:
    """A unit price in full, with cents at least."""
    whole, _, digits = text.partition(".")
    return f"${whole}.{digits:0<2}"


def two(value: float) -> int:
    """A number with two significant digits."""
    return round(float(f"{value:.2g}"))


def total(bill: Mapping[str, Any]) -> str:
    """A bill's total; a lower bound if a price is unknown or unconfirmed."""
    known = bill["total"]
    if bill["at_least"]:
        return f"at least {money(known) if known >= CENT else dollars(0)}"
    return money(known)


def unsure(bill: Mapping[str, Any]) -> str:
    """The lines that a total leaves out, in words; "" if there are none."""
    return f"and {money(bill['unsure'])} at prices not confirmed" if bill["unsure"] else ""


def changes(data: Mapping[str, Any], key: str = "changes") -> list[str]:
    """A sentence for each volume at which another platform becomes the cheapest."""
    titles = {option["name"]: option["title"] for option in data["options"]}
    listed = data[key]
    if not listed:
        return []
    first = listed[0]
    lines = [
        f"up to about {count(first['requests'])} requests a month {titles[first['before']]} is the cheapest"
    ]
    return [
        *lines,
        *(f"from about {count(change['requests'])} on {titles[change['after']]}" for change in listed),
    ]
