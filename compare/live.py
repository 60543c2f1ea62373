"""Progress into a view that is drawn between requests, never during one; plain lines where there is no terminal."""

import time
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from compare.report.build import kept_series
from compare.report.figures import series
from compare.report.model import Series
from compare.report.words import both
from compare.sample import Sample
from compare.units import spoken

_DRAW_EVERY_S = 0.5
_SAY_EVERY_S = 5.0


class Progress:
    """The running figures of each target. Drawing costs time, so it happens in `tick`, when nothing is in flight."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._samples: dict[str, list[Sample]] = {}
        self._began = time.monotonic()
        self._drawn = self._began
        self._what = "starting"
        self._live = Live(console=console, auto_refresh=False, transient=True) if self._drawing else None

    @property
    def _drawing(self) -> bool:
        return self._console.is_terminal and not self._quiet

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def add(self, sample: Sample) -> None:
        """Count one more sample."""
        self._samples.setdefault(sample.target, []).append(sample)

    def say(self, text: str) -> None:
        """One line about what happens now."""
        if not self._quiet:
            self._console.print(Text(text))

    def cycle(self, number: int, of: int) -> None:
        """A cycle begins."""
        self._what = f"cycle {number + 1} of {of}"

    def idling(self, seconds: float) -> None:
        """Targets are left alone for so long."""
        self._what = self._what.split(",")[0] + (
            f", leaving targets alone for {spoken(seconds)}" if seconds > 0 else ""
        )

    def tick(self) -> None:
        """Draw, or say, if it is time to."""
        now = time.monotonic()
        if self._live and now - self._drawn >= _DRAW_EVERY_S:
            self._drawn = now
            self._live.update(self._table(), refresh=True)
        elif not self._live and not self._quiet and now - self._drawn >= _SAY_EVERY_S:
            self._drawn = now
            counts = ", ".join(f"{name} {len(samples)}" for name, samples in self._samples.items())
            self.say(f"{now - self._began:.0f} s: {self._what}; requests: {counts}")

    def _table(self) -> Table:
        table = Table(
            box=None,
            pad_edge=False,
            title=f"{time.monotonic() - self._began:.0f} s, {self._what}",
            title_justify="left",
        )
        for name in ("target", "cold", "warm", "fresh", "failed"):
            table.add_column(name, justify="left" if name == "target" else "right")
        for name, samples in self._samples.items():
            found = {(one.kind, one.connection): one for one in map(_figures, kept_series(samples).values())}
            cells = [
                both(found[key].p50) if key in found else "-"
                for key in (("cold", "fresh"), ("warm", "kept"), ("warm", "fresh"))
            ]
            table.add_row(Text(name), *map(Text, cells), str(sum(1 for sample in samples if not sample.ok)))
        return table


def _figures(samples: list[Sample]) -> Series:
    return series(samples, charts=False)
