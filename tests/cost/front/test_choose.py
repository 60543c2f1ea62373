"""What no other beats, and what to take for a limit or a budget, against an exhaustive comparison."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.bill import Usage, bill
from cost.front.choose import SHORTER, beats, cents, front, pick, usable, wait_of
from cost.front.search import Point
from cost.model import Candidate
from cost.setup import setup
from cost.simulation.timing import published
from platforms.prices import Prices

ONE = setup("aws", "us-east-1")
CANDIDATE = Candidate(ONE, published(ONE))
BILL = bill(ONE, Usage(requests=Decimal(1)), Prices.load(), free_tier=True)


def point(dollars: float, p95: float | None, *, starts: float = 0.0, refused: float = 0.0) -> Point:
    return Point(CANDIDATE, False, dollars, {"p50": p95, "p95": p95, "starts": starts}, 1, refused, BILL)


points = st.lists(
    st.builds(
        point,
        st.integers(0, 30).map(lambda cent: cent / 100),
        st.floats(0.01, 5) | st.sampled_from([0.1, 0.2, 0.345, None]),
        starts=st.sampled_from([0.0, 0.01, 0.3]),
        refused=st.sampled_from([0.0, 0.0, 0.0, 0.2]),
    ),
    max_size=25,
)


@given(points, st.sampled_from(["p50", "p95", "starts"]))
@settings(deadline=None)
def test_the_front_is_what_an_exhaustive_comparison_finds(every: list[Point], by: str) -> None:
    """No printed point is beaten by any, and each that is not printed is beaten, equalled, or hardly any better."""
    able = usable(every, by)

    found = front(able, by)

    assert not any(beats(other, one, by) for one in found for other in able)
    for one in able:
        assert any(
            cents(shown) <= cents(one) and wait_of(shown, by) * SHORTER <= wait_of(one, by) for shown in found
        )
    assert [cents(one) for one in found] == sorted({cents(one) for one in found})
    waits = [wait_of(one, by) for one in found]
    assert waits == sorted(set(waits), reverse=True)


@given(points)
@settings(deadline=None)
def test_what_turns_requests_away_or_has_no_figure_is_never_shown(every: list[Point]) -> None:
    assert all(one.refused == 0 and one.waits["p95"] is not None for one in usable(every, "p95"))


@given(points, st.floats(0.05, 2), st.floats(0, 0.4))
@settings(deadline=None)
def test_a_pick_keeps_what_was_asked_and_none_that_does_is_cheaper(
    every: list[Point], limit_s: float, budget: float
) -> None:
    able = usable(every, "p95")
    keeping = [one for one in able if (one.waits["p95"] or 0) <= limit_s and cents(one) <= budget * 100]

    both, limited, spent = (
        pick(able, "p95", limit_s=limit_s, budget=budget),
        pick(able, "p95", limit_s=limit_s, budget=None),
        pick(able, "p95", limit_s=None, budget=budget),
    )

    assert (both.best is None) == (not keeping)
    if both.best:
        assert both.best in keeping
        assert cents(both.best) == min(map(cents, keeping))
    if limited.best:
        assert cents(limited.best) <= min(
            (cents(one) for one in able if (one.waits["p95"] or 0) <= limit_s), default=0
        )
    if spent.best:
        affordable = [one for one in able if cents(one) <= budget * 100]
        assert wait_of(spent.best, "p95") == min(wait_of(one, "p95") for one in affordable)


def test_the_reason_and_the_runner_up_are_said() -> None:
    able = [point(1.0, 0.5), point(2.0, 0.3), point(3.0, 0.2), point(2.5, 0.25)]

    limited = pick(able, "p95", limit_s=0.4, budget=None)
    spent = pick(able, "p95", limit_s=None, budget=2.6)

    assert limited.sentence == (
        "Take AWS Lambda, 512 MB, HTTP API ($2.00 a month, 95% of the requests are answered within 300 ms): the "
        "cheapest of the 3 set-ups that keep 95% within 0.4 s. Runner-up: AWS Lambda, 512 MB, HTTP API ($2.50 a "
        "month, 95% of the requests are answered within 250 ms)."
    )
    assert spent.best is able[3]
    assert spent.runner_up is able[1]
    assert (
        "the shortest time in which 95% are answered of the 3 set-ups that keep a bill of $2.60"
        in spent.sentence
    )


@pytest.mark.parametrize(
    ("limit_s", "budget", "expected"),
    [
        (
            0.1,
            None,
            (
                "None of these 2 set-ups keeps 95% within 0.1 s; the shortest p95 is 300 ms, of AWS Lambda, 512 MB, "
                "HTTP API at $2.00 a month."
            ),
        ),
        (
            None,
            0.5,
            (
                "None of these 2 set-ups keeps a bill of $0.50; the cheapest is AWS Lambda, 512 MB, HTTP API at $1.00 "
                "a month."
            ),
        ),
    ],
)
def test_what_none_keeps_is_said_with_what_comes_closest(
    limit_s: float | None, budget: float | None, expected: str
) -> None:
    choice = pick([point(1.0, 0.5), point(2.0, 0.3)], "p95", limit_s=limit_s, budget=budget)

    assert (choice.best, choice.sentence) == (None, expected)
