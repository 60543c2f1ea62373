"""The series of a Report into charts: intervals at a glance, distributions, where the time goes, samples over time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from compare.report import svg, words
from compare.report.model import Comparison, Figure, Phases, Series, TargetReport
from compare.report.text import label_of

_LEFT, _RIGHT = 8, svg.WIDTH - 10
# The samples over time take the whole width of a page; on a phone they are moved sideways.
_WIDE = 960


@dataclass(frozen=True)
class Shown:
    """One series as it is drawn: its target's place decides its colour, its dashes and its mark."""

    place: int
    target: TargetReport
    series: Series

    @property
    def name(self) -> str:
        """What it is called in legends."""
        return label_of(self.target)


def shown(targets: Sequence[TargetReport], kind: str, connection: str | None = None) -> list[Shown]:
    """The series of that kind of all targets, in their order."""
    return [
        Shown(place, target, one)
        for place, target in enumerate(targets)
        for one in target.series
        if one.kind == kind and connection in {None, one.connection}
    ]


def glance(targets: Sequence[TargetReport]) -> str:
    """Medians and 95th percentiles of every target with their intervals, on one logarithmic axis."""
    rows: list[tuple[int, TargetReport, str, Figure]] = []
    for place, target in enumerate(targets):
        cold, warm = words.cold(target), words.warm(target)
        found = [("cold p50", cold.p50 if cold else None), ("warm p50", warm.p50 if warm else None)]
        found.append(("warm p95", warm.p95 if warm else None))
        rows += [
            (place, target, name, figure) for name, figure in found if figure and figure.value is not None
        ]
    ends = [end for _, _, _, figure in rows for end in (figure.value, figure.low, figure.high) if end]
    scale = svg.log_scale(ends, 86, _RIGHT - 8)
    parts, y, before = [""], 6.0, -1
    for place, target, name, figure in rows:
        if place != before:
            y += 20
            parts.append(svg.text(_LEFT, y, label_of(target), kind=f"who c{place % 8}"))
            before = place
        y += 21
        parts.append(svg.text(_LEFT + 12, y, name, kind="tick"))
        parts.append(_interval_mark(scale, y - 4, figure, place))
    parts[0] = svg.axis(scale, 16, y + 8)
    described = "; ".join(f"{label_of(t)} {name} {words.both(figure)}" for _, t, name, figure in rows)
    return svg.figure(y + 30, parts, "Latency at a glance, with 95% intervals", described, "glance")


def ratios(comparisons: Sequence[Comparison], targets: Sequence[TargetReport]) -> str:
    """How many times as long as the baseline each target took, with intervals and a line at no difference."""
    known = [one for one in comparisons if one.ratio and one.low and one.high]
    ends = [end for one in known for end in (one.low, one.high) if end]
    scale = svg.log_scale([*ends, 1.0], _LEFT + 12, _RIGHT - 12)
    labels = {target.name: label_of(replace(target, run=None)) for target in targets}
    parts, y = [""], 8.0
    for one in known:
        y += 36
        low, high, ratio = one.low or 1, one.high or 1, one.ratio or 1
        kind = one.verdict if one.verdict in {"slower", "faster"} else "none"
        title = f"{one.other}: {ratio:.2f} times {one.baseline} [{low:.2f}, {high:.2f}]"
        parts.append(svg.text(_LEFT, y - 14, f"{labels[one.other]}: {one.figure}", kind="tick"))
        parts.append(svg.line(scale(low), y - 2, scale(high), y - 2, f"whisker v-{kind}"))
        parts.append(svg.dot(scale(ratio), y - 2, 2 if one.verdict == "emulated" else 0, f"v-{kind}", title))
    for tick in scale.ticks():
        x = scale(tick)
        parts[0] += svg.line(x, 12, x, y + 10, "zero" if tick == 1 else "grid")
        parts[0] += svg.text(
            x, y + 25, "the same" if tick == 1 else f"{tick:g} times", anchor="middle", kind="tick"
        )
    described = "; ".join(one.words for one in known)
    return svg.figure(y + 34, parts, "Ratios to the baseline, with intervals", described, "ratios")


def distribution(lines: Sequence[Shown], title: str, name: str) -> str:
    """The share of requests answered within a time, with 95% bands."""
    top, bottom = 10, 210
    values = [point.ms for one in lines for point in one.series.ecdf]
    scale = svg.log_scale(values, 38, _RIGHT)
    parts = [svg.axis(scale, top, bottom)]
    for share in (0, 0.25, 0.5, 0.75, 0.95, 1):
        y = bottom - share * (bottom - top)
        parts += [
            svg.line(38, y, _RIGHT, y, "grid"),
            svg.text(33, y + 4, f"{share:.0%}" if share < 1 else "", anchor="end", kind="tick"),
        ]
    for one in lines:
        parts.append(svg.path(_band(one.series, scale, top, bottom), f"band c{one.place % 8}"))
    for one in lines:
        steps = _steps(one.series, scale, top, bottom)
        parts.append(svg.path(steps, f"curve c{one.place % 8} d{one.place % 5}", one.name))
    told = [
        f"{one.name}: p50 {words.both(one.series.p50)}, p95 {words.value(one.series.p95)}" for one in lines
    ]
    return svg.figure(bottom + 22, parts, title, "; ".join(told), name)


