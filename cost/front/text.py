"""A front, as JSON values, into a table, a chart and the lines to type, in a terminal."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from cost import words
from cost.front.words import WAIT_TITLES, wait
from cost.report import plot
from cost.report.text import ESCAPES, MARKS, WIDEST
from platforms import TITLES

FLOOR = 0.01
LEAST_SHARE = 1e-5
CHART_HEIGHT = 18
NARROW = 76


def front(data: Mapping[str, Any], console: Console, *, chart: bool = True) -> None:
    """Print all of a front: what no other beats, the chart, what to take, what to type, what it rests on."""
    console.print(Group(*_front(data, console.width, chart=chart)))


def _front(data: Mapping[str, Any], width: int, *, chart: bool) -> Iterator[RenderableType]:
    yield Text(f"{words.monthly(data['monthly'])}: {data['traffic']}\n", style="bold")
    shown = data["front"]
    if not shown:
        yield Text(f"None of {data['considered']} set-ups can be compared.")
    else:
        count = (
            f"This one of {data['considered']} set-ups beats all others"
            if len(shown) == 1
            else (f"Of {data['considered']} set-ups these {len(shown)} no other beats")
        )
        yield Text(f"{count} in both bill and {WAIT_TITLES[data['by']]}:\n")
        yield _table(data, width)
    if data["pick"]:
        yield Text(f"\n{data['pick']['sentence']}", style="bold")
    if chart and shown:
        yield Text("\n" + scatter(data, min(width, WIDEST)))
        yield Text(_legend(data), style="dim")
    for number, point in to_make(data):
        yield Text(f"\n{number}{point['title']}:")
        yield Text("\n".join(f"  {line}" for line in point["lines"]), no_wrap=True)
    yield Text("")
    for note in data["notes"]:
        yield Text(f"- {note}", style="dim")


def to_make(data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The points whose lines are shown: the front, and what was picked if that lies elsewhere."""
    numbered = [(f"{_number(place)}. ", point) for place, point in enumerate(data["front"], start=1)]
    picked = data["pick"] or {}
    others = [picked[name] for name in ("best", "runner_up") if picked.get(name)]
    return numbered + [("", point) for point in others if point not in data["front"]]


def _table(data: Mapping[str, Any], width: int) -> Table:
    """The front as a table; on a narrow terminal only with the wait that was asked for."""
    names = [data["by"]] if width < NARROW else list(WAIT_TITLES)
    grid = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    grid.add_column("")
    grid.add_column("set-up")
    grid.add_column("a month", justify="right")
    for name in names:
        grid.add_column(WAIT_TITLES[name], justify="right")
    measured = any(point["measured"] for point in (*data["front"], *data["others"]))
    if measured:
        grid.add_column("times", justify="right")
    for place, point in enumerate(data["front"], start=1):
        grid.add_row(
            _number(place),
            point["title"],
            bill_of(point),
            *(wait(name, point["waits"][name]) for name in names),
            *(["measured" if point["measured"] else "computed"] if measured else []),
        )
    return grid


def bill_of(point: Mapping[str, Any]) -> str:
    """A set-up's bill; prices that are not confirmed count, which "about" says."""
    if point["bill"]["unsure"]:
        return f"about {words.money(point['dollars'])}"
    return words.total(point["bill"])


def scatter(data: Mapping[str, Any], width: int) -> str:
    """A chart of wait over bill, both logarithmic: a letter a set-up, the front as a line of numbers."""
    figure = plot.figure()
    figure.plot_size(width, CHART_HEIGHT)
    by = data["by"]
    for platform, mark in MARKS.items():
        points = [point for point in data["others"] if point["platform"] == platform]
        if points:
            across, up = _places(points, by)
            figure.draw(figure.signal(across, up, marker=mark.lower()))
    across, up = _places(data["front"], by)
    corners_x, corners_y = _staircase(across, up)
    figure.draw(figure.signal(corners_x, corners_y, marker="·").lines())
    for place, (x, y) in enumerate(zip(across, up, strict=True), start=1):
        figure.draw(figure.signal([x], [y], marker=_number(place)))
    every = _places([*data["front"], *data["others"]], by)
    for axis, values, name in (("x", every[0], words.dollars), ("y", every[1], lambda at: wait(by, at))):
        ticks = _ticks(values)
        figure.ruler(axis, 0).ticks(ticks, [name(10.0**tick) for tick in ticks])
    figure.label("dollars a month", axis="x")
    figure.label(WAIT_TITLES[by], axis="y")
    return ESCAPES.sub("", str(figure.build().string())).rstrip()


def _number(place: int) -> str:
    """A digit for a place of the table, from the tenth on a capital letter."""
    return str(place) if place < 10 else chr(ord("A") + place - 10)  # noqa: PLR2004 -- digits


def _legend(data: Mapping[str, Any]) -> str:
    """What the marks of the chart mean."""
    there = {point["platform"] for point in data["others"]}
    letters = ", ".join(f"{mark.lower()} {TITLES[name]}" for name, mark in MARKS.items() if name in there)
    numbers = "1" if len(data["front"]) == 1 else f"1 to {_number(len(data['front']))}"
    return f"{numbers}: as in the table" + (
        f"; another beats each of the others: {letters}" if letters else ""
    )


def _places(points: Sequence[Mapping[str, Any]], by: str) -> tuple[list[float], list[float]]:
    least = LEAST_SHARE if by == "starts" else 1e-4
    return (
        [math.log10(max(point["dollars"], FLOOR)) for point in points],
        [math.log10(max(point["waits"][by], least)) for point in points],
    )


def _staircase(across: Sequence[float], up: Sequence[float]) -> tuple[list[float], list[float]]:
    """The corners of a front: a wait stays until the next bill."""
    x, y = [across[0]], [up[0]]
    for right, lower in zip(across[1:], up[1:], strict=True):
        x += [right, right]
        y += [y[-1], lower]
    return x, y


def _ticks(values: Sequence[float]) -> list[float]:
    """Powers of ten, and twice and five times them if there are few, around values that are logarithms."""
    low, high = min(values), max(values)
    steps = (0.0, math.log10(2), math.log10(5)) if high - low < 2 else (0.0,)  # noqa: PLR2004 -- decades
    powers = range(math.floor(low) - 1, math.ceil(high) + 1)
    ticks = [power + step for power in powers for step in steps]
    return [tick for tick in ticks if low - 0.2 <= tick <= high + 0.2] or [low]
