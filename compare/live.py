"""Shows a run's progress, between requests and never during one; in plain lines if there is no terminal."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from compare.report import words
from compare.report.build import by_series
from compare.report.figures import series
from compare.units import spoken
from runs.sample import Sample
from terminal import Printable

_DRAW_EVERY_S = 0.5
_SAY_EVERY_S = 5.0
_COLUMNS = {"coldfresh": "cold", "warmkept": "warm", "warmfresh": "fresh", "loadkept": "load"}
# Drawing takes time from the measuring: at most one part in so many.
_DRAW_SHARE = 20


class Progress:
    """The running figures of each target. Drawing costs time, so `tick` draws them, when no request is in flight."""

    def __init__(
        self,
        console: Console,
        samples: Mapping[str, Sequence[Sample]],
        *,
        quiet: bool,
        duration_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self.quiet = quiet
        self._samples = samples
        self._duration_s = duration_s
        self._clock = clock
        self._began = clock()
        self._next = self._begun = 0.0
        self._stage, self._number = "", 0
        self._of: int | None = None
        self._about = False
        self._first: tuple[int, float] | None = None
        self._what = "starting"
        self._live = Live(console=console, auto_refresh=False, transient=True) if self._drawing else None

    @property
    def _drawing(self) -> bool:
        return self._console.is_terminal and not self.quiet

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def say(self, text: str) -> None:
        """Show a line."""
        if not self.quiet:
            self._console.print(Text(text))

    def stage(self, name: str, number: int, of: int | None, *, about: bool = False) -> None:
        """A cycle or slice begins. `of`: how many there will be, None if unknown; `about`: that is estimated."""
        self._begun = self._clock()
        if self._first is None or name != self._stage:
            self._first = (number, self._begun)
        self._stage, self._number, self._of, self._about = name, number, of, about

    def doing(self, what: str) -> None:
        """Something that takes a while begins."""
        self._what = what
        self.tick()

    def tick(self) -> None:
        """Draw the table, or print a line, if it is time to."""
        now = self._clock()
        if self.quiet or now < self._next:
            return
        if self._live:
            # The view's own hook comes after the console's.
            self._live.update(Printable(self._drawn()), refresh=True)
            self._next = now + max(_DRAW_EVERY_S, _DRAW_SHARE * (self._clock() - now))
        else:
            counts = ", ".join(f"{name} {len(samples)}" for name, samples in self._samples.items())
            self.say(f"{self._where()}; requests: {counts or 'none yet'}")
            self._next = now + _SAY_EVERY_S

    def _where(self) -> str:
        elapsed = spoken(self._clock() - self._began)
        if self._first is None:
            return f"{elapsed}: {self._what}"
        about = "about " if self._about else ""
        of = "" if self._of is None else f" of {about}{max(self._of, self._number + 1)}"
        left = self._left_s(*self._first)
        rest = "" if left is None else f", about {spoken(left)} left"
        return f"{elapsed}: {self._stage} {self._number + 1}{of}, {self._what}{rest}"

    def _left_s(self, first: int, since: float) -> float | None:
        """Seconds that are left if every cycle takes as long as those since the first, at most the run's duration."""
        now, done = self._clock(), self._number - first
        left = None
        if self._of is not None and 0 < done < self._of - first:
            each, cycles = (self._begun - since) / done, self._of - self._number
            left = each * (cycles - 1) + max(0.0, each - (now - self._begun))
        if self._duration_s is None or (self._of is not None and not self._about):
            return left
        most = max(0.0, self._duration_s - (now - since))
        return most if left is None else min(left, most)

    def _drawn(self) -> RenderableType:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("target", no_wrap=True)
        for name in (*_COLUMNS.values(), "failed"):
            table.add_column(name, justify="right", overflow="fold")
        for name, samples in self._samples.items():
            drawn = {
                series.kind + series.connection: series
                for series in map(_figures, by_series(samples).values())
            }
            cells = [
                f"{_value(drawn[key].p50)} n={drawn[key].n}\n{_interval(drawn[key].p50)}"
                if key in drawn
                else "-"
                for key in _COLUMNS
            ]
            failed = sum(1 for sample in samples if not sample.ok)
            label = words.marked(name, emulated=bool(samples) and samples[0].emulated, before="\n")
            table.add_row(Text(label), *map(Text, cells), Text(str(failed), style="red" if failed else ""))
        return Group(Text(self._where(), style="dim"), table)


def _value(figure: words.Figure) -> str:
    return words.value(figure) if figure.value is not None else "too few"


def _interval(figure: words.Figure) -> str:
    return words.interval(figure) if figure.low is not None else ""


def _figures(samples: list[Sample]) -> words.Series:
    return series(samples, charts=False)
