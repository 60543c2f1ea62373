"""Reports of several runs into one that shows their targets next to each other, and says that they were made apart."""

from collections.abc import Sequence
from dataclasses import replace

from compare.report.model import FORMAT, Report

_APART = (
    "These runs were made at different times: what differs between them may be the time. Verdicts are only given "
    "within a run; measure both targets in one run to compare them."
)


def join(reports: Sequence[Report]) -> Report:
    """The one report, or all of at least two as one, each target marked with its run."""
    if len(reports) == 1:
        return reports[0]
    names = [one.runs[0] for one in reports]
    scope = list(dict.fromkeys(line for one in reports for line in one.scope))
    return Report(
        format=FORMAT,
        title=f"{len(reports)} runs",
        started=reports[0].started,
        seconds=sum(one.seconds for one in reports),
        status="complete" if all(one.status == "complete" for one in reports) else "not all complete",
        headline=[
            replace(line, run=name) for name, one in zip(names, reports, strict=True) for line in one.headline
        ],
        scope=[_APART, *scope],
        findings=[
            replace(finding, text=f"{name}: {finding.text}")
            for name, one in zip(names, reports, strict=True)
            for finding in one.findings
        ],
        targets=[
            replace(target, run=name)
            for name, one in zip(names, reports, strict=True)
            for target in one.targets
        ],
        comparisons=[
            replace(comparison, run=name)
            for name, one in zip(names, reports, strict=True)
            for comparison in one.comparisons
        ],
        how={
            f"{name}: {key}": value
            for name, one in zip(names, reports, strict=True)
            for key, value in one.how.items()
        },
        runs=names,
    )
