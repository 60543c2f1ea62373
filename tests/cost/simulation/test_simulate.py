"""Simulated months against closed forms and SimFaaS, within the simulation's own errors, and their invariants."""

import math
import sys
import warnings
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commandline import UserError
from cost.app import App
from cost.bill import Usage, bill
from cost.setup import setup
from cost.simulation import machine, state
from cost.simulation.arrivals import MONTH, PATTERNS, pattern, poisson, schedule
from cost.simulation.result import Estimate, Result, mean_usage
from cost.simulation.simulate import simulate
from cost.simulation.system import System, system
from cost.simulation.timing import published
from platforms import NAMES
from platforms.prices import Prices
from tests.soak import drawn, soak

Deploy = Callable[..., System]
ERRORS = 4.0  # standard errors: a false alarm once in 16,000


def close(estimate: Estimate, expected: float, floor: float = 1e-9) -> bool:
    return abs(estimate.mean - expected) <= ERRORS * estimate.error + floor


def only(one: System, monthly: float, **options: object) -> Result:
    return simulate(poisson(monthly), {"one": one}, **options)["one"]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("per_hour", [2, 10, 20, 55])
@pytest.mark.parametrize("idle", [300, 600, 900])
def test_rare_requests_are_cold_with_the_chance_that_none_came_before(
    deploy: Deploy, per_hour: int, idle: int
) -> None:
    """One instance and Poisson arrivals: exp(-rate x idle time), when requests take next to no time."""
    one = deploy("aws", lasts=1e-3, starts=1e-3, idle=idle)

    result = only(one, per_hour * 730, replications=40)

    assert close(result.cold, math.exp(-per_hour / 3600 * idle), floor=2e-4)


def test_a_month_of_steady_traffic_does_not_begin_with_a_start_of_its_own(deploy: Deploy) -> None:
    """The platform has seen the traffic before: 4.3 cold starts a month are expected, not 5.3."""
    one = deploy("aws", lasts=1e-6, starts=1e-6, idle=600)

    result = only(one, 40_000, replications=100)

    assert close(result.cold, math.exp(-40_000 / MONTH * 600))


def test_idle_times_are_a_distribution(deploy: Deploy, prices: Prices) -> None:
    """The share of cold starts is the mean of exp(-rate x idle time) over it."""
    short = setup("aws", "us-east-1", app=App(cpu_s=Decimal(0), wait_s=Decimal("0.001")))
    timing = published(short).with_idle(300, 600, 900)
    one = system(short, timing, prices)

    result = only(one, 14_600, replications=60)

    assert close(result.cold, float(np.exp(-14_600 / MONTH * timing.idle).mean()), floor=3e-4)


@pytest.mark.parametrize(("platform", "lasts"), [("aws", 0.5), ("aws", 0.1 * 1769 / 512), ("gcp", 25.0)])
def test_what_a_request_takes_by_itself_is_its_latency_to_the_last_digit(
    deploy: Deploy, platform: str, lasts: float
) -> None:
    """Latencies are counted in bins, but what most requests take is what a reader computes: 500 ms, not 499."""
    result = only(deploy(platform, lasts=lasts, idle=1e6), 10_000, replications=2)

    latency = result.latency(0.5)
    assert latency is not None
    assert latency.mean == pytest.approx(lasts, rel=1e-9)


@pytest.mark.parametrize(("load", "servers"), [(2.0, 3), (5.0, 4), (10.0, 12)])
def test_refused_requests_follow_erlangs_loss_formula(deploy: Deploy, load: float, servers: int) -> None:
    """At most so many instances, one request each, nobody waits: Erlang's B, whatever the handling time is like."""
    one = deploy("aws", lasts=0.5, starts=1e-6, idle=300)
    limited = System(one.setup, one.timing, one.rule._replace(maximum=servers), one.draws)
    blocking = (load**servers / math.factorial(servers)) / sum(
        load**k / math.factorial(k) for k in range(servers + 1)
    )

    result = only(limited, load / 0.5 * MONTH, replications=None, budget=400_000)

    assert close(result.refused, blocking)


@pytest.mark.parametrize(("load", "kept"), [(0.5, 1), (1.0, 1), (2.0, 2), (5.0, 4)])
def test_what_provisioned_instances_handle_follows_erlangs_loss_formula(
    deploy: Deploy, load: float, kept: int
) -> None:
    """They take requests first, so what is beyond them is what a system of as many servers would lose."""
    one = deploy("aws", lasts=0.5, starts=1e-6, idle=1e6, minimum=kept)
    blocking = (load**kept / math.factorial(kept)) / sum(load**k / math.factorial(k) for k in range(kept + 1))

    result = only(one, load / 0.5 * MONTH, replications=None, budget=400_000)

    shares = [float(month.usage.ready_s / month.usage.busy_s) for month in result.months]
    assert close(Estimate.of(shares), 1 - blocking)


