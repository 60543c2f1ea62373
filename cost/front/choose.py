"""Finds the points that no other beats, and one of them for a limit or a budget; pure.

Figures are compared as they are printed: dollars to a cent, seconds to three digits. So what is printed as equal is
equal, and a fraction of a cent buys nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cost import words
from cost.front.search import Point
from cost.front.words import WAIT_SHARES, wait, waits

SHORTER = 0.98
"""A dearer deployment is worth showing if its wait is at most this share of the next cheaper one's wait."""


def usable(points: Sequence[Point], by: str) -> list[Point]:
    """Those whose bill and wait are known, and that turn nobody away."""
    return [
        point for point in points if point.bill.priced and point.waits[by] is not None and point.refused == 0
    ]


def chosen_from(points: Sequence[Point]) -> list[Point]:
    """Those that no other beats so clearly that they were left at first sight."""
    return [point for point in points if not point.beaten]


def cents(point: Point) -> int:
    return round(point.dollars * 100)


def wait_of(point: Point, by: str) -> float:
    """A usable point's wait, to three digits."""
    value = point.waits[by]
    if value is None:
        raise ValueError(f"{point.title}: its figures do not support {by}")
    return float(f"{value:.3g}")


def beats(point: Point, other: Point, by: str) -> bool:
    """Whether one is as good as the other in bill and in wait, and better in one of them."""
    mine, theirs = (cents(point), wait_of(point, by)), (cents(other), wait_of(other, by))
    return mine != theirs and mine[0] <= theirs[0] and mine[1] <= theirs[1]


def front(points: Sequence[Point], by: str) -> list[Point]:
    """Of usable points those that no other beats, ascending in bill, each with a clearly shorter wait than the last.

    Of points with equal figures the first is taken.
    """
    unbeaten: list[Point] = []
    for point in sorted(points, key=lambda candidate: (cents(candidate), wait_of(candidate, by))):
        if not unbeaten or wait_of(point, by) < wait_of(unbeaten[-1], by) * SHORTER:
            unbeaten.append(point)
    return unbeaten


@dataclass(frozen=True)
class Pick:
    """The one to take, the one to take if not that, and why; no point if nothing keeps what was asked."""

    best: Point | None
    runner_up: Point | None
    sentence: str


def pick(points: Sequence[Point], by: str, *, limit_s: float | None, budget: float | None) -> Pick:
    """Of usable points the one for a limit of p95, a budget, or both.

    With a limit the cheapest that keeps it is taken, with a budget alone the one with the shortest wait in it.
    """

    def order(point: Point) -> tuple[float, ...]:
        mine = (cents(point), wait_of(point, by))
        return mine if limit_s is not None else mine[::-1]

    every = [point for point in points if _keeps(point, limit_s, budget)]
    kept = sorted(chosen_from(every), key=order)
    asked = " and ".join(
        [
            *([f"95% within {limit_s:g} s"] if limit_s is not None else []),
            *([f"a bill of {words.money(budget)}"] if budget is not None else []),
        ]
    )
    if not kept:
        return Pick(
            None, None, f"None of these {len(points)} set-ups keeps {asked}{_nearest(points, limit_s)}."
        )
    best, rest = kept[0], kept[1:]
    aim = "the cheapest" if limit_s is not None else f"the shortest {_aim(by)}"
    sentence = f"Take {said(best, by)}: {aim} of the {len(every)} set-ups that keep {asked}."
    if len(every) == 1:
        sentence = f"Take {said(best, by)}: the only set-up that keeps {asked}."
    # Another with the same figures is no choice.
    runner_up = next((point for point in rest if order(point) != order(best)), None)
    return Pick(best, runner_up, sentence + (f" Runner-up: {said(runner_up, by)}." if runner_up else ""))


def said(point: Point, by: str) -> str:
    """A point in a sentence."""
    shown = [waits(by, wait_of(point, by))]
    return f"{point.title} ({words.money(point.dollars)} a month, {', '.join(shown)})"


def _keeps(point: Point, limit_s: float | None, budget: float | None) -> bool:
    p95 = point.waits["p95"]
    return (limit_s is None or (p95 is not None and p95 <= limit_s)) and (
        budget is None or cents(point) <= budget * 100
    )


def _aim(by: str) -> str:
    return (
        f"time in which {WAIT_SHARES[by]} are answered" if by in WAIT_SHARES else "share of waits for a start"
    )


def _nearest(points: Sequence[Point], limit_s: float | None) -> str:
    """What comes closest."""
    if not points:
        return ""
    if limit_s is None:
        cheapest = min(points, key=cents)
        return f"; the cheapest is {cheapest.title} at {words.money(cheapest.dollars)} a month"
    known = [point for point in points if point.waits["p95"] is not None]
    if not known:
        return ""
    fastest = min(known, key=lambda point: (point.waits["p95"] or 0.0, cents(point)))
    return (
        f"; the shortest p95 is {wait('p95', fastest.waits['p95'])}, of {fastest.title} at "
        f"{words.money(fastest.dollars)} a month"
    )
