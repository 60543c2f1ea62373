"""Finds the volumes of traffic at which another platform becomes the cheapest, from each platform's bills.

Usage lies on straight lines between the given volumes, and prices are straight lines between their thresholds (a free
tier's end, a cheaper tier's begin). So a bill over traffic is a chain of straight lines, and where two chains cross is
computed, not searched for.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter

from cost.bill import Usage, bill, quantities
from cost.setup import Setup
from platforms.prices import Prices

ZERO = Decimal(0)


@dataclass(frozen=True)
class Curve:
    """Dollars a month over requests a month: straight lines through points, ascending in requests."""

    points: tuple[tuple[Decimal, Decimal], ...]

    def __post_init__(self) -> None:
        volumes = [volume for volume, _ in self.points]
        if len(volumes) < 2 or any(here >= there for here, there in pairwise(volumes)):  # noqa: PLR2004 -- a line
            raise ValueError("a curve has two points or more, ascending in requests")

    def at(self, volume: Decimal) -> Decimal:
        """Dollars at a volume within the curve."""
        if not self.points[0][0] <= volume <= self.points[-1][0]:
            raise ValueError(f"{volume} requests lie outside of {self.points[0][0]} to {self.points[-1][0]}")
        after = max(bisect_left(self.points, volume, key=itemgetter(0)), 1)
        (here, low), (there, high) = self.points[after - 1 : after + 1]
        return low + (high - low) * (volume - here) / (there - here)


@dataclass(frozen=True)
class Change:
    """From `volume` requests a month on, `after` is the cheapest; below it, `before` is."""

    volume: Decimal
    before: str
    after: str


def curve(setup: Setup, usages: Sequence[tuple[Decimal, Usage]], prices: Prices, *, free_tier: bool) -> Curve:
    """A platform's bill over traffic, from its usage at ascending volumes."""
    points: list[tuple[Decimal, Decimal]] = []

    def add(volume: Decimal, usage: Usage) -> None:
        points.append((volume, bill(setup, usage, prices, free_tier=free_tier).estimate))

    counted = [(volume, usage, quantities(setup, usage)) for volume, usage in usages]
    for (here, low, before), (there, high, after) in pairwise(counted):
        add(here, low)
        for part in _kinks(setup, before, after, prices):
            add(here + (there - here) * part, low.between(high, part))
    add(*usages[-1])
    return Curve(tuple(points))


def changes(curves: Mapping[str, Curve]) -> list[Change]:
    """Where the cheapest platform changes, in ascending volume, from the smallest to the largest of all curves.

    Platforms that cost the same keep their order in `curves`; fewer than two have nothing to change.
    """
    if len(curves) < 2:  # noqa: PLR2004 -- it takes two
        return []
    volumes = sorted({volume for curve in curves.values() for volume, _ in curve.points})
    crossings: list[Change] = []
    best: str | None = None
    for here, there in pairwise(volumes):
        marks = [here, *sorted(set(_crossings(curves, here, there))), there]
        for volume, following in pairwise(marks):
            now = _cheapest(curves, (volume + following) / 2)
            if best is not None and now != best:
                crossings.append(Change(volume, best, now))
            best = now
    return crossings


def _cheapest(curves: Mapping[str, Curve], volume: Decimal) -> str:
    return min(curves, key=lambda name: curves[name].at(volume))


def _crossings(curves: Mapping[str, Curve], here: Decimal, there: Decimal) -> Iterator[Decimal]:
    """Where any two curves cross between two volumes with no kink of any curve in between."""
    ends = [(curve.at(here), curve.at(there)) for curve in curves.values()]
    for place, (low, high) in enumerate(ends):
        for other_low, other_high in ends[place + 1 :]:
            before, after = low - other_low, high - other_high
            if before * after < 0:
                yield here + (there - here) * before / (before - after)


def _kinks(
    setup: Setup, before: Mapping[str, Decimal], after: Mapping[str, Decimal], prices: Prices
) -> list[Decimal]:
    """The parts of the way from some quantities to others at which some price changes, ascending, without both ends."""
    parts: set[Decimal] = set()
    for name, quantity in before.items():
        change = after[name] - quantity
        for threshold in prices.price(setup.platform, name, setup.region).thresholds:
            if change and 0 < (part := (threshold - quantity) / change) < 1:
                parts.add(part)
    return sorted(parts)
