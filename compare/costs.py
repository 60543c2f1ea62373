"""Makes the section of a report that says what a month would cost, and how many requests would wait."""

from dataclasses import replace

from compare.report.model import Finding, Report, Section
from platforms.prices import PriceError
from runs.file import Run


def priced(report: Report, run: Run) -> Report:
    """`report` with that section, for the traffic that the run names; unchanged if that is 0.

    It is computed from latencies of deployed targets, not from those of emulated ones, and its notes say so.
    """
    monthly = run.head.monthly
    if not monthly:
        return report
    # Loaded here, because the simulation's compiled code takes a moment to load, and after measuring there is time.
    from commandline import UserError  # noqa: PLC0415
    from cost.report import table  # noqa: PLC0415
    from cost.section import section  # noqa: PLC0415

    try:
        costs = section(run.samples, monthly=monthly, seed=run.head.plan.seed)
    except (UserError, PriceError) as failure:
        return replace(
            report, findings=[*report.findings, Finding(None, f"no costs: {failure}", problem=False)]
        )
    return replace(report, cost=Section(**table.of_advice(costs)))
