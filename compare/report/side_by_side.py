"""Reports of several runs into one that shows their targets next to each other, and says that they were made apart."""

from collections.abc import Sequence
from dataclasses import replace

from compare.report import merging, one_plan
from compare.report.build import FROM_HERE, OF_NOW
from compare.report.model import FORMAT, Comparison, Headline, Report
from runs.file import Run

_APART = (
    "These runs were made at different times: what differs between them may be the time. Verdicts are only given "
    "within a run; measure both targets in one run to compare them."
)


def together(reports: Sequence[Report], runs: Sequence[Run]) -> Report:
    """The one report, or several as one. If the runs are of one plan, it has the comparisons over all of them too."""
    if len(reports) == 1:
        return reports[0]
    names = _names(runs)
    if why := one_plan.why_not(runs):
        return _join(reports, names, [_APART, f"They are not merged: {why}."], [])
    over = merging.merged(runs)
    headline = [
        Headline(comparison.words, comparison.figure, comparison.run)
        for comparison in over
        if comparison.primary or comparison.verdict in {"slower", "faster"}
    ]
    joined = _join(reports, names, merging.described(runs), over)
    return replace(joined, headline=[*headline, *joined.headline])


def _names(runs: Sequence[Run]) -> list[str]:
    """A unique name for each run: its folder's, with its place or its path if another has the same name."""
    for name in (lambda run: run.path.name, lambda run: f"{merging.place_of(run)} {run.path.name}"):
        names = [name(run) for run in runs]
        if len(set(names)) == len(names):
            return names
    return [f"{number}. {run.path}" for number, run in enumerate(runs, 1)]


def _join(
    reports: Sequence[Report], names: Sequence[str], about: Sequence[str], over: Sequence[Comparison]
) -> Report:
    """All reports as one, each target marked with its run."""
    lines = (line for report in reports for line in report.scope)
    scope = list(dict.fromkeys(merging.SEVERAL if line in {FROM_HERE, OF_NOW} else line for line in lines))
    return Report(
        format=FORMAT,
        title=f"{len(reports)} runs",
        started=reports[0].started,
        seconds=sum(report.seconds for report in reports),
        status="complete" if all(report.status == "complete" for report in reports) else "not all complete",
        headline=[
            replace(line, run=name)
            for name, report in zip(names, reports, strict=True)
            for line in report.headline
        ],
        scope=[*about, *scope],
        findings=[
            replace(finding, text=f"{name}: {finding.text}")
            for name, report in zip(names, reports, strict=True)
            for finding in report.findings
        ],
        targets=[
            replace(target, run=name)
            for name, report in zip(names, reports, strict=True)
            for target in report.targets
        ],
        comparisons=[*over]
        + [
            replace(comparison, run=name)
            for name, report in zip(names, reports, strict=True)
            for comparison in report.comparisons
        ],
        how={
            f"{name}: {key}": value
            for name, report in zip(names, reports, strict=True)
            for key, value in report.how.items()
        },
        runs=list(names),
    )
