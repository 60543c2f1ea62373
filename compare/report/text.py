"""A Report into a table and sentences in a terminal, or into plain lines where there is none."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from compare.report import words
from compare.report.model import Report, TargetReport

_WIDE = 150
_COLUMNS = ("cold n", "cold p50", "warm n", "warm p50", "warm p95", "fresh p50", "failed", "app / overhead")


def show(report: Report, console: Console) -> None:
    """Print all of `report`: the table, then what was found, then what it says and what it does not."""
    console.print()
    if console.width >= _WIDE:
        console.print(_table(report))
    else:
        for target in report.targets:
            console.print(_block(target))
    for line in report.headline:
        console.print(Text(line, style="bold"))
    for finding in report.findings:
        console.print(
            Text(
                f"{'Problem' if finding.problem else 'Note'}: {finding.text}",
                style="red" if finding.problem else "",
            )
        )
    for line in report.scope:
        console.print(Text(line, style="dim"))


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("target", no_wrap=True)
    table.add_column("platform", no_wrap=True)
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for target in report.targets:
        table.add_row(_name(target), escape(target.label), *(escape(cell) for cell in cells(target)))
    return table


def cells(target: TargetReport) -> list[str]:
    """The row of one target: the columns from "cold n" on."""
    cold, warm, fresh = words.cold(target), words.warm(target), words.find(target, "warm", "fresh")
    note = target.cold_note or ""
    return [
        str(cold.n) if cold else "-",
        _lines(words.value(cold.p50), words.interval(cold.p50)) if cold else note,
        str(warm.n) if warm else "0",
        _lines(words.value(warm.p50), words.interval(warm.p50)) if warm else "-",
        _lines(words.value(warm.p95), words.interval(warm.p95)) if warm else "-",
        words.value(fresh.p50) if fresh else "-",
        words.failed(target),
        words.shares(warm),
    ]


def _block(target: TargetReport) -> Text:
    text = Text(f"{target.name}: {target.label}\n", style="bold")
    for name, cell in zip(_COLUMNS, cells(target), strict=True):
        text.append(f"  {name:<15} {cell.replace(chr(10), ' ')}\n", style="not bold")
    return text


def _name(target: TargetReport) -> str:
    return escape(f"{target.run}/{target.name}" if target.run else target.name)


def _lines(first: str, second: str) -> str:
    return f"{first}\n{second}" if second else first