@pytest.mark.parametrize(("kept", "gap"), [(1, 900.0), (2, 900.0), (1, 300.0), (2, 300.0)])
def test_of_a_burst_as_many_wait_as_are_beyond_those_that_are_kept(
    deploy: Deploy, kept: int, gap: float
) -> None:
    """Five at once, every so often: instances on demand have gone after 600 s, those that are provisioned have not."""
    one = deploy("aws", lasts=1.0, starts=0.4, idle=600, minimum=kept)
    states = state.fresh(one.rule, one.draws, 0.0, seed=0)

    machine.advance(states, one.rule, np.repeat(np.linspace(gap, 20 * gap, 20), 5).astype(np.float64))
    machine.finish(states, one.rule, 22 * gap)

    bursts = 20 if gap > 600 else 1
    assert states["starts"][0] == states["waited"][0] == bursts * (5 - kept)
    assert states["ready_s"][0] == pytest.approx(20 * kept)


@pytest.mark.parametrize("load", [0.05, 0.5, 2.0])
def test_shared_active_time_is_that_of_unlimited_servers(deploy: Deploy, load: float) -> None:
    """One instance that serves many at once is busy for 1 - exp(-load) of the time (M/G/infinity)."""
    one = deploy("gcp", lasts=2.0, starts=1e-6, idle=1e6, concurrency=1000)

    result = only(one, load / 2.0 * MONTH, budget=300_000)

    shares = [float(month.usage.active_s) / MONTH for month in result.months]
    rounding = load / 2.0 * math.exp(-load) * 0.05
    assert abs(Estimate.of(shares).mean - (1 - math.exp(-load)) - rounding) < 0.01


def test_handling_that_is_work_saves_nothing_by_overlapping(deploy: Deploy) -> None:
    """A second of work takes an instance a second, however many requests it takes in meanwhile."""
    working = only(deploy("gcp", lasts=0.0, work=2.0), 3e6, budget=200_000)
    waiting = only(deploy("gcp", lasts=2.0), 3e6, budget=200_000)

    assert float(working.usage.active_s) == pytest.approx(2.0 * float(working.usage.requests), rel=0.01)
    assert waiting.usage.active_s < working.usage.active_s / 2


@pytest.mark.parametrize(("idle", "horizon"), [(240, 200_000), *soak((600, 3_000_000))])
def test_simfaas_finds_the_same_cold_starts(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch, idle: int, horizon: int
) -> None:
    """SimFaaS 0.2.2 on the same inputs: its cold starts are the requests that found no idle instance."""
    for unused in (
        "matplotlib",
        "matplotlib.pyplot",
        "pandas",
    ):  # it loads them for two seconds, to draw and to list
        monkeypatch.setitem(sys.modules, unused, ModuleType(unused))
    warm_s, cold_s, gap = 2.0, 2.5, 90.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from simfaas.ServerlessSimulator import ServerlessSimulator  # noqa: PLC0415 -- it warns on import
    np.random.seed(0)  # noqa: NPY002 -- the generator that SimFaaS draws from
    other = ServerlessSimulator(
        arrival_rate=1 / gap,
        warm_service_rate=1 / warm_s,
        cold_service_rate=1 / cold_s,
        expiration_threshold=idle,
        max_time=horizon,
    )
    other.generate_trace(debug_print=False, progress=False)
    theirs = other.total_cold_count / other.total_req_count

    one = deploy("aws", lasts=warm_s, starts=cold_s - warm_s, idle=idle)
    ours = only(one, MONTH / gap, replications=30)

    error = (theirs * (1 - theirs) / other.total_req_count) ** 0.5
    assert abs(ours.waiting.mean - theirs) < ERRORS * (error**2 + ours.waiting.error**2) ** 0.5


@given(
    st.sampled_from(PATTERNS),
    st.floats(10, 30_000),
    st.sampled_from(NAMES),
    st.floats(0.001, 20),
    st.integers(0, 1000),
)
@settings(deadline=None, max_examples=drawn(25))
def test_what_every_month_obeys(
    deploy: Deploy, name: str, monthly: float, platform: str, lasts: float, seed: int
) -> None:
    """Cold starts wait, those who wait are no more than all, active time holds the work and no more than it can."""
    one = deploy(platform, lasts=lasts)

    for month in simulate(pattern(name, monthly), {"one": one}, replications=2, seed=seed)["one"].months:
        usage = month.usage
        assert 0 <= month.cold <= month.waited <= month.requests
        assert int(month.bins.sum()) == month.requests
        assert usage.requests == month.requests
        assert usage.starts >= month.cold - 1  # one may have begun before the month
        # ECS's tasks are there whether they are busy or not.
        assert platform == "ecs" or usage.active_s >= usage.further_s - 1
        assert usage.ready_s <= one.setup.minimum * Decimal(MONTH)
        assert usage.busy_s >= usage.requests * Decimal(str(lasts)) * Decimal("0.9999") - 1


