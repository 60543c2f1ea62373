"""What each command does, once its options are understood; each returns its exit status."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rich.console import Console

from commandline import UserError, printable, write_whole
from compare import costs, files
from compare.gate import decide
from compare.report import build, data, html, markdown, one_plan, side_by_side, text
from compare.run import Output, measure, show
from compare.targets.target import Target
from runs.file import Run, read
from runs.plan import Plan

__all__ = ["Limit", "Output", "aa", "gate", "gate_saved", "report", "resume", "run"]

Format = Literal["text", "html", "json", "markdown", "csv"]


def run(targets: Sequence[Target], plan: Plan, output: Output) -> int:
    """Measure `targets` as `plan` says, save and report."""
    return show(measure(targets, plan, output), output)


def resume(directory: Path, output: Output) -> int:
    """Go on with the run saved in `directory`, with the plan and the targets that it was begun with."""
    before = read(directory)
    if before.end and before.end.status == "complete":
        raise UserError(f"{directory} is complete; `python -m compare report {directory}` shows it again")
    targets = _targets_of(before)
    twins = before.head.against_itself
    return show(measure(targets, before.head.plan, output, resumed=directory, against_itself=twins), output)


def _targets_of(run: Run) -> list[Target]:
    """The targets that `run` was begun with; UserError if its file does not name all of them."""
    try:
        targets = [Target.from_record(record) for record in run.head.targets]
    except (AttributeError, KeyError, TypeError, ValueError):
        targets = []
    if {target.name for target in targets} != {endpoint.name for endpoint in run.head.endpoints}:
        raise UserError(
            f"{run.path} does not say how its targets are reached, so it cannot go on; begin a new run"
        )
    return targets


def aa(targets: Sequence[Target], plan: Plan, output: Output) -> int:
    """Measure one target against itself, and this tool's probe against a server of known delay."""
    if len(targets) > 1:
        raise UserError(f"--aa measures one target against itself; {len(targets)} are given")
    twins = [replace(targets[0], name=f"{targets[0].name}@{letter}") for letter in "ab"]
    return show(measure(twins, replace(plan, cold="none"), output, against_itself=True), output)


@dataclass(frozen=True)
class Limit:
    """The limits of a gate: how much slower the candidate may be, and the share of its requests that may fail."""

    baseline: str
    candidate: str
    slowdown: float
    failures: float


def gate(targets: Sequence[Target], plan: Plan, limit: Limit, output: Output) -> int:
    """Decide on a candidate from one interleaved run: 0 fast enough, 1 too slow, 2 undecided, 3 broken."""
    measured = measure(targets, plan, output)
    show(measured, output)
    return measured.interrupted or gate_saved(measured.directory, limit, output, plan.primary)


def gate_saved(directory: Path, limit: Limit, output: Output, primary: str) -> int:
    """Decide on two targets of a saved run."""
    decision = decide(
        read(directory),
        limit.baseline,
        limit.candidate,
        1 + limit.slowdown,
        primary=primary,
        failures=limit.failures,
    )
    output.console.print(f"Gate: {decision.words}", style="bold", markup=False, soft_wrap=True)
    return decision.status


def report(
    directories: Sequence[Path], form: Format, output: Path | None, console: Console, *, merge: bool = False
) -> int:
    """Render saved runs as `form`, on standard output or into a file; `merge`: UserError if they cannot be merged."""
    runs = [read(directory) for directory in directories]
    if merge:
        one_plan.refuse(runs)
    built = side_by_side.together([costs.priced(build.report(run), run) for run in runs], runs)
    if form == "text" and output is None:
        text.show(built, console)
        return 0
    match form:
        case "html":
            rendered = html.page(built)
        case "json":
            rendered = data.to_json(built)
        case "markdown":
            rendered = markdown.render(built)
        case "csv":
            rendered = data.to_csv((run.path.name, sample) for run in runs for sample in run.samples)
            rendered = printable(rendered.replace("\r\n", "\n"))
        case _:
            rendered = printable(text.plain(built))
    if output is None:
        sys.stdout.write(rendered)
        return 0
    try:
        write_whole(output, rendered)
    except OSError as failure:
        raise UserError(f"cannot write {output}: {files.told(failure)}") from failure
    return 0
