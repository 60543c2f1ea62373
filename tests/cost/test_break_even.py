"""Where bills cross: exactly, on hand-made lines and on real prices."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost.app import App
from cost.bill import Usage, bill
from cost.break_even import Change, Curve, changes, curve
from cost.setup import setup
from platforms import NAMES
from platforms.prices import Prices

D = Decimal


def line(*points: tuple[int, int]) -> Curve:
    return Curve(tuple((D(x), D(y)) for x, y in points))


def test_two_lines_cross_where_they_cross() -> None:
    assert changes({"flat": line((0, 6), (10, 6)), "steep": line((0, 0), (10, 10))}) == [
        Change(D(6), "steep", "flat")
    ]


def test_crossings_between_kinks_and_at_them_are_found() -> None:
    bent = line((0, 0), (4, 0), (10, 12))
    flat = line((0, 4), (10, 4))

    assert changes({"bent": bent, "flat": flat}) == [Change(D(6), "bent", "flat")]
    assert changes({"bent": bent, "touching": line((0, 1), (4, 0), (10, 6))}) == [
        Change(D(4), "bent", "touching")
    ]


def test_of_three_only_the_cheapest_counts() -> None:
    lines = {"a": line((0, 0), (12, 12)), "b": line((0, 3), (12, 9)), "c": line((0, 5), (12, 5))}

    assert changes(lines) == [Change(D(5), "a", "c")]


def test_two_changes_within_one_piece_come_in_order() -> None:
    lines = {"a": line((0, 0), (20, 40)), "b": line((0, 4), (20, 14)), "c": line((0, 8), (20, 8))}

    assert [(round(one.volume, 3), one.after) for one in changes(lines)] == [(D("2.667"), "b"), (D(8), "c")]


def test_lines_that_never_cross_or_are_alone_change_nothing() -> None:
    assert changes({"low": line((0, 0), (9, 9)), "high": line((0, 1), (9, 10))}) == []
    assert changes({"same": line((0, 0), (9, 9)), "as": line((0, 0), (9, 9))}) == []
    assert changes({"alone": line((0, 0), (9, 9))}) == changes({}) == []


def test_lambda_and_app_runner_cross_where_the_arithmetic_says(prices: Prices) -> None:
    """0.5 s at 512 MB with a function URL and nothing free: R x (0.2e-6 + 0.25 x 1.66667e-5) against 2.555."""
    bare = App(image_gb=D(0), response_kb=D(0), log_bytes=0)
    function = setup("aws", "us-east-1", door="function-url", app=bare)
    service = setup("apprunner", "us-east-1", app=bare)
    many = Usage(requests=D(10**7), busy_s=D(10**7) / 2)

    pair = {
        "aws": curve(function, [(D(0), Usage()), (D(10**7), many)], prices, free_tier=False),
        "apprunner": curve(
            service, [(D(0), Usage()), (D(10**7), Usage(requests=D(10**7)))], prices, free_tier=False
        ),
    }

    found = changes(pair)

    exact = D("2.555") / (D("0.20") / 10**6 + D("0.0000166667") / 4)
    assert [(one.before, one.after) for one in found] == [("aws", "apprunner")]
    assert abs(found[0].volume - exact) < D("1e-15")


def test_a_curve_has_a_kink_where_the_free_tier_ends(prices: Prices) -> None:
    """1 M free requests and 400,000 free GB-s, reached at 1 M and at 8 M requests of 0.1 s and 512 MB."""
    function = setup("aws", "us-east-1", door="function-url")
    one = curve(
        function,
        [(D(0), Usage()), (D(10**7), Usage(requests=D(10**7), busy_s=D(10**6)))],
        prices,
        free_tier=True,
    )

    kinks = [volume for volume, _ in one.points]
    assert D(1_000_000) in kinks
    assert D(8_000_000) in kinks


@given(st.integers(0, 10**8), st.sampled_from(NAMES), st.booleans())
def test_between_its_points_a_curve_is_the_bill(
    prices: Prices, requests: int, platform: str, free_tier: bool
) -> None:
    """Exactly, when usage is in proportion to requests: a bill is a straight line between its kinks."""
    one = setup(platform, {"gcp": "europe-west3"}.get(platform, "us-east-1"))
    most = D(10**8)
    full = Usage(requests=most, busy_s=most / 3, starts=most / 100, start_s=most / 200, active_s=most / 3)
    chain = curve(one, [(D(0), Usage()), (most, full)], prices, free_tier=free_tier)

    exact = bill(one, full.times(D(requests) / most), prices, free_tier=free_tier).estimate
    assert abs(chain.at(D(requests)) - exact) < D("1e-12")


@pytest.mark.parametrize("points", [[(0, 0)], [(0, 0), (0, 1)], [(2, 0), (1, 1)]])
def test_a_curve_that_is_none_is_refused(points: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="two points or more, ascending in requests"):
        line(*points)


def test_a_curve_says_nothing_beyond_its_ends() -> None:
    with pytest.raises(ValueError, match="11 requests lie outside of 0 to 10"):
        line((0, 0), (10, 10)).at(D(11))