def test_the_same_seed_gives_the_same_months_and_another_gives_others(deploy: Deploy) -> None:
    def waited(seed: int) -> Sequence[int]:
        return [month.waited for month in only(deploy("aws"), 14_600, replications=4, seed=seed).months]

    assert waited(1) == waited(1) != waited(2)


def test_a_platform_does_not_change_what_another_sees(deploy: Deploy) -> None:
    """Compared on the same arrivals; alone or together, each gets the same months."""
    both = simulate(poisson(5000), {"aws": deploy("aws"), "gcp": deploy("gcp")}, replications=3)
    alone = simulate(poisson(5000), {"aws": deploy("aws")}, replications=3)

    assert [month.usage for month in both["aws"].months] == [month.usage for month in alone["aws"].months]


def test_heavy_traffic_is_simulated_in_parts_that_stand_for_a_month(deploy: Deploy) -> None:
    result = only(deploy("gcp"), 1e8, budget=400_000)

    assert result.simulated == pytest.approx(400_000, rel=0.02)
    assert result.seconds == pytest.approx(MONTH * 400_000 / 8 / 1e8)
    assert float(result.usage.requests) == pytest.approx(1e8, rel=0.01)
    assert 0.9 < float(result.usage.active_s) / MONTH < 1.3


def test_as_many_months_are_simulated_as_the_budget_allows(deploy: Deploy) -> None:
    counts = {
        monthly: len(only(deploy("aws"), monthly, budget=100_000).months) for monthly in (100, 1000, 5000)
    }

    assert counts == {100: 200, 1000: 100, 5000: 20}


def test_a_quantile_that_the_samples_do_not_support_is_none(deploy: Deploy, prices: Prices) -> None:
    """Published starts say nothing about the slowest of them: when most requests wait, p99 lies there."""
    deployed = setup("gcp", "us-central1")
    one = system(deployed, published(deployed), prices)

    cold = simulate(schedule("0 * * * *"), {"one": one}, replications=2)["one"]

    assert cold.latency(0.5) is not None
    assert cold.latency(0.99) is None


def test_latencies_are_what_a_caller_waits(deploy: Deploy) -> None:
    result = only(deploy("aws", lasts=0.1, starts=0.4), 14_600, replications=4)

    half, most = result.latency(0.5), result.latency(0.99)
    assert half is not None
    assert most is not None
    assert half.mean == pytest.approx(0.1, rel=0.003)
    assert most.mean == pytest.approx(0.5, rel=0.003)


def test_the_share_that_takes_longer_falls_to_none(deploy: Deploy) -> None:
    curve = only(deploy("aws", lasts=0.1, starts=0.4), 14_600, replications=4).slower()

    seconds, shares = zip(*curve, strict=True)
    assert list(seconds) == sorted(seconds)
    assert list(shares) == sorted(shares, reverse=True)
    assert shares[-1] == 0


def test_the_mean_of_months_is_exact() -> None:
    usages = [
        Usage(requests=Decimal(1), busy_s=Decimal("0.1")),
        Usage(requests=Decimal(3), busy_s=Decimal("0.3")),
    ]

    assert mean_usage(usages) == Usage(requests=Decimal(2), busy_s=Decimal("0.2"))


def test_months_without_requests_do_not_count_as_months_without_waiting(deploy: Deploy) -> None:
    """A request a month is always cold; a month in three has none."""
    result = only(deploy("aws"), 1, replications=50)

    assert any(month.requests == 0 for month in result.months)
    assert result.waiting.mean > 0.99
    assert result.waiting.low > 0.99


def test_without_any_request_nothing_waits(deploy: Deploy) -> None:
    result = only(deploy("aws"), 1e-9, replications=2)

    assert result.waiting == Estimate(0.0, 0.0, 0.0, 0.0)
    assert result.latency(0.5) is None
    assert result.slower() == []


def test_a_month_without_requests_has_figures() -> None:
    estimate = Estimate.of([0.0, 0.0])

    assert (estimate.mean, estimate.error) == (0, 0)


def test_the_bill_of_the_mean_month_is_close_to_the_mean_bill(deploy: Deploy, prices: Prices) -> None:
    one = deploy("aws")
    result = only(one, 14_600, replications=20)

    bills = [bill(one.setup, month.usage, prices, free_tier=False).estimate for month in result.months]
    assert bill(one.setup, result.usage, prices, free_tier=False).estimate == pytest.approx(
        sum(bills) / len(bills)
    )


@pytest.mark.parametrize("count", [-1, 0, 1])
def test_too_few_months_are_refused(deploy: Deploy, count: int) -> None:
    with pytest.raises(UserError, match="replications have no range; at least 2 are needed"):
        only(deploy("aws"), 100, replications=count)
