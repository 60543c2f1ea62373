"""Requests that share a CPU against the closed forms of processor sharing, and one by one against hand-made times."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.app import App
from cost.setup import setup
from cost.simulation import machine, state
from cost.simulation.arrivals import MONTH, poisson
from cost.simulation.result import Result
from cost.simulation.rule import Rule
from cost.simulation.simulate import simulate
from cost.simulation.system import System, system
from cost.simulation.timing import published
from platforms.prices import Prices

Deploy = Callable[..., System]


def answered(
    arrivals: list[float], work: float, waits: float = 0.0, cpus: float = 1.0, concurrency: int = 80
) -> list[float]:
    """The seconds of each answer of one instance that is always there, ascending."""
    rule = Rule(concurrency, 1, 1, 1e9, 0.0, 0.0, 0.0, 0.0, cpus)
    one = np.ones(1)
    table = state.draws(state.shared(work * one, waits * one, 0.0 * one, cpus), one, one, one, 0.0)
    states = state.fresh(rule, table, 0.0, seed=0)
    machine.advance(states, rule, np.array(arrivals))
    machine.finish(states, rule, 1e6)
    bins = states["bins"][0]
    used = np.flatnonzero(bins)
    return np.repeat(state.seconds_of(used), bins[used]).tolist()


@pytest.mark.parametrize(
    ("arrivals", "options", "expected"),
    [
        ([0.0, 5.0], {}, [1.0, 1.0]),
        ([0.0, 0.0], {}, [2.0, 2.0]),  # half a CPU each
        ([0.0, 0.5], {}, [1.5, 1.5]),  # 0.5 alone, then each at half speed
        ([0.0, 0.0], {"cpus": 2.0}, [1.0, 1.0]),
        ([0.0, 5.0], {"cpus": 2.0}, [1.0, 1.0]),  # a request has one vCPU at most
        ([0.0, 0.0, 0.0], {"cpus": 2.0}, [1.5, 1.5, 1.5]),
        ([0.0, 9.0], {"cpus": 0.25}, [4.0, 4.0]),
        ([0.0, 1.0], {"waits": 0.5}, [1.5, 1.5]),  # the first waits while the second computes
        ([0.0, 0.0], {"concurrency": 1}, [1.0, 2.0]),  # the second is held
    ],
)
def test_those_at_once_go_forward_equally_fast(
    arrivals: list[float], options: dict[str, float], expected: list[float]
) -> None:
    assert answered(arrivals, 1.0, **options) == pytest.approx(expected, rel=0.003)  # pyright: ignore[reportArgumentType]


def alone_with(load: float, prices: Prices, vcpu: str, work: float) -> tuple[Result, float]:
    """An App Runner instance of so many vCPUs under a load of its CPU, and the seconds that a request takes alone."""
    size = {"0.25": 512, "1": 2048}[vcpu]
    app = App(cpu_s=Decimal(str(work)))
    one = setup("apprunner", "us-east-1", memory_mb=size, vcpu=Decimal(vcpu), concurrency=200, app=app)
    rate = load * float(vcpu) / work
    found = simulate(poisson(rate * MONTH), {"one": system(one, published(one), prices)}, budget=300_000)[
        "one"
    ]
    return found, work / float(vcpu)


@pytest.mark.parametrize("load", [0.1, 0.3, 0.6, 0.8])
@pytest.mark.parametrize("vcpu", ["0.25", "1"])
def test_the_mean_answer_is_that_of_processor_sharing(prices: Prices, load: float, vcpu: str) -> None:
    """M/G/1-PS: a request takes 1 / (1 - load) times as long as alone, whatever the work is like."""
    result, alone = alone_with(load, prices, vcpu, 0.1)

    assert result.mean_latency == pytest.approx(alone / (1 - load), rel=0.05 if load > 0.7 else 0.02)


def test_the_slowest_answers_of_a_busy_instance_are_known_from_elsewhere(deploy: Deploy) -> None:
    """An independent event simulation of 2.5 M requests a month of 0.3 s on one vCPU: 95% within 816 ms."""
    result = simulate(poisson(2.5e6), {"one": deploy("gcp", lasts=0.0, work=0.3)}, budget=300_000)["one"]

    latency = result.latency(0.95)
    assert latency is not None
    assert latency.mean == pytest.approx(0.816, rel=0.03)


def test_a_single_busier_instance_would_be_slower_than_those_that_its_cpu_asks_for(deploy: Deploy) -> None:
    """10 M of 0.2 s load one vCPU to 76%: 2.19 s by the same simulation, so Cloud Run adds an instance at 60%."""
    scaled = deploy("gcp", lasts=0.0, work=0.2)
    single = replace(scaled, rule=scaled.rule._replace(target=0.0))

    one, other = (
        simulate(poisson(1e7), {"one": which}, budget=300_000)["one"].latency(0.95)
        for which in (single, scaled)
    )
    assert one is not None
    assert other is not None
    assert one.mean == pytest.approx(2.19, rel=0.06)
    assert other.mean < 0.5


def test_waiting_takes_no_cpu_from_others(deploy: Deploy) -> None:
    """Half a second of waiting comes on top, and the CPU's load is that of the work."""
    result = simulate(
        poisson(1.3e7), {"one": deploy("apprunner", lasts=0.5, work=0.01, concurrency=200)}, budget=200_000
    )["one"]

    load = 1.3e7 / MONTH * 0.01 / 0.25
    assert result.mean_latency == pytest.approx(0.5 + 0.04 / (1 - load), rel=0.01)


@given(st.lists(st.floats(0.0, 3.0), min_size=1, max_size=40), st.sampled_from([0.25, 1.0, 2.0]))
@settings(deadline=None, max_examples=40)
def test_no_answer_is_lost_none_is_sooner_than_alone_and_the_work_is_done(
    gaps: list[float], cpus: float
) -> None:
    arrivals = np.cumsum(gaps).tolist()

    seconds = answered(arrivals, 0.4, cpus=cpus, concurrency=80)

    assert len(seconds) == len(arrivals)
    alone = 0.4 / min(1.0, cpus)
    assert min(seconds) >= alone * 0.997
    assert max(seconds) <= max(alone, 0.4 * len(arrivals) / cpus) * 1.003


@pytest.mark.parametrize("minimum", [1, 2])
def test_rare_requests_find_the_instances_that_are_kept_and_start_no_others(
    prices: Prices, minimum: int
) -> None:
    """An instance that is kept is there for longer than an idle one: its CPU is not looked for elsewhere."""
    one = replace(setup("gcp", "us-central1"), minimum=minimum)
    found = simulate(poisson(1000), {"one": system(one, published(one), prices)}, budget=20_000)["one"]

    assert (found.waiting.mean, found.most) == (0.0, minimum)
