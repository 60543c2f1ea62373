"""Draws bills over traffic and latencies as SVG: without a script, with the colours and fonts of the page around."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from cost import words

WIDTH, HEIGHT = 860, 400
LEFT, TOP, BOTTOM = 72, 16, 48
CHARACTER = 7.8  # the width of one in a bold title
LEAST_VOLUME, MOST_VOLUME = 100.0, 1e8
FLOOR = 0.01
LABEL_GAP = 16
LATENCY_HEIGHT = 300
RAREST = 1e-4
STEPS = (1, 2, 5)


def bills(data: Mapping[str, Any]) -> Markup:
    """Dollars a month over requests a month, both logarithmic, a line for each option; your traffic is marked.

    Bills below a cent are drawn at a cent.
    """
    if not data["curves"]:
        return Markup()
    right = _right(data)
    most = max(dollars for points in data["curves"].values() for _, dollars in points)
    across = Scale(LEAST_VOLUME, MOST_VOLUME, LEFT, right)
    up = Scale(FLOOR, 10 ** math.ceil(math.log10(most)), HEIGHT - BOTTOM, TOP)
    parts = [_grid(across, up, right, HEIGHT - BOTTOM)]
    ends: list[tuple[float, int, str]] = []
    for place, option in enumerate(data["options"]):
        if option["name"] not in data["curves"]:
            continue
        points = [(x, max(y, FLOOR)) for x, y in data["curves"][option["name"]] if x >= LEAST_VOLUME]
        path = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in points)
        parts.append(
            f'<polyline class="line s{place}" points="{path}"><title>{escape(option["title"])}</title></polyline>'
        )
        ends.append((up.at(points[-1][1]), place, option["title"]))
    parts += [
        f'<text class="s{place} name" x="{right + 10}" y="{y:.1f}">{escape(title)}</text>'
        for y, place, title in _apart(ends)
    ]
    parts += [_change(change, across) for change in data["changes"]]
    parts.append(_here(data["monthly"], across))
    parts.append(f'<text class="axis" x="{(LEFT + right) / 2}" y="{HEIGHT - 6}">requests a month</text>')
    return svg(HEIGHT, "A month's bill over requests a month, on logarithmic axes", parts)


def latencies(data: Mapping[str, Any]) -> Markup:
    """The share of the requests that wait longer than so many seconds, both logarithmic, a line for each option."""
    curves = {
        option["name"]: [(x, y) for x, y in option["slower"] if y >= RAREST] for option in data["options"]
    }
    seen = [seconds for option in data["options"] for seconds, _ in option["slower"]]
    if not seen:
        return Markup()
    right, bottom = _right(data), LATENCY_HEIGHT - BOTTOM
    across = Scale(_step(min(seen) * 0.9, up=False), _step(max(seen), up=True), LEFT, right)
    up = Scale(RAREST, 1, bottom, TOP)
    parts = [vertical(across.ticks(STEPS), across, bottom, words.seconds)]
    parts += [
        horizontal(up.at(part), right, words.percent(part)) for part in (1.0, 0.5, 0.05, 0.01, 0.001, RAREST)
    ]
    for place, option in enumerate(data["options"]):
        points = curves[option["name"]]
        first = option["slower"][0][0]
        corners = [(first, 1.0), *points]
        last = option["slower"][len(points)][0] if len(points) < len(option["slower"]) else corners[-1][0]
        path = _steps([*corners, (last, RAREST)], across, up)
        parts.append(
            f'<path class="line s{place}" d="{path}"><title>{escape(option["title"])}</title></path>'
        )
        parts.append(
            f'<text class="s{place} name" x="{right + 10}" y="{TOP + 14 + place * 20}">{escape(option["title"])}</text>'
        )
    middle = (LEFT + right) / 2
    parts.append(
        f'<text class="axis" x="{middle}" y="{LATENCY_HEIGHT - 6}">how long a caller waits, at least</text>'
    )
    return svg(LATENCY_HEIGHT, "The share of requests that take longer, over latency", parts)


def _right(data: Mapping[str, Any]) -> float:
    """The right end of the charts, which leaves room for the longest title beside them."""
    return WIDTH - 20 - CHARACTER * max(len(option["title"]) for option in data["options"])


class Scale:
    """A logarithmic scale from values to places."""

    def __init__(self, low: float, high: float, begin: float, end: float) -> None:
        self._low, self._high = math.log10(low), math.log10(high)
        self._begin, self._end = begin, end

    def at(self, value: float) -> float:
        part = (math.log10(value) - self._low) / (self._high - self._low)
        return self._begin + (self._end - self._begin) * part

    def roomy(self, gap: float) -> list[float]:
        """Ticks so many pixels apart at least, with twice and five times the powers of ten if there is room."""
        return self.ticks(STEPS if abs(self.at(2.0) - self.at(1.0)) >= gap else (1,))

    def ticks(self, steps: Sequence[int] = (1,)) -> list[float]:
        """The powers of ten within the scale, and their multiples."""
        powers = range(math.floor(self._low), math.ceil(self._high) + 1)
        values = [step * 10.0**power for power in powers for step in steps]
        return [value for value in values if self._low - 1e-9 <= math.log10(value) <= self._high + 1e-9]


def _steps(points: Sequence[tuple[float, float]], across: Scale, up: Scale) -> str:
    """A falling staircase: a share stays until the next latency."""
    (x, y), *rest = points
    parts = [f"M{across.at(x):.1f},{up.at(y):.1f}"]
    parts += [f"H{across.at(seconds):.1f}V{up.at(max(share, RAREST)):.1f}" for seconds, share in rest]
    return "".join(parts)


def _grid(across: Scale, up: Scale, right: float, bottom: float) -> str:
    rows = "".join(horizontal(up.at(tick), right, words.dollars(tick)) for tick in up.ticks())
    return vertical(across.ticks(), across, bottom, words.count) + rows


def vertical(ticks: Sequence[float], across: Scale, bottom: float, name: Callable[[float], str]) -> str:
    return "".join(
        f'<line class="grid" x1="{across.at(tick):.1f}" x2="{across.at(tick):.1f}" y1="{TOP}" y2="{bottom}"/>'
        f'<text class="axis" x="{across.at(tick):.1f}" y="{bottom + 18}">{name(tick)}</text>'
        for tick in ticks
    )


def horizontal(y: float, right: float, name: str) -> str:
    return (
        f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="axis left" x="{LEFT - 8}" y="{y + 4:.1f}">{name}</text>'
    )


def _apart(ends: list[tuple[float, int, str]]) -> list[tuple[float, int, str]]:
    """Labels at the ends of lines, moved apart if they would overlap."""
    placed: list[tuple[float, int, str]] = []
    for y, place, title in sorted(ends):
        above = placed[-1][0] + LABEL_GAP if placed else 0.0
        placed.append((max(y + 4, above), place, title))
    return placed


def _here(monthly: float, across: Scale) -> str:
    x = across.at(min(max(monthly, LEAST_VOLUME), MOST_VOLUME))
    return (
        f'<line class="here" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text class="note" x="{x + 6:.1f}" y="{TOP + 12}">your traffic: {words.count(monthly)}</text>'
    )


def _change(change: Mapping[str, Any], across: Scale) -> str:
    if not LEAST_VOLUME <= change["requests"] <= MOST_VOLUME:
        return ""
    x = across.at(change["requests"])
    return (
        f'<line class="change" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text class="note end" x="{x - 6:.1f}" y="{HEIGHT - BOTTOM - 8}">{words.count(change["requests"])}</text>'
    )


def _step(value: float, *, up: bool) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = [step * power for step in (*STEPS, 10)]
    return (
        next(step for step in steps if step >= value) if up else max(step for step in steps if step <= value)
    )


def svg(height: float, label: str, parts: Sequence[str]) -> Markup:
    return Markup(  # noqa: S704 -- titles are escaped where they are put in, the rest is numbers
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    )
