"""Shows a Report as a table and sentences in a terminal, or as plain lines without a terminal."""

import io
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from compare.report import words
from compare.report.model import Figure, Report, Series, TargetReport

_PLAIN_WIDTH = 120
_COLUMNS = ("cold p50", "warm p50", "warm p95", "fresh p50", "failed", "app / overhead")
_MARKS = "¹²³⁴⁵⁶⁷⁸⁹"


def show(report: Report, console: Console) -> None:
    """Print all of `report`: the table, then the findings, then its scope."""
    notes: list[str] = []
    console.print()
    rows = [(target, _row(target, notes)) for target in report.targets]
    table = _table(rows)
    if _fits(table, console):
        console.print(table)
    else:
        for target, cells in rows:
            console.print(_block(f"{name_of(target)}: {target.label}", _COLUMNS, cells))
    for number, note in enumerate(notes):
        console.print(Text(f"{_mark(number)} no interval: {note}", style="dim"))
    _load(report, console)
    _phases(report, console)
    _cost(report, console)
    console.print()
    for line in report.headline:
        console.print(Text(words.sentence(line), style="bold"))
    for finding in report.findings:
        style = "red" if finding.problem else ""
        console.print(Text(f"{'Problem' if finding.problem else 'Note'}: {finding.text}", style=style))
    for line in report.scope:
        console.print(Text(line, style="dim"))


def plain(report: Report) -> str:
    """The same as text for a file, without colours."""
    console = Console(file=io.StringIO(), width=_PLAIN_WIDTH, no_color=True, highlight=False)
    with console.capture() as captured:
        show(report, console)
    return captured.get()


def _fits(table: Table, console: Console) -> bool:
    """Whether the table fits without a cut or a wrap; if not, lines take its place."""
    endless = console.options.update(width=sys.maxsize)
    return console.measure(table, options=endless).maximum <= console.width


def _bare_table(first: str, others: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _table(rows: list[tuple[TargetReport, list[str]]]) -> Table:
    table = _bare_table("target", _COLUMNS)
    for target, cells in rows:
        table.add_row(escape(f"{name_of(target)}\n{target.label}"), *(escape(cell) for cell in cells))
    return table


def _block(title: str, names: Sequence[str], cells: Sequence[str]) -> Text:
    text = Text(f"{title}\n", style="bold")
    width = max(map(len, names))
    for name, cell in zip(names, cells, strict=True):
        text.append(f"  {name:<{width}}  {cell.replace(chr(10), ' ')}\n", style="not bold")
    return text


def name_of(target: TargetReport) -> str:
    """The target's name, with its run if there are several."""
    return f"{target.run}/{target.name}" if target.run else target.name


def label_of(target: TargetReport) -> str:
    """The same, marked if it is emulated."""
    return words.marked(name_of(target), emulated=target.emulated)


def _row(target: TargetReport, notes: list[str]) -> list[str]:
    """The cells of one target, the number of samples below each figure; reasons for no interval go to `notes`."""
    cold, warm, fresh = words.cold(target), words.warm(target), words.find(target, "warm", "fresh")
    return [
        _cell(cold.p50, notes, cold) if cold else target.cold_note or "-",
        _cell(warm.p50, notes, warm) if warm else "-",
        _cell(warm.p95, notes) if warm else "-",
        words.value(fresh.p50) if fresh else "-",
        words.failed(target),
        words.shares(warm).replace(" / ", " /\n"),
    ]


def _cell(figure: Figure, notes: list[str], counted: Series | None = None) -> str:
    """A figure, its interval or the mark of the note that says why there is none, and how many samples it is of."""
    if figure.value is None:
        return words.value(figure).replace(": ", ":\n")
    lines = [words.value(figure)]
    if figure.low is not None:
        lines.append(words.interval(figure))
    else:
        note = figure.why or "not known"
        if note not in notes:
            notes.append(note)
        lines[0] += f" {_mark(notes.index(note))}"
    return "\n".join([*lines, *([words.counted(counted)] if counted else [])])


def _mark(number: int) -> str:
    return _MARKS[number] if number < len(_MARKS) else f"({number + 1})"


def _load(report: Report, console: Console) -> None:
    """Print how long requests of the load took, from the time when they were due."""
    for target in report.targets:
        series = words.find(target, "load", "kept")
        if series is None:
            continue
        figures = (("p50", series.p50), ("p95", series.p95), ("p99", series.p99))
        listed = ", ".join(f"{name} {words.both(figure)}" for name, figure in figures)
        console.print(Text(f"under load, {label_of(target)}: {listed}, n={series.n}"))


def _phases(report: Report, console: Console) -> None:
    """Where the time of a typical request goes, one line a series."""
    shown = [(target, series) for target in report.targets for series in target.series if series.phases]
    if not shown:
        return
    table = _bare_table("where the time goes", (*words.PHASES, "total"))
    lines: list[Text] = []
    for target, series in shown:
        name = f"{label_of(target)}, {words.series_name(series)}"
        took = [(phase, getattr(series.phases, phase)) for phase in (*words.PHASES, "total")]
        table.add_row(escape(name), *("-" if ms is None else words.ms(ms) for _, ms in took))
        phases = ", ".join(f"{phase} {words.ms(ms)}" for phase, ms in took if ms is not None)
        lines.append(Text(f"{name}: {phases}"))
    console.print()
    if _fits(table, console):
        console.print(table)
    else:
        console.print(Text("where the time goes", style="bold"), *lines, sep="\n")


def _cost(report: Report, console: Console) -> None:
    """Print what a month would cost and how many requests would wait; the page has the reasons."""
    if report.cost is None:
        return
    console.print(Text(f"\n{report.cost.title}", style="bold"))
    for line in report.cost.words:
        console.print(Text(line))
    first, *others = report.cost.columns
    table = _bare_table(first, others)
    for row in report.cost.rows:
        table.add_row(*(escape(cell) for cell in row))
    if _fits(table, console):
        console.print(table)
    else:
        for name, *cells in report.cost.rows:
            console.print(_block(name, others, [cell.replace("\n", ", ") for cell in cells]))
