"""A run's samples into the section of its report that says what a month would cost and who would wait."""

from dataclasses import replace

from compare.report.model import Finding, Report, Section
from platforms.prices import PriceError
from runs.file import Run


def priced(report: Report, run: Run) -> Report:
    """`report` with that section for the traffic that the run was asked for; without one where that is 0.

    Latencies of deployed targets feed it; those of emulated ones do not, and its notes say so.
    """
    monthly = run.head.monthly
    if not monthly:
        return report
    # The simulation is compiled code that takes a moment to load: after measuring there is time for it.
    from commandline import UserError  # noqa: PLC0415
    from cost.report import table  # noqa: PLC0415
    from cost.section import section  # noqa: PLC0415

    try:
        made = section(run.samples, monthly=monthly, seed=run.head.plan.seed)
    except (UserError, PriceError) as failure:
        return replace(
            report, findings=[*report.findings, Finding(None, f"no costs: {failure}", problem=False)]
        )
    return replace(report, cost=Section(**table.of_advice(made)))
