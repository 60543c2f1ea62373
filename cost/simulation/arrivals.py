"""Gives the times at which requests arrive, from a description of traffic, in chunks, so that memory stays small."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
from cronsim import CronSim, CronSimError
from numpy.typing import NDArray

from commandline import UserError
from cost.bill import MONTH_S
from cost.simulation.rhythms import PATTERNS, RHYTHMS, WEEK_HOURS

Floats = NDArray[np.float64]

CHUNK = 1 << 16
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
MONTH = float(MONTH_S)
MOST_MONTHLY = 10**10
"""Requests a month, some 4,000 a second: beyond it prices are agreed on, and simulating them takes minutes."""


class Arrivals(Protocol):
    """Requests that arrive at random or by a schedule.

    rate: requests a second in the long run. steady: whether all moments of the week are alike, so that a platform can
    be warmed up before the month that is counted.
    """

    @property
    def rate(self) -> float: ...

    @property
    def steady(self) -> bool: ...

    @property
    def description(self) -> str: ...

    @property
    def profile(self) -> Sequence[float]:
        """The rate in equally long parts of the week, as multiples of the average."""
        ...

    def chunks(self, rng: np.random.Generator, start: float, end: float) -> Iterator[Floats]:
        """The times in [start, end), ascending from chunk to chunk; second 0 is the begin of the month."""
        ...


@dataclass(frozen=True)
class Poisson:
    """Independent callers at a constant rate: `rate` requests a second."""

    rate: float
    steady: bool = True

    profile: Sequence[float] = (1.0,)

    @property
    def description(self) -> str:
        return f"{per_hour(self.rate)} at random, at a constant rate"

    def chunks(self, rng: np.random.Generator, start: float, end: float) -> Iterator[Floats]:
        """See Arrivals."""
        for times in _poisson(rng, start, self.rate, (end - start) * self.rate):
            yield times[: np.searchsorted(times, end)]
            if times[-1] >= end:
                return


@dataclass(frozen=True)
class Rhythm:
    """Independent callers whose rate follows the hours of the week: 168 weights, the first is Monday's first hour.

    Each month begins at a random moment of the week. hour_s: how long an hour of it is, see `within`.
    """

    rate: float
    name: str
    weights: Sequence[float]
    steady: bool = True
    hour_s: float = HOUR_S

    @property
    def description(self) -> str:
        return f"{per_hour(self.rate)} on average, {self.name}"

    @property
    def profile(self) -> Sequence[float]:
        mean = sum(self.weights) / len(self.weights)
        return [weight / mean for weight in self.weights]

    def within(self, seconds: float) -> tuple["Rhythm", float]:
        """A rhythm of at most so many seconds that has each hour equally often, and its length.

        It has some whole days or weeks, as the rhythm repeats itself, or shorter hours.
        """
        day = list(self.weights[:24]) * 7 == list(self.weights)
        hours = 24 if day else WEEK_HOURS
        period = hours * HOUR_S
        if seconds >= period:
            return self, seconds // period * period
        return replace(self, hour_s=seconds / hours), seconds

    def chunks(self, rng: np.random.Generator, start: float, end: float) -> Iterator[Floats]:
        """See Arrivals."""
        hours = np.asarray(self.weights, np.float64)
        expected = (
            np.concatenate([[0.0], np.cumsum(hours)]) * self.rate * WEEK_HOURS * self.hour_s / hours.sum()
        )
        marks = np.arange(WEEK_HOURS + 1) * self.hour_s
        week_s, week = marks[-1], expected[-1]
        offset = rng.random() * week_s
        # Time is measured in expected requests, in which the rate is always 1, and is then turned back into seconds.
        begin = (start + offset) // week_s * week + float(
            np.interp((start + offset) % week_s, marks, expected)
        )
        for units in _poisson(rng, begin, 1.0, (end - start) * self.rate):
            weeks = np.floor(units / week)
            times = weeks * week_s + np.interp(units - weeks * week, expected, marks) - offset
            times = np.maximum.accumulate(times)
            yield times[: np.searchsorted(times, end)]
            if times[-1] >= end:
                return


@dataclass(frozen=True)
class Bursts:
    """Visits at random, each a burst of requests: `size` on average, `gap_s` seconds apart on average."""

    rate: float
    size: float = 10.0
    gap_s: float = 1.0
    steady: bool = True
    profile: Sequence[float] = (1.0,)

    @property
    def description(self) -> str:
        return f"{per_hour(self.rate)} on average, in bursts of {self.size:g} about {self.gap_s:g} s apart"

    def chunks(self, rng: np.random.Generator, start: float, end: float) -> Iterator[Floats]:
        """See Arrivals."""
        window = max(CHUNK / self.rate, self.size * self.gap_s)
        late = np.empty(0)
        while start < end:
            stop = min(start + window, end)
            first = start + np.sort(rng.random(rng.poisson(self.rate / self.size * (stop - start)))) * (
                stop - start
            )
            times = np.sort(np.concatenate([late, self._bursts(rng, first)]))
            inside = np.searchsorted(times, stop)
            yield times[:inside]
            late = times[inside:]
            start = stop

    def _bursts(self, rng: np.random.Generator, first: Floats) -> Floats:
        sizes = rng.geometric(1 / self.size, len(first))
        gaps = rng.exponential(self.gap_s, int(sizes.sum()))
        begins = np.cumsum(sizes) - sizes
        gaps[begins] = 0.0
        offsets = np.cumsum(gaps)
        return np.repeat(first - offsets[begins], sizes) + offsets


@dataclass(frozen=True)
class Times:
    """Known times, seconds from the first: a schedule's, which ends `span` seconds after it begins.

    A month is filled by repeating them.
    """

    times: Floats = field(repr=False)
    span: float
    description: str
    steady: bool = False
    profile: Sequence[float] = (1.0,)

    @property
    def rate(self) -> float:
        return len(self.times) / self.span

    def chunks(self, rng: np.random.Generator, start: float, end: float) -> Iterator[Floats]:  # noqa: ARG002 -- as Arrivals
        """See Arrivals."""
        number = int(start // self.span)
        while number * self.span < end:
            times = self.times + number * self.span
            times = times[(times >= start) & (times < end)]
            for piece in range(0, len(times), CHUNK):
                yield times[piece : piece + CHUNK]
            number += 1


def poisson(monthly: float) -> Poisson:
    """`monthly` requests a month, independent of each other."""
    return Poisson(_rate(monthly))


def pattern(name: str, monthly: float) -> Arrivals:
    """`monthly` requests a month in one of the PATTERNS; UserError for another name or a rate that is none."""
    rate = _rate(monthly)
    if name == "steady":
        return Poisson(rate)
    if name == "bursty":
        return Bursts(rate)
    if name in RHYTHMS:
        words, weights = RHYTHMS[name]
        return Rhythm(rate, words, weights)
    raise UserError(f"{name!r} is not a pattern; known: {', '.join(PATTERNS)}")


def schedule(expression: str, begin: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> Times:
    """The times of a cron expression (five fields, or six with seconds first), in UTC, for a day, a week or a year.

    UserError for an expression that is none, or that never comes true.
    """
    times: list[float] = []
    period = timedelta(days=_period(expression))
    try:
        for moment in CronSim(expression, begin - timedelta(seconds=1)):
            if moment - begin >= period or len(times) >= CHUNK:
                break
            times.append((moment - begin).total_seconds())
    except CronSimError as error:
        raise UserError(
            f"{expression!r} is not a cron expression ({error}); five fields such as '*/5 8-18 * * MON-FRI'"
        ) from None
    if not times:
        raise UserError(f"{expression!r} does not come true within a year")
    span = period.total_seconds() if len(times) < CHUNK else times.pop()
    return Times(
        np.array(times), span, f"the schedule {expression!r}, {per_hour(len(times) / span)} on average"
    )


def _period(expression: str) -> int:
    """The days after which the times repeat themselves, or a year's: CronSim takes seconds for those of a year."""
    fields = expression.split()[-3:]
    if fields[:2] != ["*", "*"] or set("#L") & set(fields[-1].upper()):
        return 365
    return 1 if fields[-1] == "*" else 7


def per_hour(rate: float) -> str:
    """A rate in words: requests an hour, or a second if that is easier to grasp."""
    if rate >= 1:
        return f"{_three(rate)} requests a second"
    return f"{_three(rate * HOUR_S)} requests an hour"


def _three(value: float) -> str:
    """A number with three digits, or all that are before its point."""
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"  # noqa: PLR2004 -- with four digits


def _rate(monthly: float) -> float:
    if not 0 < monthly < float("inf"):
        raise UserError(f"{monthly:g} requests a month is no traffic to simulate; it is more than 0")
    return monthly / MONTH


def _poisson(rng: np.random.Generator, start: float, rate: float, expected: float) -> Iterator[Floats]:
    """Times without an end; the first chunk mostly has the `expected` number."""
    size = int(min(CHUNK, expected + 4 * expected**0.5 + 16))
    while True:
        times = start + np.cumsum(rng.standard_exponential(size)) / rate
        yield times
        start = times[-1]
