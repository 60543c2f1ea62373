"""Draws a front, given as JSON values, as SVG: a mark for each set-up, bill across, wait up; a line joins the front."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from cost import words
from cost.front.words import WAIT_TITLES, wait
from cost.report.chart import Scale, horizontal, svg, vertical
from platforms import NAMES

LEFT, RIGHT, TOP, BOTTOM, HEIGHT = 72, 600, 16, 48, 420
FLOOR, LEAST_SHARE = 0.01, 1e-4
ROOM = 1.25
NAME_GAP, LETTERS = 17, 36
TICK_GAP, ROW_GAP = 48, 18  # pixels that the label of a tick needs, beside others and above them


def front(data: Mapping[str, Any]) -> Markup:
    """The chart; both axes are logarithmic, a bill below a cent is drawn at a cent. Nothing without a front."""
    shown, by = data["front"], data["by"]
    if not shown:
        return Markup()
    every = [*data["others"], *shown]
    across = _scale([max(point["dollars"], FLOOR) for point in every], LEFT, RIGHT)
    up = _scale([max(point["waits"][by], _least(by)) for point in every], HEIGHT - BOTTOM, TOP)

    def at(point: Mapping[str, Any]) -> tuple[float, float]:
        return across.at(max(point["dollars"], FLOOR)), up.at(max(point["waits"][by], _least(by)))

    parts = [vertical(across.roomy(TICK_GAP), across, HEIGHT - BOTTOM, words.dollars)]
    parts += [horizontal(up.at(tick), RIGHT, wait(by, tick)) for tick in up.roomy(ROW_GAP)]
    parts += [_mark(point, *at(point), radius=3, faint=True) for point in data["others"]]
    corners = [at(point) for point in shown]
    path = f"M{corners[0][0]:.1f},{corners[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in corners[1:])
    parts.append(f'<path class="line front" d="{path}H{RIGHT}"/>')
    parts += _names(shown, corners)
    parts += [_mark(point, *at(point), radius=6, faint=False) for point in shown]
    middle = (LEFT + RIGHT) / 2
    parts.append(f'<text class="axis" x="{middle}" y="{HEIGHT - 6}">dollars a month</text>')
    return svg(HEIGHT, f"{WAIT_TITLES[by]} over a month's bill, on logarithmic axes", parts)


def _least(by: str) -> float:
    return LEAST_SHARE if by == "starts" else 1e-4


def _scale(values: list[float], begin: float, end: float) -> Scale:
    return Scale(min(values) / ROOM, max(values) * ROOM, begin, end)


def _mark(point: Mapping[str, Any], x: float, y: float, *, radius: int, faint: bool) -> str:
    colour, more = NAMES.index(point["platform"]), " faint" if faint else ""
    said = f"{point['title']}: {words.money(point['dollars'])}" + "".join(
        f", {WAIT_TITLES[name]} {wait(name, value)}" for name, value in point["waits"].items()
    )
    return (
        f'<circle class="dot s{colour}{more}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">'
        f"<title>{escape(said)}</title></circle>"
    )


def _names(shown: list[Mapping[str, Any]], corners: list[tuple[float, float]]) -> list[str]:
    """The front's names beside the chart, from the longest wait down, each joined to its mark by a thin line."""
    parts: list[str] = []
    y = float(TOP)
    for place, (point, (x, height)) in enumerate(zip(shown, corners, strict=True), start=1):
        rows = _rows(f"{place} {point['title']}")
        y = max(y + NAME_GAP, height)
        y = min(y, HEIGHT - BOTTOM - NAME_GAP * (_left(shown, place) - 1))
        parts.append(f'<line class="lead" x1="{x:.1f}" y1="{height:.1f}" x2="{RIGHT + 8}" y2="{y - 4:.1f}"/>')
        colour = NAMES.index(point["platform"])
        for row in rows:
            parts.append(f'<text class="s{colour} name" x="{RIGHT + 12}" y="{y:.1f}">{escape(row)}</text>')
            y += NAME_GAP
        y -= NAME_GAP
    return parts


def _left(shown: list[Mapping[str, Any]], place: int) -> int:
    """The rows that this name and all names after it take."""
    return sum(
        len(_rows(f"{number} {point['title']}"))
        for number, point in enumerate(shown, start=1)
        if number >= place
    )


def _rows(name: str) -> list[str]:
    """A name in rows of some letters, broken at its commas."""
    rows = [""]
    for part in name.split(", "):
        joined = f"{rows[-1]}, {part}" if rows[-1] else part
        if len(joined) > LETTERS and rows[-1]:
            rows[-1] += ","
            rows.append(f"  {part}")
        else:
            rows[-1] = joined
    return rows
