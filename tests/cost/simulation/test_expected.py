"""The closed form against the simulation: curves over traffic may be drawn with it."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost.bill import Usage, bill
from cost.setup import setup
from cost.simulation import expected
from cost.simulation.arrivals import pattern, poisson
from cost.simulation.simulate import System, simulate, system
from cost.simulation.timing import published
from platforms import NAMES
from platforms.prices import Prices

Deploy = Callable[..., System]
REGIONS = {"aws": "us-east-1", "gcp": "us-central1", "apprunner": "us-east-1", "ecs": "us-east-1"}
CLOSE = 0.04  # of a bill; what rounding adds to merged requests is not known in closed form


@pytest.mark.parametrize("waiting", [0, 1])
@pytest.mark.parametrize("lasts", [0.05, 0.7])
@pytest.mark.parametrize("monthly", [100, 14_600, 300_000, 3_000_000, 30_000_000])
def test_the_expected_bill_is_close_to_the_simulated_one(
    prices: Prices, monthly: int, lasts: float, waiting: int
) -> None:
    systems = {
        name: system(setup(name, region, waiting=Decimal(waiting)), published(name, lasts), prices)
        for name, region in REGIONS.items()
    }
    results = simulate(poisson(monthly), systems, budget=150_000)

    for name, one in systems.items():
        simulated = bill(one.setup, results[name].usage, prices, free_tier=False).estimate
        closed = bill(one.setup, expected.usage(one, monthly), prices, free_tier=False).estimate
        assert float(closed) == pytest.approx(float(simulated), rel=CLOSE), name


@pytest.mark.parametrize("platform", ["aws", "gcp"])
@pytest.mark.parametrize("monthly", [1000, 14_600])
def test_expected_starts_are_within_the_simulations_error(
    deploy: Deploy, platform: str, monthly: int
) -> None:
    one = deploy(platform)
    result = simulate(poisson(monthly), {"one": one}, replications=100)["one"]

    starts = float(expected.usage(one, monthly).starts)
    assert abs(result.waiting.mean * monthly - starts) < 4 * result.waiting.error * monthly + 0.01 * starts


def test_a_rhythm_is_the_mean_of_its_hours(deploy: Deploy) -> None:
    one, hours = deploy("aws"), pattern("daily", 14_600)
    result = simulate(hours, {"one": one}, replications=60)["one"]

    starts = float(expected.usage(one, 14_600, hours.profile).starts)
    assert starts == pytest.approx(result.waiting.mean * 14_600, rel=0.03)
    assert starts > float(expected.usage(one, 14_600).starts)


def test_a_known_share_of_cold_starts_is_taken_where_instances_come_and_go(deploy: Deploy) -> None:
    assert expected.usage(deploy("aws"), 40_000, cold_share=0.25).starts == 10_000
    assert expected.usage(deploy("apprunner"), 40_000, cold_share=0.25).starts < 1


@pytest.mark.parametrize("platform", NAMES)
def test_no_traffic_is_no_usage(deploy: Deploy, platform: str) -> None:
    assert expected.usage(deploy(platform), 0) == Usage()


@given(st.sampled_from(NAMES), st.floats(1, 1e7), st.floats(1.01, 10), st.floats(0.01, 2))
def test_more_requests_never_cost_less_without_a_free_tier(
    deploy: Deploy, prices: Prices, platform: str, monthly: float, more: float, lasts: float
) -> None:
    """Once requests are not rare: more of them may need fewer starts, at most what the starts had cost."""
    one = deploy(platform, lasts=lasts, starts=0.01)

    low, high = (
        bill(one.setup, expected.usage(one, n), prices, free_tier=False) for n in (monthly, monthly * more)
    )
    starts = expected.usage(one, monthly).starts
    assert high.estimate >= low.estimate - starts * Decimal("0.0001")
