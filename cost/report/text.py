"""Prints advice and bills, as JSON values: tables, sentences and a chart in a terminal."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cost import words
from cost.report import plot, table
from platforms import of

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
MARKS = {"aws": "L", "gcp": "C", "apprunner": "A", "ecs": "E"}
FLOOR = 0.01
FEWEST = 100
CHART_HEIGHT = 18
WIDEST = 100
TICKS = (2, 3, 4, 5, 6, 7, 8)


def advice(data: Mapping[str, Any], console: Console, *, chart: bool = True) -> None:
    """Print all of an advice: how many wait, what it costs, bills over traffic, what to take, and its assumptions."""
    console.print(Group(*_advice(data, chart, console.width)))


def bills(
    pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], notes: Sequence[str], console: Console
) -> None:
    """Print bills, each with the free tier and without it, as line items."""
    for free, listed in pairs:
        console.print(Text(f"{free['title']}, {free['region']}", style="bold"))
        console.print(Padding(_lines(free, listed), (0, 0, 1, 2)))
        if any(line["amount"] is None for line in listed["lines"]) or listed["unsure"]:
            console.print(
                Padding(Text(f"? {words.unsure(listed) or 'some prices are not known'}"), (0, 0, 1, 2))
            )
    for note in notes:
        console.print(Text(note, style="dim"))


def _advice(data: Mapping[str, Any], chart: bool, width: int) -> Iterator[RenderableType]:  # noqa: FBT001 -- passed on
    yield Text(f"{words.monthly(data['monthly'])}: {data['traffic']}\n", style="bold")
    yield _options(data)
    yield Text(f"\n{data['recommendation']}\n", style="bold")
    yield Text("A month's bill by requests a month, with the free tier, for calls at random:\n")
    yield _volumes(data)
    for line in words.changes(data):
        yield Text(f"  {line}")
    others = words.changes(data, "changes_all")
    if others != words.changes(data):
        yield Text(f"  with App Runner as well: {'; '.join(others)}", style="dim")
    if chart and data["curves"]:
        yield Text("\n" + curves(data, min(width, WIDEST)))
    yield Text("")
    for note in data["notes"]:
        yield Text(f"- {note}", style="dim")


def _options(data: Mapping[str, Any]) -> Table:
    shown = table.of_advice(data)
    grid = _table(*shown["columns"])
    for row in shown["rows"]:
        grid.add_row(*row)
    return grid


def _volumes(data: Mapping[str, Any]) -> Table:
    grid = _table("requests a month", *(option["title"] for option in data["options"]))
    for row in data["table"]:
        grid.add_row(
            words.count(row["requests"]),
            *(words.money(row["dollars"][option["name"]]) for option in data["options"]),
        )
    return grid


def curves(data: Mapping[str, Any], width: int) -> str:
    """A chart of the bills over traffic, both axes logarithmic; bills below a cent are drawn at a cent."""
    figure = plot.figure()
    figure.plot_size(width, CHART_HEIGHT)
    for option in data["options"]:
        if option["name"] not in data["curves"]:
            continue
        points = [(volume, dollars) for volume, dollars in data["curves"][option["name"]] if volume >= FEWEST]
        places = [math.log10(volume) for volume, _ in points]
        heights = [math.log10(max(dollars, FLOOR)) for _, dollars in points]
        mark = of(MARKS, option["platform"], "cost/report/text.py: MARKS")
        figure.draw(figure.signal(places, heights, marker=mark).lines().label(option["title"]))
    figure.ruler("x", 0).ticks(list(TICKS), [words.count(10.0**power) for power in TICKS])
    powers = range(-2, 4)
    figure.ruler("y", 0).ticks(list(powers), [words.dollars(10.0**power) for power in powers])
    figure.label("requests a month", axis="x")
    return ESCAPES.sub("", str(figure.build().string())).rstrip()


def _lines(free: Mapping[str, Any], listed: Mapping[str, Any]) -> Table:
    grid = _table("", "quantity", "price", "free", "with free tier", "without")
    for line, same in zip(free["lines"], listed["lines"], strict=True):
        mark = "" if line["confirmed"] else " ?"
        grid.add_row(
            line["name"],
            f"{words.quantity(line['quantity'])} {line['unit']}",
            price(line) + mark,
            words.quantity(line["free"]) if float(line["free"]) else "",
            words.amount(line["amount"]),
            words.amount(same["amount"]),
        )
    grid.add_section()
    grid.add_row(Text("a month", style="bold"), "", "", "", words.total(free), words.total(listed))
    return grid


def price(line: Mapping[str, Any]) -> str:
    """A line's unit price, at the first tier."""
    if not line["prices"]:
        return "unknown"
    per = "" if line["per"] == "1" else f" per {words.count(float(line['per']))}"
    more = ", less later" if len(line["prices"]) > 1 else ""
    return f"{words.unit_price(line['prices'][0]['dollars'])}{per}{more}"


def _table(first: str, *columns: str) -> Table:
    grid = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    grid.add_column(first)
    for column in columns:
        grid.add_column(column, justify="right")
    return grid
