"""Writes a Report as one self-contained page: no script, and nothing that is loaded from elsewhere."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from commandline import printable
from compare.report import charts, words
from compare.report.model import Comparison, Report

_HERE = Path(__file__).parent


def page(report: Report) -> str:
    """The page, in which HTML has no place for control characters."""
    template = _environment().get_template("page.html")
    every = max((series.timeline_every for target in report.targets for series in target.series), default=1)
    rendered = template.render(
        report=report, words=words, figures=_figures(report), headline=_headline(report), every=every
    )
    return printable(rendered)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _headline(report: Report) -> list[tuple[str, list[str]]]:
    """The sentences by what they are about, in the order of the report."""
    headline: dict[str, list[str]] = {}
    for line in report.headline:
        headline.setdefault(words.about(line), []).append(line.words)
    return list(headline.items())


def _figures(report: Report) -> dict[str, Any]:
    """The charts that there are samples for, by name; of each its heading and its lines."""
    targets = report.targets
    figures: dict[str, Any] = {}
    if any(target.series for target in targets):
        figures["glance"] = Markup(charts.glance(targets))  # noqa: S704 -- charts escape every word that they draw
        figures["course"] = Markup(charts.course(targets))  # noqa: S704 -- likewise
    if any(comparison.low for comparison in report.comparisons):
        figures["ratios"] = Markup(charts.ratios(report.comparisons, targets))  # noqa: S704 -- likewise
    figures["courses"] = _courses(report)
    figures["distributions"], figures["waterfalls"] = [], []
    for kind, connection, title in _SERIES:
        lines = charts.shown(targets, kind, connection)
        if not lines:
            continue
        name = f"{kind}-{connection}"
        drawn = charts.distribution(lines, f"{title}: share answered within a time", f"d-{name}")
        figures["distributions"].append((title, lines, Markup(drawn)))  # noqa: S704 -- likewise
        typical = [line for line in lines if line.series.phases]
        if typical:
            drawn = charts.waterfall(typical, f"{title}: where the time goes", f"w-{name}")
            figures["waterfalls"].append((title, typical, Markup(drawn)))  # noqa: S704 -- likewise
    return figures


def _courses(report: Report) -> list[tuple[Comparison, str, Any]]:
    """The primary comparisons with their titles and their charts over time."""
    labels = {target.name: charts.label_of(replace(target, run=None)) for target in report.targets}
    courses: list[tuple[Comparison, str, Any]] = []
    for place, comparison in enumerate(report.comparisons):
        if comparison.course:
            other, baseline = labels[comparison.other], labels[comparison.baseline]
            title = f"{words.figure_of(comparison)}: how many times as long {other} took as {baseline}"
            drawn = charts.ratio_course(comparison, title, f"ratio-{place}")
            courses.append((comparison, title, Markup(drawn)))  # noqa: S704 -- likewise
    return courses


_SERIES = (
    ("cold", "fresh", "Cold starts"),
    ("warm", "kept", "Warm, kept connection"),
    ("warm", "fresh", "Warm, fresh connection"),
    ("load", "kept", "Under load"),
)
