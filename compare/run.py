"""Targets and a plan into a saved run: endpoints opened, samples appended as they are measured, reports written."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console

from commandline import UserError, write_whole
from compare import costs, files, forecast, machine, wrong_request
from compare.live import Progress
from compare.measure import trust
from compare.measure.contact import Contact
from compare.measure.experiment import Done, Experiment
from compare.measure.stop import Stop
from compare.report import build, data, html, text
from compare.report.build import times_as_long
from compare.report.model import Report
from compare.targets import endpoints
from compare.targets.endpoints import Endpoint
from compare.targets.target import Target
from runs.file import SAMPLES, End, Note, Run, RunFile, read
from runs.head import Head, RunEndpoint
from runs.plan import Plan
from runs.sample import Sample, leads_to


@dataclass(frozen=True)
class Output:
    """Where things go: the folder that runs are saved in, the console, the command as typed, whether to be quiet.

    monthly: the traffic that the report's costs are for, 0 for no costs. place: where it is measured from, if told.
    """

    results: Path
    console: Console
    command: str
    quiet: bool = False
    monthly: int = 0
    place: str | None = None


@dataclass(frozen=True)
class Measured:
    """A run that has ended: its folder, its report, and the exit status that an interrupt asks for (0: none did)."""

    directory: Path
    report: Report
    interrupted: int


def measure(
    targets: Sequence[Target],
    plan: Plan,
    output: Output,
    *,
    resumed: Path | None = None,
    against_itself: bool = False,
) -> Measured:
    """Measure, save and report.

    `resumed` is the folder of a run to go on with, whose plan and targets are given. `against_itself`: the targets are
    one under several names (an A/A run), and the clock and the probe are checked first.
    """
    before = read(resumed) if resumed else None
    targets = endpoints.located(targets)
    samples: dict[str, list[Sample]] = {target.name: [] for target in targets}
    for sample in before.samples if before else ():
        samples[sample.target].append(sample)
    progress = Progress(output.console, samples, quiet=output.quiet, duration_s=plan.duration_s)
    with Stop() as stop, progress:
        directory = resumed or _new_directory(output.results)
        try:
            with endpoints.opened(targets, plan.idle_s, directory, as_one=against_itself) as opened:
                recording = _Recording(directory, opened, plan, samples, progress, stop, against_itself)
                recording.record(targets, output, before)
        except UserError:
            _remove(directory)
            raise
        run = read(directory)
        return Measured(directory, costs.priced(build.report(run), run), stop.status if stop.requested else 0)


def show(measured: Measured, output: Output) -> int:
    """Print what was measured and where it is; the exit status: 0, 1 when a target was wrong, 130 after Ctrl-C."""
    report = measured.report
    where = _written(measured)
    text.show(report, output.console)
    output.console.print(f"\n{where}", highlight=False, markup=False, soft_wrap=True)
    if measured.interrupted:
        return measured.interrupted
    return 1 if report.status != "complete" or any(finding.problem for finding in report.findings) else 0


def _written(measured: Measured) -> str:
    """Write the reports; where they are, or why not."""
    page = measured.directory.parent.parent / "report.html"
    try:
        write_whole(measured.directory / "report.json", data.to_json(measured.report))
        rendered = html.page(measured.report)
        write_whole(measured.directory / "report.html", rendered)
        write_whole(page, rendered)
    except OSError as failure:
        reason = files.told(failure)
        return f"Samples: {measured.directory}{os.sep} (reports could not be written: {reason})"
    return f"Samples, JSON, page: {measured.directory}{os.sep} (the page again: {page})"


@dataclass(frozen=True)
class _Recording:
    """One run while it is measured: what it writes to, and what it measures."""

    directory: Path
    opened: Sequence[Endpoint]
    plan: Plan
    samples: dict[str, list[Sample]]
    progress: Progress
    stop: Stop
    against_itself: bool

    def record(self, targets: Sequence[Target], output: Output, before: Run | None) -> None:
        """Append everything to the run's file, to its end: complete, interrupted, or failed and why."""
        began = time.monotonic() - (before.measured_s if before else 0.0)
        with self._file(targets, output, before) as file:

            def sink(sample: Sample) -> None:
                self._refuse_wrong_request(sample)
                file.write(sample.record())
                self.samples[sample.target].append(sample)

            status = self._run(sink, began, before)
            try:
                file.write(End(status, time.monotonic() - began).record())
            except OSError as failure:
                self.progress.say(f"the end of the run could not be written: {files.told(failure)}")

    def _file(self, targets: Sequence[Target], output: Output, before: Run | None) -> RunFile:
        """The run's file with its first lines in it; UserError if it cannot be written."""
        try:
            file = RunFile(self.directory / SAMPLES, self._redacted)
            if before:
                file.write(Note(_resumption(before)).record())
            else:
                file.write(self._head(targets, output).record())
            for text in trust.checked(self.stop) if self.against_itself else ():
                file.write(Note(text).record())
        except OSError as failure:
            raise UserError(
                f"cannot write to {self.directory}: {files.told(failure)}; choose a folder with --results"
            ) from failure
        return file

    def _head(self, targets: Sequence[Target], output: Output) -> Head:
        return Head(
            started=datetime.now().astimezone(),
            command=output.command,
            plan=self.plan,
            targets=tuple(target.record() for target in targets),
            endpoints=tuple(
                RunEndpoint(
                    name=endpoint.name,
                    platform=endpoint.source.platform,
                    emulated=endpoint.source.emulated,
                    url=endpoint.shown_url,
                    request=(
                        f"{endpoint.request.method} {endpoint.shown_url}, "
                        f"status {endpoint.request.expect} expected"
                    ),
                    builds=endpoint.builds,
                )
                for endpoint in self.opened
            ),
            machine=machine.described(),
            monthly=output.monthly,
            against_itself=self.against_itself,
            place=output.place,
        )

    def _run(self, sink: Callable[[Sample], None], began: float, before: Run | None) -> str:
        experiment = Experiment(
            self.plan,
            self.opened,
            sink,
            stop=self.stop,
            view=self.progress,
            began=began,
            longer=lambda: times_as_long(self.samples, self.plan),
        )
        try:
            experiment.run(_done(before) if before else Done(), self._announce)
        except OSError as failure:
            return f"failed: {files.told(failure)}; the samples before are in the file"
        return "interrupted" if self.stop.requested else "complete"

    def _announce(self, contact: Contact) -> None:
        """Say what is measured, how long that takes, and what it can find."""
        if self.progress.quiet or self.stop.requested:
            return
        self.progress.say(forecast.announcement(self.plan, self.opened, contact))
        if sentence := forecast.finds(self.plan, self.opened, self.samples):
            self.progress.say(sentence)

    def _refuse_wrong_request(self, sample: Sample) -> None:
        """UserError if the first answer of all says that the request is wrong: no wait is worth the rest."""
        if sample.ok or any(self.samples.values()):
            return
        if problem := wrong_request.problem(sample.status, leads_to(sample)):
            [endpoint] = [endpoint for endpoint in self.opened if endpoint.name == sample.target]
            asked = f"{endpoint.request.method} {endpoint.shown_url}"
            raise UserError(self._redacted(f"{sample.target} answered {sample.status} to {asked}: {problem}"))

    def _redacted(self, text: str) -> str:
        """`text` without the secrets of any target."""
        for endpoint in self.opened:
            text = endpoint.request.redact(text)
        return text


