"""One model, one answer: a bill, the table and the curves against the simulated months of the advice."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.app import App
from cost.bill import Usage, bill
from cost.setup import Setup, setup
from cost.simulation import volumes
from cost.simulation.arrivals import pattern, poisson
from cost.simulation.simulate import simulate
from cost.simulation.system import System, system
from cost.simulation.timing import published
from cost.simulation.volumes import Volumes
from platforms import NAMES
from platforms.prices import Prices
from tests.cost.conftest import REGIONS
from tests.soak import soak

Deploy = Callable[..., System]
CLOSE = 0.04
CASES = [
    ("aws", None),
    ("gcp", 1),
    ("gcp", 5),
    ("gcp", None),
    ("apprunner", 1),
    ("apprunner", 2),
    ("apprunner", 5),
    ("apprunner", 10),
    ("apprunner", None),
    ("ecs", None),
]


def dollars(one: System, usage: Usage, prices: Prices) -> float:
    return float(bill(one.setup, usage, prices, free_tier=False).estimate)


@pytest.mark.parametrize(
    ("platform", "concurrency", "cpu", "wait"),
    [
        case
        for place, one in enumerate(CASES)
        for app, case in enumerate(((*one, "0.1", "0"), (*one, "0.02", "0.2")))
        for case in ([case] if place % 2 == app else soak(case))
    ],
)
def test_bill_table_and_simulated_months_agree_at_every_concurrency(
    prices: Prices, platform: str, cpu: str, wait: str, concurrency: int | None
) -> None:
    """Requests at once: one, a few, as many as the platform's default."""
    app = App(cpu_s=Decimal(cpu), wait_s=Decimal(wait))
    deployed = setup(platform, REGIONS[platform], concurrency=concurrency, app=app)
    one = system(deployed, published(deployed), prices)
    at = Volumes({"one": one})

    for monthly in (14_600.0, 1e6, 1e7):
        months = simulate(poisson(monthly), {"one": one}, budget=300_000)["one"]
        simulated = dollars(one, months.usage, prices)
        for usage in (volumes.usage(one, monthly), at.at("one", monthly)):
            assert dollars(one, usage, prices) == pytest.approx(simulated, rel=CLOSE, abs=0.01), monthly


@pytest.mark.parametrize(
    ("platform", "concurrency", "cpu", "wait", "monthly"),
    [
        ("gcp", 10, "0.02", "0.3", 1e8),
        ("apprunner", 10, "0.1", "0", 1e8),
        ("apprunner", 10, "0.1", "0", 2.5e7),
    ],
)
def test_rushes_that_start_an_instance_are_seen_in_the_table_too(
    prices: Prices, platform: str, concurrency: int, cpu: str, wait: str, monthly: float
) -> None:
    """20,000 requests of 100 M a month come in nine minutes, which is less than an instance stays idle.

    How often a rush starts an instance is a matter of chance, so the figures are not as close as others.
    """
    app = App(cpu_s=Decimal(cpu), wait_s=Decimal(wait))
    deployed = setup(platform, REGIONS[platform], concurrency=concurrency, app=app)
    one = system(deployed, published(deployed), prices)
    simulated = dollars(one, simulate(poisson(monthly), {"one": one}, budget=1_000_000)["one"].usage, prices)

    for usage in (volumes.usage(one, monthly), Volumes({"one": one}).at("one", monthly)):
        assert dollars(one, usage, prices) == pytest.approx(simulated, rel=0.1)


def test_app_runner_at_one_request_at_once_costs_what_was_simulated_elsewhere(prices: Prices) -> None:
    """10 M requests that take 0.13 s and share nothing: $50.43 by an independent simulation."""
    app = App(cpu_s=Decimal(0), wait_s=Decimal("0.13"), log_bytes=600)
    one = setup("apprunner", "us-east-1", concurrency=1, app=app)
    deployed = system(one, published(one), prices)

    assert dollars(deployed, volumes.usage(deployed, 1e7), prices) == pytest.approx(50.43, rel=0.06)


def test_a_rhythm_is_the_mean_of_its_hours(deploy: Deploy) -> None:
    one, hours = deploy("aws"), pattern("daily", 14_600)
    result = simulate(hours, {"one": one}, replications=40)["one"]

    starts = float(Volumes({"one": one}, hours.profile).at("one", 14_600).starts)
    assert starts == pytest.approx(result.waiting.mean * 14_600, rel=0.05)
    assert starts > float(Volumes({"one": one}).at("one", 14_600).starts)


def test_a_known_share_of_cold_starts_is_taken(deploy: Deploy) -> None:
    one = deploy("gcp", lasts=0.1, starts=0.4)
    usage = volumes.usage(one, 40_000)

    told = volumes.with_starts(one, usage, 0.25)

    assert told.starts == 10_000
    assert float(told.start_s) == pytest.approx(4_000)
    more = float(told.active_s - usage.active_s)
    assert more == pytest.approx((10_000 - float(usage.starts)) * 0.6, rel=1e-3)


@pytest.mark.parametrize("platform", NAMES)
def test_no_traffic_is_no_usage_but_of_what_is_kept(deploy: Deploy, platform: str) -> None:
    nothing = volumes.usage(deploy(platform), 0)

    assert (nothing.requests, nothing.active_s, nothing.busy_s) == (0, 0, 0)


@given(st.sampled_from(["aws", "gcp", "apprunner"]), st.integers(100, 10**8))
@settings(deadline=None, max_examples=10)
def test_a_bills_requests_are_exactly_those_asked_for(deploy: Deploy, platform: str, monthly: int) -> None:
    assert volumes.usage(deploy(platform), monthly).requests == monthly


def test_provisioned_concurrency_is_billed_busy_or_not_and_by_its_own_price(prices: Prices) -> None:
    """512 MB always ready are 0.5 x 2,628,000 s x $0.0000041667 = $5.48, and what it handles costs 0.0000097222."""
    kept: Setup = setup("aws", "us-east-1", minimum=1, app=App(cpu_s=Decimal(0), wait_s=Decimal("0.1")))
    one = system(kept, published(kept), prices)
    months = simulate(poisson(40_000), {"one": one}, replications=4)["one"]

    lines = {line.name: line for line in bill(kept, months.usage, prices, free_tier=True).lines}

    assert round(lines["provisioned concurrency"].amount or 0, 2) == Decimal("5.48")
    handled = lines["handling, provisioned"].quantity + lines["handling beyond it"].quantity
    assert float(handled) == pytest.approx(float(months.usage.requests) * 0.1 * 0.5)
    assert 0 < lines["handling beyond it"].quantity < handled / 100
    assert lines["Lambda requests"].free == 0
    assert months.waiting.mean < 0.005
