"""A log's times into arrivals: months that repeat it, in which its days come in random order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cost.simulation.arrivals import CHUNK, DAY_S, Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Replay:
    """Requests at known times, which are repeated. Each simulated time begins at a random moment of them.

    times: seconds from the first, ascending. counts: how many requests came at each, one if None. span: seconds after
    which they begin again. resolution: seconds within which each request came, at a moment that is not known.
    With `days`, each day is drawn at random from those of the log; what is left at its end counts as a short one, so
    that the rate is that of the whole log.
    """

    times: Floats = field(repr=False)
    span: float
    description: str
    days: bool = False
    resolution: float = 0.0
    counts: Ints | None = field(default=None, repr=False)
    steady: bool = True
    profile: Sequence[float] = (1.0,)

    @property
    def requests(self) -> int:
        return len(self.times) if self.counts is None else int(self.counts.sum())

    @property
    def rate(self) -> float:
        return self.requests / self.span

    def chunks(self, rng: np.random.Generator, start: float, end: float) -> Iterator[Floats]:
        """See Arrivals."""
        if not self.days and (copies := self._copies(end - start)) > 1:
            yield from self._repeated(copies).chunks(rng, start, end)
            return
        edges = self._edges()
        offset = rng.random() * self.span
        block = int(np.searchsorted(edges, offset, side="right")) - 1
        begin, last = start - (offset - edges[block]), start
        while begin < end:
            low, high = float(edges[block]), float(edges[block + 1])
            for piece in self._pieces(rng, low, high):
                times = piece - low + begin
                times = np.maximum(times[(times >= start) & (times < end)], last)
                if len(times):
                    last = float(times[-1])
                    yield times
            begin += high - low
            block = int(rng.integers(len(edges) - 1))

    def _edges(self) -> Floats:
        """Where the stretches begin that come in random order, and where the last one ends."""
        inner = np.arange(DAY_S, self.span, DAY_S) if self.days else np.empty(0)
        return np.concatenate([[0.0], inner, [self.span]])

    def _copies(self, seconds: float) -> int:
        """How often a short log is laid end to end, so that a chunk is not one request."""
        return int(min(CHUNK // max(1, self.requests), seconds // self.span + 1))

    def _repeated(self, copies: int) -> "Replay":
        times = (np.arange(copies)[:, None] * self.span + self.times).ravel()
        counts = None if self.counts is None else np.tile(self.counts, copies)
        return replace(self, times=times, counts=counts, span=self.span * copies)

    def _pieces(self, rng: np.random.Generator, low: float, high: float) -> Iterator[Floats]:
        """The requests in [low, high), ascending, some at a time; those of one time stay together."""
        begin, stop = np.searchsorted(self.times, [low, high])
        while begin < stop:
            if self.counts is None:
                end = int(np.searchsorted(self.times, self.times[min(begin + CHUNK, stop) - 1], side="right"))
                times = self.times[begin:end]
            else:
                sums = np.cumsum(self.counts[begin : min(stop, begin + CHUNK)])
                end = int(begin) + max(1, int(np.searchsorted(sums, CHUNK, side="right")))
                times = np.repeat(self.times[begin:end], self.counts[begin:end])
            if self.resolution:
                times = np.sort(times + rng.random(len(times)) * self.resolution)
            yield np.minimum(times, high)
            begin = end
