"""An instance that a rare rush starts and that then stays is there in bills, table, curves and advice alike."""

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from cost.app import App
from cost.bill import Usage, bill
from cost.setup import setup
from cost.simulation import state, volumes
from cost.simulation.arrivals import MONTH, Poisson, poisson
from cost.simulation.lasting import busy, lasting
from cost.simulation.simulate import one_month, simulate
from cost.simulation.system import System, system
from cost.simulation.timing import published
from cost.simulation.volumes import Volumes
from platforms.prices import Prices
from tests.soak import soak

Deploy = Callable[..., System]
RARE = [
    # concurrency, vCPUs, CPU seconds, seconds of waiting, requests a month, the instances in the long run
    (10, "4", "0.3", "0", 1e7, 2),  # ten are in flight at once every few hours
    *soak((10, "2", "0.02", "0.3", 1.2e7, 2)),
    *soak((80, "1", "0.1", "0", 1.3e7, 2)),  # the CPU of a minute passes 60%
]


def deployed(prices: Prices, concurrency: int, vcpu: str, cpu: str, wait: str) -> System:
    app = App(cpu_s=Decimal(cpu), wait_s=Decimal(wait))
    one = setup("gcp", "us-central1", concurrency=concurrency, vcpu=Decimal(vcpu), memory_mb=2048, app=app)
    return system(one, published(one), prices)


def dollars(one: System, usage: Usage, prices: Prices) -> float:
    return float(bill(one.setup, usage, prices, free_tier=False).estimate)


@pytest.mark.parametrize(("concurrency", "vcpu", "cpu", "wait", "monthly", "expected"), RARE)
def test_bill_table_and_months_have_the_instance_that_a_long_time_has(
    prices: Prices, concurrency: int, vcpu: str, cpu: str, wait: str, monthly: float, expected: int
) -> None:
    one = deployed(prices, concurrency, vcpu, cpu, wait)
    # A week that begins without the instance, which comes after some hours.
    week = one_month(
        Poisson(monthly / MONTH),
        {"one": one},
        np.random.SeedSequence(3),
        MONTH / 4,
        state.Memory(),
        {"one": 0},
    )["one"]
    simulated = simulate(poisson(monthly), {"one": one}, budget=200_000)["one"]

    assert week.most == lasting(one, [monthly / MONTH]) == expected
    for usage in (volumes.usage(one, monthly), Volumes({"one": one}).at("one", monthly), simulated.usage):
        assert dollars(one, usage, prices) == pytest.approx(dollars(one, week.usage, prices), rel=0.05)


def test_a_curve_steps_at_the_rate_from_which_the_instance_stays(prices: Prices) -> None:
    one = deployed(prices, 10, "1", "0.02", "0.3")
    at = Volumes({"one": one})
    step = next(monthly for monthly in np.arange(7e6, 9e6, 2e4) if lasting(one, [monthly / MONTH]) == 2)

    points = dict(at.points("one", [Decimal(0), Decimal(10**6), Decimal(10**8)]))
    near = [volume for volume in points if abs(float(volume) - step) < 4e4]

    assert len(near) == 2
    below, above = (float(points[volume].active_s / volume) for volume in sorted(near))
    assert above > below * 1.2
    for monthly in (float(step) * 0.97, float(step) * 1.03):
        told = at.at("one", monthly).active_s / volumes.usage(one, monthly).active_s
        assert float(told) == pytest.approx(1, rel=0.03)


@pytest.mark.parametrize("number", [1, 3])
def test_as_many_are_busy_as_erlang_says_if_each_takes_one(deploy: Deploy, number: int) -> None:
    """Instances with room and CPU for all: requests in flight are a Poisson number."""
    one = deploy("gcp", lasts=0.5, work=1e-9, vcpu=Decimal(1), concurrency=100)
    chances = np.cumsum([np.exp(-1.5) * 1.5**n / float(np.prod(np.arange(1, n + 1))) for n in range(9)])

    assert busy(one, number, 3.0) == pytest.approx(sum(1 - chances[:number]), rel=1e-3)


def test_no_more_than_the_minimum_is_kept_where_rushes_of_long_ago_do_not_matter(deploy: Deploy) -> None:
    for platform in ("aws", "apprunner", "ecs"):
        one = deploy(platform, lasts=0.1, work=0.1)
        assert lasting(one, [5.0]) == one.rule.minimum
    assert lasting(deploy("gcp", lasts=0.1, work=0.1), [20 / 3600]) == 0


def test_a_quiet_night_lets_the_instance_go(prices: Prices) -> None:
    one = deployed(prices, 10, "4", "0.3", "0")
    rate = 1e7 / MONTH

    assert lasting(one, [rate, rate]) == 2
    assert lasting(one, [rate, rate / 1e4]) == 0
