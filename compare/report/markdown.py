"""Writes a Report as Markdown for a pull request: the verdict, a table, what went wrong, what was not compared."""

from commandline import printable
from compare.report import words
from compare.report.model import Report, TargetReport

_COLUMNS = (
    "target",
    "platform",
    "cold starts",
    "warm p50",
    "warm p95",
    "fresh p50",
    "failed",
    "app / overhead",
)


def render(report: Report) -> str:
    """The Markdown text."""
    lines = [f"### Latency of {_escaped(report.title)}", ""]
    lines += [f"**{_escaped(words.sentence(line))}**  " for line in report.headline]
    lines += ["", _row(_COLUMNS), _row(["---", "---", *["---:"] * (len(_COLUMNS) - 2)])]
    lines += [_row([_escaped(cell) for cell in _cells(target)]) for target in report.targets]
    lines.append("")
    for target in report.targets:
        if series := words.find(target, "load", "kept"):
            figures = ", ".join(
                f"{name} {words.both(getattr(series, name))}" for name in ("p50", "p95", "p99")
            )
            lines.append(
                _escaped(f"Under load, {target.name}, {target.label}: {figures}, n={series.n}") + "  "
            )
    for finding in report.findings:
        lines.append(f"- {'**Problem:** ' if finding.problem else ''}{_escaped(finding.text)}")
    if report.cost:
        lines += [
            "",
            f"#### {_escaped(report.cost.title)}",
            "",
            *(_escaped(line) for line in report.cost.words),
            "",
        ]
        lines += [_row(report.cost.columns), _row(["---", *["---:"] * (len(report.cost.columns) - 1)])]
        lines += [_row([_escaped(cell) for cell in row]) for row in report.cost.rows]
    if report.comparisons:
        lines += ["", "<details><summary>All comparisons</summary>", ""]
        lines += [
            f"- {_escaped(words.figure_of(comparison))}: {_escaped(comparison.words)}"
            for comparison in report.comparisons
        ]
        lines += ["", "</details>"]
    lines += ["", *(f"<sub>{_escaped(line)}</sub>" for line in report.scope), ""]
    lines += [f"<sub>`{report.how['command']}`</sub>", ""] if "command" in report.how else []
    return printable("\n".join(lines))


def _cells(target: TargetReport) -> list[str]:
    cold, warm, fresh = words.cold(target), words.warm(target), words.find(target, "warm", "fresh")
    return [
        f"{target.run}/{target.name}" if target.run else target.name,
        target.label,
        f"{words.both(cold.p50)}, {words.counted(cold)}" if cold else target.cold_note or "-",
        f"{words.both(warm.p50)}, {words.counted(warm)}" if warm else "-",
        words.both(warm.p95) if warm else "-",
        words.both(fresh.p50) if fresh else "-",
        words.failed(target),
        words.shares(warm),
    ]


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """`text` with the marks escaped that Markdown or HTML would act on."""
    for mark in "\\`*_[]<>|#":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", ", ")
