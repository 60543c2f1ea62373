"""Draws pieces of SVG: scales, axes and marks. Colours are classes, so the page decides on them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

# The charts are drawn this wide and scale with the page: as large as this on a phone and in three columns.
WIDTH = 340
# Labels nearer to each other than this would touch.
APART = 42
# Where rows begin, and how many letters of a heading fit behind that.
LEFT = 8
_LONGEST = 46
# A logarithmic axis over less than this factor has ticks at even steps.
_SHORT = 5


@dataclass(frozen=True)
class Scale:
    """From `low`..`high` (milliseconds or seconds) to pixels `start`..`end`, logarithmic or linear."""

    low: float
    high: float
    start: float
    end: float
    log: bool = True

    def __call__(self, value: float) -> float:
        """The pixel of `value`, held within the scale."""
        held = min(max(value, self.low), self.high)
        if self.log:
            part = math.log(held / self.low) / math.log(self.high / self.low)
        else:
            part = (held - self.low) / (self.high - self.low)
        return round(self.start + part * (self.end - self.start), 1)

    def ticks(self, apart: float = APART) -> list[float]:
        """Round numbers within the scale, as many as can be labelled when labels are so far `apart`."""
        even = not self.log or self.high < _SHORT * self.low
        ticks: list[float] = []
        for ticks in _even(self.low, self.high) if even else _decades(self.low, self.high):
            places = [self(tick) for tick in ticks]
            if all(abs(after - before) >= apart for before, after in pairwise(places)):
                break
        return ticks


def log_scale(values: Sequence[float], start: float, end: float) -> Scale:
    """A logarithmic scale that holds `values`, at least a factor of two wide."""
    known = [value for value in values if value > 0] or [1.0]
    low, high = min(known), max(known)
    middle = math.sqrt(low * high)
    return Scale(min(low * 0.93, middle / 1.5), max(high * 1.07, middle * 1.5), start, end)


def linear_scale(high: float, start: float, end: float) -> Scale:
    """A linear scale from 0 to a little above `high`."""
    return Scale(0.0, high * 1.02 or 1.0, start, end, log=False)


def _decades(low: float, high: float) -> Iterator[list[float]]:
    """Ticks of a logarithmic scale: 1, 2, 5, 10, ... first, then ever fewer."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        yield [tick for n in exponents for step in steps if low <= (tick := step * 10.0**n) <= high]
    for stride in range(2, len(exponents)):
        yield [10.0**n for n in exponents if n % stride == 0 and low <= 10.0**n <= high]


def _even(low: float, high: float) -> Iterator[list[float]]:
    """Ticks at even steps, 1, 2 or 5 times a power of ten: about eight first, then ever fewer."""
    for parts in range(8, 0, -1):
        rough = (high - low) / parts
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough * (1 - 1e-9))
        yield [round(n * step, 12) for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def tick_label(value: float) -> str:
    """Milliseconds as short as they can be said."""
    if value >= 1000:  # noqa: PLR2004 -- a second
        return f"{value / 1000:g} s"
    return f"{value:g} ms"


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> str:
    """Words at a place."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{_class(kind)}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"{_class(kind)}/>'


def path(steps: str, kind: str, title: str = "") -> str:
    """A path; `title` is shown when it is pointed at."""
    return f'<path d="{steps}"{_class(kind)}>{_title(title)}</path>'


def rectangle(x: float, y: float, width: float, height: float, kind: str, title: str = "") -> str:
    """A bar, never too thin to be seen."""
    size = f'x="{x:g}" y="{y:g}" width="{max(width, 1.5):g}" height="{height:g}" rx="2"'
    return f"<rect {size}{_class(kind)}>{_title(title)}</rect>"


def dot(x: float, y: float, shape: int, kind: str, title: str = "") -> str:
    """A mark whose shape tells targets apart without colours: circle, square, diamond, triangle."""
    marks = (
        f"M{x - 4.5:g} {y:g}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0Z",
        f"M{x - 4:g} {y - 4:g}h8v8h-8Z",
        f"M{x:g} {y - 5.5:g}l5.5 5.5l-5.5 5.5l-5.5 -5.5Z",
        f"M{x:g} {y - 5:g}l5 9h-10Z",
    )
    return path(marks[shape % len(marks)], kind, title)


def axis(scale: Scale, top: float, bottom: float) -> str:
    """Vertical grid lines with milliseconds below."""
    parts: list[str] = []
    for tick in scale.ticks():
        parts.append(line(scale(tick), top, scale(tick), bottom, "grid"))
        parts.append(text(scale(tick), bottom + 15, tick_label(tick), anchor="middle", kind="tick"))
    return "".join(parts)


def heading(y: float, name: str, kind: str = "") -> str:
    """A target's name, or a figure's, at the left of the rows that are about it; a very long one is cut."""
    shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    return text(LEFT, y, shown, kind=f"who {kind}".strip())


def figure(
    height: float, parts: Sequence[str], title: str, description: str, name: str, *, width: float = WIDTH
) -> str:
    """The chart as an image with a name and a description for those who cannot see it."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _title(title: str) -> str:
    return f"<title>{escape(title)}</title>" if title else ""