def _resumption(before: Run) -> str:
    when = datetime.now().astimezone().isoformat(timespec="seconds")
    return f"resumed at {when} after {len(before.samples)} samples; seconds count time spent measuring"


def _done(before: Run) -> Done:
    """What a run has done already.

    The cycle that was cut off is not gone on with, since its instances are gone by now: it is made up for by another.
    """
    warm = [sample for sample in before.samples if sample.kind == "warm"]
    cold = [sample for sample in before.samples if sample.kind == "cold" and sample.ok]
    cycle = max((sample.cycle + 1 for sample in before.samples), default=0)
    whole = cycle
    if before.head.plan.rounds:
        warmed = {(sample.target, sample.cycle) for sample in warm if sample.ok}
        cold = [sample for sample in cold if sample.how == "burst" or (sample.target, sample.cycle) in warmed]
        whole = min(Counter(target for target, _ in warmed).values(), default=0)
    return Done(
        cycle=cycle,
        whole=whole,
        round=max((sample.round + 1 for sample in warm), default=0),
        cold=Counter(sample.target for sample in cold),
    )


def _new_directory(results: Path) -> Path:
    name = datetime.now().astimezone().strftime("%Y-%m-%dT%H-%M-%S")
    for suffix in ["", *(f"-{n}" for n in range(2, 100))]:
        directory = results / f"{name}{suffix}"
        try:
            directory.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as failure:
            raise UserError(
                f"cannot write to {results}: {failure.strerror}; choose a folder with --results"
            ) from failure
        return directory
    raise UserError(f"{results} already has a hundred runs of this second; choose a folder with --results")


def _remove(directory: Path) -> None:
    """Remove the folder of a run in which nothing was measured: its file has at most its first line."""
    samples = directory / SAMPLES
    if not samples.exists() or samples.read_bytes().count(b"\n") <= 1:
        shutil.rmtree(directory)