def waterfall(lines: Sequence[Shown], title: str, name: str) -> str:
    """The phases of each target's typical request, each beginning where the one before ends."""
    known = [(one, one.series.phases) for one in lines if one.series.phases]
    scale = svg.linear_scale(max((phases.total for _, phases in known), default=1.0), _LEFT, _RIGHT - 4)
    parts, y, told = [""], 4.0, list[str]()
    for one, phases in known:
        y += 20
        parts.append(svg.text(_LEFT, y, one.name, kind=f"who c{one.place % 8}"))
        parts.append(svg.text(_RIGHT, y, svg.told(phases.total), anchor="end", kind="tick"))
        y += 6
        begin = 0.0
        for phase, duration in _present(phases):
            parts.append(_bar(scale, y, begin, duration, phase))
            begin += duration
            y += 15
        told.append(
            f"{one.name}: " + ", ".join(f"{phase} {svg.told(took)}" for phase, took in _present(phases))
        )
    parts[0] = svg.axis(scale, 10, y + 4)
    return svg.figure(y + 26, parts, title, "; ".join(told), name)


def course(targets: Sequence[TargetReport], name: str = "course") -> str:
    """Every sample by when it was sent, one strip a target: a drift of the machine or the network is visible."""
    times = [at for target in targets for one in target.series for at, _ in one.timeline]
    values = [took for target in targets for one in target.series for _, took in one.timeline]
    across = svg.linear_scale(max(times, default=1.0), 52, _WIDE - 12)
    parts, y, strip = list[str](), 2.0, 88.0
    for place, target in enumerate(targets):
        y += 18
        parts.append(svg.text(_LEFT, y, label_of(target), kind=f"who c{place % 8}"))
        down = svg.log_scale(values, y + strip, y + 12)
        for tick in down.ticks(4):
            parts.append(svg.line(52, down(tick), _WIDE - 12, down(tick), "grid"))
            parts.append(svg.text(46, down(tick) + 4, svg.tick_label(tick), anchor="end", kind="tick"))
        for one in target.series:
            steps = "".join(f"M{across(at):g} {down(took):g}h0" for at, took in one.timeline)
            parts.append(svg.path(steps, f"dots k-{one.kind} c{place % 8}"))
        y += strip + 8
    for tick in across.ticks():
        parts.append(svg.text(across(tick), y + 12, f"{tick:g} s", anchor="middle", kind="tick"))
    described = (
        "One dot a sample; larger ones are cold starts. Even rows mean that nothing drifted during the run."
    )
    return svg.figure(y + 18, parts, "Samples over time", described, name, width=_WIDE)


def _interval_mark(scale: svg.Scale, y: float, figure: Figure, place: int) -> str:
    mark = ""
    if figure.low is not None and figure.high is not None:
        mark = svg.line(scale(figure.low), y, scale(figure.high), y, f"whisker c{place % 8}")
    kind = f"mark c{place % 8}" if mark else f"hollow c{place % 8}"
    return mark + svg.dot(scale(figure.value or 0), y, place, kind, words.both(figure))


def _band(one: Series, scale: svg.Scale, top: float, bottom: float) -> str:
    def y(share: float) -> float:
        return round(bottom - share * (bottom - top), 1)

    up = "L".join(f"{scale(point.ms):g} {y(point.high):g}" for point in one.ecdf)
    back = "L".join(f"{scale(point.ms):g} {y(point.low):g}" for point in reversed(one.ecdf))
    return f"M{up}L{back}Z"


def _steps(one: Series, scale: svg.Scale, top: float, bottom: float) -> str:
    steps = [f"M{scale(one.ecdf[0].ms):g} {bottom:g}"] if one.ecdf else []
    steps += [
        f"H{scale(point.ms):g}V{round(bottom - point.share * (bottom - top), 1):g}" for point in one.ecdf
    ]
    return "".join(steps)


def _present(phases: Phases) -> list[tuple[str, float]]:
    """The phases that there are; what takes less than a thousandth of the whole is no row of its own."""
    known = [(phase, getattr(phases, phase)) for phase in words.PHASES]
    return [(phase, took) for phase, took in known if took is not None and took > phases.total / 1000]


def _bar(scale: svg.Scale, y: float, begin: float, duration: float, phase: str) -> str:
    left, right = scale(begin), scale(begin + duration)
    label = f"{phase} {svg.told(duration)}"
    bar = svg.rectangle(left, y, right - left, 11, f"phase p-{phase}", f"{label}: {words.PHASE_WORDS[phase]}")
    if right < svg.WIDTH * 0.66:
        return bar + svg.text(right + 5, y + 9.5, label, kind="small")
    if left > svg.WIDTH * 0.34:
        return bar + svg.text(left - 5, y + 9.5, label, anchor="end", kind="small")
    return bar + svg.text(left + 6, y + 9.5, label, kind="small inside")
