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
    every = max((one.timeline_every for target in report.targets for one in target.series), default=1)
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
    found: dict[str, list[str]] = {}
    for line in report.headline:
        found.setdefault(words.about(line), []).append(line.words)
    return list(found.items())


def _figures(report: Report) -> dict[str, Any]:
    """The charts that there are samples for, by name; of each its heading and its lines."""
    targets = report.targets
    found: dict[str, Any] = {}
    if any(target.series for target in targets):
        found["glance"] = Markup(charts.glance(targets))  # noqa: S704 -- charts escape every word that they draw
        found["course"] = Markup(charts.course(targets))  # noqa: S704 -- likewise
    if any(one.low for one in report.comparisons):
        found["ratios"] = Markup(charts.ratios(report.comparisons, targets))  # noqa: S704 -- likewise
    found["courses"] = _courses(report)
    found["distributions"], found["waterfalls"] = [], []
    for kind, connection, title in _SERIES:
        lines = charts.shown(targets, kind, connection)
        if not lines:
            continue
        name = f"{kind}-{connection}"
        drawn = charts.distribution(lines, f"{title}: share answered within a time", f"d-{name}")
        found["distributions"].append((title, lines, Markup(drawn)))  # noqa: S704 -- likewise
        typical = [one for one in lines if one.series.phases]
        if typical:
            drawn = charts.waterfall(typical, f"{title}: where the time goes", f"w-{name}")
            found["waterfalls"].append((title, typical, Markup(drawn)))  # noqa: S704 -- likewise
    return found


def _courses(report: Report) -> list[tuple[Comparison, str, Any]]:
    """The primary comparisons with their titles and their charts over time."""
    labels = {target.name: charts.label_of(replace(target, run=None)) for target in report.targets}
    found: list[tuple[Comparison, str, Any]] = []
    for place, one in enumerate(report.comparisons):
        if one.course:
            title = f"{words.figure_of(one)}: how many times as long {labels[one.other]} took as {labels[one.baseline]}"
            drawn = charts.ratio_course(one, title, f"ratio-{place}")
            found.append((one, title, Markup(drawn)))  # noqa: S704 -- likewise
    return found


_SERIES = (
    ("cold", "fresh", "Cold starts"),
    ("warm", "kept", "Warm, kept connection"),
    ("warm", "fresh", "Warm, fresh connection"),
    ("load", "kept", "Under load"),
)
