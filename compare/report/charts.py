"""The series of a Report into charts: intervals at a glance, distributions, where the time goes, samples over time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from compare.report import svg, words
from compare.report.model import Comparison, Figure, Phases, Series, TargetReport
from compare.report.text import label_of

_LEFT, _RIGHT = svg.LEFT, svg.WIDTH - 10
# A waterfall has the phases' names before the bars and their durations behind them.
_NAMES, _DURATIONS = 66, 64
# The samples over time take the whole width of a page; on a phone they are moved sideways.
_WIDE = 960
# No chart reaches beyond this ratio only to show what drift may explain.
_FAR = 4.0


@dataclass(frozen=True)
class Shown:
    """One series as it is drawn: its target's place decides its colour, its dashes and its mark."""

    place: int
    target: TargetReport
    series: Series

    @property
    def name(self) -> str:
        """Its name in legends."""
        return label_of(self.target)


def shown(targets: Sequence[TargetReport], kind: str, connection: str | None = None) -> list[Shown]:
    """The series of that kind of all targets, in their order."""
    return [
        Shown(place, target, series)
        for place, target in enumerate(targets)
        for series in target.series
        if series.kind == kind and connection in {None, series.connection}
    ]


def glance(targets: Sequence[TargetReport]) -> str:
    """Medians and 95th percentiles of every target with their intervals, on one logarithmic axis."""
    rows: list[tuple[int, TargetReport, str, Figure]] = []
    for place, target in enumerate(targets):
        cold, warm = words.cold(target), words.warm(target)
        figures = [("cold p50", cold.p50 if cold else None), ("warm p50", warm.p50 if warm else None)]
        figures.append(("warm p95", warm.p95 if warm else None))
        rows += [
            (place, target, name, figure) for name, figure in figures if figure and figure.value is not None
        ]
    ends = [end for _, _, _, figure in rows for end in (figure.value, figure.low, figure.high) if end]
    scale = svg.log_scale(ends, 86, _RIGHT - 8)
    parts, y, before = [""], 6.0, -1
    for place, target, name, figure in rows:
        if place != before:
            y += 20
            parts.append(svg.heading(y, label_of(target), f"c{place % 8}"))
            before = place
        y += 21
        parts.append(svg.text(_LEFT + 12, y, name, kind="tick"))
        parts.append(_interval_mark(scale, y - 4, figure, place))
    parts[0] = svg.axis(scale, 16, y + 8)
    described = "; ".join(f"{label_of(t)} {name} {words.both(figure)}" for _, t, name, figure in rows)
    return svg.figure(y + 30, parts, "Latency at a glance, with 95% intervals", described, "glance")


def ratios(comparisons: Sequence[Comparison], targets: Sequence[TargetReport]) -> str:
    """How many times as long as the baseline each target took, with intervals and a line at no difference."""
    known = [
        comparison for comparison in comparisons if comparison.ratio and comparison.low and comparison.high
    ]
    ends = [end for comparison in known for end in (comparison.low, comparison.high) if end]
    scale = svg.log_scale([*ends, 1.0], _LEFT + 12, _RIGHT - 12)
    ticks = scale.ticks(apart=30)
    labels = {(target.run, target.name): label_of(replace(target, run=None)) for target in targets}
    parts, y, before = list[str](), 4.0, ""
    for comparison in known:
        if words.figure_of(comparison) != before:
            y += 24 if before else 18
            before = words.figure_of(comparison)
            if comparison.run:
                parts.append(svg.text(_LEFT, y, comparison.run, kind="tick"))
                y += 15
            parts.append(svg.heading(y, comparison.figure))
        y += 17
        # A comparison over several runs has the names of any of them.
        label = labels.get((comparison.run, comparison.other)) or next(
            of for (_, name), of in labels.items() if name == comparison.other
        )
        parts.append(svg.text(_LEFT, y, label, kind="tick"))
        y += 13
        # Lines only at the mark, so that none runs through the words.
        parts += [
            svg.line(scale(tick), y - 8, scale(tick), y + 8, "zero" if tick == 1 else "grid")
            for tick in ticks
        ]
        parts.append(_ratio_mark(scale, y, comparison))
    for tick in ticks:
        parts.append(svg.text(scale(tick), y + 23, f"{tick:g}x", anchor="middle", kind="tick"))
    described = "; ".join(f"{words.figure_of(comparison)}: {comparison.words}" for comparison in known)
    return svg.figure(y + 32, parts, "Ratios to the baseline, with intervals", described, "ratios")


