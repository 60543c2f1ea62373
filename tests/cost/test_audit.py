"""The rows of an audit of prices, limits and advice that no other test has, each with its right value.

The others: processor sharing (simulation/test_sharing.py), App Runner at one request at once and provisioned
concurrency (simulation/test_volumes.py), whole tasks of ECS (test_advise.py), part-days of a log
(simulation/logs/test_replay.py), boost, instance-based billing, tiers, regions, log lines and thousandths of a vCPU
(test_bill.py), imports on top of starts (simulation/test_timing.py).
"""

from decimal import Decimal

import numpy as np
import pytest

from cost.app import App
from cost.bill import bill
from cost.setup import setup
from cost.simulation import volumes
from cost.simulation.arrivals import poisson, schedule
from cost.simulation.simulate import simulate
from cost.simulation.system import system
from cost.simulation.timing import published
from platforms.prices import Prices
from tests.cost.conftest import Deploy


def test_a_tenth_of_a_cpu_second_is_345_ms_on_lambdas_share_and_billed_so(prices: Prices) -> None:
    """10 M requests of 0.1 CPU seconds at 512 MB are $33.90 without logs, where equal seconds said $13.77.

    By hand: 9 M requests $1.80, HTTP API $10.00, 10 M x 0.346 s x 0.5 GB less 400,000 GB-s $22.17, image $0.005.
    """
    one = setup("aws", "us-east-1", app=App(cpu_s=Decimal("0.1"), log_bytes=0))
    deployed = system(one, published(one), prices)

    total = bill(one, volumes.usage(deployed, 1e7), prices, free_tier=True).total

    assert float(one.alone_s) == pytest.approx(0.3455, abs=1e-4)
    assert float(total) == pytest.approx(
        1.80 + 10 + (10e6 * 0.346 * 0.5 - 400_000) * 1.66667e-5 + 0.005, rel=0.002
    )


def test_the_latencies_of_10_m_requests_that_share_a_vcpu_are_those_of_a_queue(
    prices: Prices, deploy: Deploy
) -> None:
    """10 M requests a month of 0.2 CPU seconds on one vCPU: 95% within 2.2 s, not within 200 ms.

    M/G/1 with processor sharing and constant work at 76% load, by an independent event simulation: 2,186 ms.
    """
    one = deploy("apprunner", lasts=0.0, work=0.2, memory_mb=2048, vcpu=Decimal(1), concurrency=200)

    latency = simulate(poisson(1e7), {"one": one}, budget=1_000_000)["one"].latency(0.95)

    assert latency is not None
    assert latency.mean == pytest.approx(2.186, rel=0.05)


def test_a_quarter_of_an_hour_is_longer_than_cloud_run_keeps_an_instance(prices: Prices) -> None:
    """What the vendor calls up to 15 minutes is a spread: every call of */15 waits, where 900 s for all made none."""
    one = setup("gcp", "us-central1")
    deployed = system(one, published(one), prices)

    assert np.ptp(deployed.timing.idle) > 600
    rare, frequent = (
        simulate(schedule(f"*/{minutes} * * * *"), {"one": deployed}, replications=4)["one"].waiting.mean
        for minutes in (15, 10)
    )
    assert rare > 0.99
    assert 0.3 < frequent < 0.7
