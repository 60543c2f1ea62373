"""Targets and a plan into a saved run: endpoints opened, samples appended as they are measured, reports written."""

import errno
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from compare import endpoints, machine
from compare.endpoints import Endpoint
from compare.errors import CompareError
from compare.experiment import Experiment
from compare.live import Progress
from compare.plan import Plan
from compare.report import build, data, html, text
from compare.report.model import Report
from compare.runfile import FORMAT, SAMPLES, RunFile, read
from compare.sample import Sample
from compare.stop import Stop
from compare.targets import Target
from compare.units import spoken

LOCAL_IDLE_S = 0.6


@dataclass(frozen=True)
class Output:
    """Where things go: the folder that runs are saved in, the console, the command as typed, whether to be quiet."""

    results: Path
    console: Console
    command: str
    quiet: bool = False


def measure(targets: Sequence[Target], plan: Plan, output: Output) -> int:
    """Measure, save and report; the exit status: 0, 1 when a target answered wrongly, 130 after Ctrl-C."""
    targets = endpoints.located(targets)
    with Stop() as stop, Progress(output.console, quiet=output.quiet) as progress:
        local_idle_s = LOCAL_IDLE_S if plan.idle_s is None else plan.idle_s
        directory = _new_directory(output.results)
        try:
            with endpoints.opened(targets, local_idle_s, directory) as opened:
                status = _measure(directory, targets, opened, plan, output, progress, stop)
        except CompareError:
            _remove(directory)
            raise
    report = write_reports(directory)
    text.show(report, output.console)
    page = _copy_page(directory, output.results)
    output.console.print(
        f"\nSamples, JSON and page: {directory}{os.sep}  (the page again: {page})", highlight=False
    )
    if stop:
        return stop.status
    return 1 if status != "complete" or any(finding.problem for finding in report.findings) else 0


def write_reports(directory: Path) -> Report:
    """The report of the run saved in `directory`, written beside its samples as JSON and as a page."""
    report = build.report(read(directory))
    (directory / "report.json").write_text(data.to_json(report), encoding="utf-8")
    (directory / "report.html").write_text(html.page(report), encoding="utf-8")
    return report


def _measure(
    directory: Path,
    targets: Sequence[Target],
    opened: Sequence[Endpoint],
    plan: Plan,
    output: Output,
    progress: Progress,
    stop: Stop,
) -> str:
    """Append everything to the run's file; how it ended: "complete", "interrupted" or "failed: why"."""
    began = time.monotonic()
    status = "complete"
    with RunFile(directory / SAMPLES, _redactor(opened)) as file:
        file.write(_head(targets, opened, plan, output))
        progress.say(_announcement(plan, opened))

        def sink(sample: Sample) -> None:
            file.write(sample.record())
            progress.add(sample)

        experiment = Experiment(plan, opened, sink, stop=stop, view=progress, began=began)
        try:
            experiment.run()
        except OSError as failure:
            status = f"failed: {_told(failure)}"
        if stop:
            status = "interrupted"
        try:
            file.write({"record": "end", "status": status, "at_s": round(time.monotonic() - began, 6)})
        except OSError as failure:
            progress.say(f"the end of the run could not be written: {_told(failure)}")
    return status


def _head(
    targets: Sequence[Target], opened: Sequence[Endpoint], plan: Plan, output: Output
) -> dict[str, Any]:
    return {
        "record": "run",
        "format": FORMAT,
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": output.command,
        "plan": plan.record(),
        "targets": [target.record() for target in targets],
        "endpoints": [
            {
                "name": endpoint.name,
                "platform": endpoint.source.platform,
                "emulated": endpoint.source.emulated,
                "url": endpoint.shown_url,
                "request": f"{endpoint.request.method} {endpoint.shown_url}, status {endpoint.request.expect} expected",
            }
            for endpoint in opened
        ],
        "machine": machine.described(),
    }


def _announcement(plan: Plan, opened: Sequence[Endpoint]) -> str:
    words = f"{len(opened)} targets, {plan.rounds} warm rounds"
    waits = [endpoint.idle_s for endpoint in opened if endpoint.idle_s is not None]
    if plan.cold == "idle" and waits:
        alone = max(waits) if plan.idle_s is None else plan.idle_s
        words += f", {plan.cold_starts} cold starts, each after {spoken(alone)} alone"
        words += f": about {spoken(alone * plan.cold_starts)}; Ctrl-C keeps what is measured"
    return words


def _redactor(opened: Sequence[Endpoint]) -> Callable[[str], str]:
    """What strikes every secret of every target out of a line, also as JSON writes it."""

    def redact(line: str) -> str:
        for endpoint in opened:
            line = endpoint.request.redact(line)
        return line

    return redact


def _told(failure: OSError) -> str:
    if failure.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "no space is left to write samples; those before are in the file"
    return f"{failure.strerror or failure}"


def _new_directory(results: Path) -> Path:
    name = datetime.now().astimezone().strftime("%Y-%m-%dT%H-%M-%S")
    for suffix in ["", *(f"-{n}" for n in range(2, 100))]:
        directory = results / f"{name}{suffix}"
        try:
            directory.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as failure:
            raise CompareError(
                f"cannot write to {results}: {failure.strerror}; give another folder with --results"
            ) from failure
        return directory
    raise CompareError(
        f"{results} already has a hundred runs of this second; give another folder with --results"
    )


def _remove(directory: Path) -> None:
    """Remove the folder of a run that never began."""
    if not (directory / SAMPLES).exists():
        shutil.rmtree(directory)


def _copy_page(directory: Path, results: Path) -> Path:
    """The page beside the results folder too, where the last one is always found."""
    page = results.parent / "report.html"
    shutil.copyfile(directory / "report.html", page)
    return page