def distribution(lines: Sequence[Shown], title: str, name: str) -> str:
    """The share of requests answered within a time, with 95% bands."""
    top, bottom = 10, 210
    values = [point.ms for line in lines for point in line.series.ecdf]
    scale = svg.log_scale(values, 38, _RIGHT)
    parts = [svg.axis(scale, top, bottom)]
    for share in (0, 0.25, 0.5, 0.75, 0.95, 1):
        y = bottom - share * (bottom - top)
        parts += [
            svg.line(38, y, _RIGHT, y, "grid"),
            svg.text(33, y + 4, f"{share:.0%}" if share < 1 else "", anchor="end", kind="tick"),
        ]
    for line in lines:
        parts.append(svg.path(_band(line.series, scale, top, bottom), f"band c{line.place % 8}"))
    for line in lines:
        steps = _steps(line.series, scale, top, bottom)
        parts.append(svg.path(steps, f"curve c{line.place % 8} d{line.place % 5}", line.name))
    captions = [
        f"{line.name}: p50 {words.both(line.series.p50)}, p95 {words.value(line.series.p95)}"
        for line in lines
    ]
    return svg.figure(bottom + 22, parts, title, "; ".join(captions), name)


def waterfall(lines: Sequence[Shown], title: str, name: str) -> str:
    """The phases of each target's typical request, each beginning where the one before ends."""
    known = [(line, line.series.phases) for line in lines if line.series.phases]
    longest = max((phases.total for _, phases in known), default=1.0)
    scale = svg.linear_scale(longest, _NAMES, svg.WIDTH - _DURATIONS)
    parts, y, captions = [""], 4.0, list[str]()
    for line, phases in known:
        y += 18
        parts.append(svg.heading(y, line.name, f"c{line.place % 8}"))
        begin, present = 0.0, _present(phases)
        for phase, duration in present:
            y += 16
            parts.append(_bar(scale, y, begin, duration, phase))
            begin += duration
        y += 16
        parts.append(_durations_row(y, "total", phases.total, "sum"))
        y += 4
        captions.append(f"{line.name}: " + ", ".join(f"{phase} {words.ms(took)}" for phase, took in present))
    parts[0] = svg.axis(scale, 10, y + 4)
    return svg.figure(y + 26, parts, title, "; ".join(captions), name)


def course(targets: Sequence[TargetReport], name: str = "course") -> str:
    """The samples by when they were sent, one strip a target: a drift of the machine or the network is visible."""
    times = [at for target in targets for series in target.series for at, _ in series.timeline]
    values = [took for target in targets for series in target.series for _, took in series.timeline]
    seconds, unit = _unit(max(times, default=1.0))
    across = svg.linear_scale(max(times, default=1.0) / seconds, 52, _WIDE - 12)
    parts, y, strip = list[str](), 2.0, 88.0
    for place, target in enumerate(targets):
        y += 18
        parts.append(svg.heading(y, label_of(target), f"c{place % 8}"))
        down = svg.log_scale(values, y + strip, y + 12)
        for tick in down.ticks(apart=20):
            parts.append(svg.line(52, down(tick), _WIDE - 12, down(tick), "grid"))
            parts.append(svg.text(46, down(tick) + 4, svg.tick_label(tick), anchor="end", kind="tick"))
        for series in target.series:
            steps = "".join(f"M{across(at / seconds):g} {down(took):g}h0" for at, took in series.timeline)
            parts.append(svg.path(steps, f"dots k-{series.kind} c{place % 8}"))
        y += strip + 8
    for tick in across.ticks():
        parts.append(svg.text(across(tick), y + 12, f"{tick:g} {unit}", anchor="middle", kind="tick"))
    described = "One dot a sample; larger ones are cold starts. Level rows mean that nothing drifted."
    return svg.figure(y + 18, parts, "Samples over time", described, name, width=_WIDE)


def ratio_course(comparison: Comparison, title: str, name: str) -> str:
    """The ratio of the primary figure in each part of the run, and the range that chance and drift alone may make."""
    seconds, unit = _unit(max((at for at, _ in comparison.course), default=1.0))
    across = svg.linear_scale(max((at for at, _ in comparison.course), default=1.0) / seconds, 52, _WIDE - 12)
    most, ratio = comparison.explained or 1.0, comparison.ratio or 1.0
    ends = [*(value for _, value in comparison.course), 1.0, ratio, min(most, _FAR), 1 / min(most, _FAR)]
    top, bottom = 14.0, 170.0
    down = svg.log_scale(ends, bottom, top)
    high, low = down(min(most, max(ends))), down(max(1 / most, min(ends)))
    parts = [
        svg.rectangle(52, high, _WIDE - 64, low - high, "explained", "what chance and drift alone may make")
    ]
    for tick in dict.fromkeys([*down.ticks(apart=24), 1.0]):
        kind = "zero" if tick == 1 else "grid"
        parts.append(svg.line(52, down(tick), _WIDE - 12, down(tick), kind))
        parts.append(svg.text(46, down(tick) + 4, f"{tick:g}x", anchor="end", kind="tick"))
    parts.append(svg.line(52, down(ratio), _WIDE - 12, down(ratio), "whole"))
    steps = "L".join(f"{across(at / seconds):g} {down(value):g}" for at, value in comparison.course)
    parts.append(svg.path(f"M{steps}", "parts"))
    parts += [
        svg.dot(across(at / seconds), down(value), 0, "part", f"{value:.2f}")
        for at, value in comparison.course
    ]
    for tick in across.ticks():
        parts.append(svg.text(across(tick), bottom + 16, f"{tick:g} {unit}", anchor="middle", kind="tick"))
    return svg.figure(bottom + 24, parts, title, comparison.drift or comparison.words, name, width=_WIDE)


def _unit(seconds: float) -> tuple[int, str]:
    """The best unit for a time of this length: its seconds and its name."""
    return next((unit for unit in ((3600, "h"), (60, "min")) if seconds > 3 * unit[0]), (1, "s"))


def _interval_mark(scale: svg.Scale, y: float, figure: Figure, place: int) -> str:
    mark = ""
    if figure.low is not None and figure.high is not None:
        mark = svg.line(scale(figure.low), y, scale(figure.high), y, f"whisker c{place % 8}")
    kind = f"mark c{place % 8}" if mark else f"hollow c{place % 8}"
    return mark + svg.dot(scale(figure.value or 0), y, place, kind, words.both(figure))


def _ratio_mark(scale: svg.Scale, y: float, comparison: Comparison) -> str:
    low, high, ratio = comparison.low or 1, comparison.high or 1, comparison.ratio or 1
    kind = comparison.verdict if comparison.verdict in {"slower", "faster"} else "none"
    title = f"{comparison.other}: {ratio:.2f} times {comparison.baseline} [{low:.2f}, {high:.2f}]"
    whisker = svg.line(scale(low), y, scale(high), y, f"whisker v-{kind}")
    return whisker + svg.dot(
        scale(ratio), y, 2 if comparison.verdict == "emulated" else 0, f"v-{kind}", title
    )


def _band(series: Series, scale: svg.Scale, top: float, bottom: float) -> str:
    """The outline of the band: along the steps of its upper end, and back along those of its lower."""

    def y(share: float) -> float:
        return round(bottom - share * (bottom - top), 1)

    points = series.ecdf
    up = "".join(f"H{scale(point.ms):g}V{y(point.high):g}" for point in points)
    back = "".join(
        f"V{y(before.low):g}H{scale(before.ms):g}" for before, _ in reversed(list(pairwise(points)))
    )
    return f"M{scale(points[0].ms):g} {bottom:g}{up}V{y(points[-1].low):g}{back}Z"


def _steps(series: Series, scale: svg.Scale, top: float, bottom: float) -> str:
    steps = [f"M{scale(series.ecdf[0].ms):g} {bottom:g}"] if series.ecdf else []
    steps += [
        f"H{scale(point.ms):g}V{round(bottom - point.share * (bottom - top), 1):g}" for point in series.ecdf
    ]
    return "".join(steps)


def _present(phases: Phases) -> list[tuple[str, float]]:
    """The phases that there are; a phase of less than a thousandth of the whole has no row."""
    known = [(phase, getattr(phases, phase)) for phase in words.PHASES]
    return [(phase, took) for phase, took in known if took is not None and took > phases.total / 1000]


def _bar(scale: svg.Scale, y: float, begin: float, duration: float, phase: str) -> str:
    left, right = scale(begin), scale(begin + duration)
    title = f"{phase} {words.ms(duration)}: {words.PHASE_WORDS[phase]}"
    bar = svg.rectangle(left, y - 9, right - left, 10, f"phase p-{phase}", title)
    return bar + _durations_row(y, phase, duration, "tick")


def _durations_row(y: float, name: str, duration: float, kind: str) -> str:
    return svg.text(_LEFT, y, name, kind=kind) + svg.text(
        _RIGHT, y, words.ms(duration), anchor="end", kind=kind
    )
