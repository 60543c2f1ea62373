"""The compiled simulation against the emulation's own scaling rules, event for event, on generated traffic."""

import heapq
import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.simulation import machine, state
from cost.simulation.rule import ROWS, SEEN, Rule
from local.scaling import Activator, Assign, Policy, Refuse, Start

LASTS, STARTS, IDLE = 0.7, 0.45, 3.0


def rule(concurrency: int, minimum: int, maximum: int, *, provisioned: bool = False) -> Rule:
    return Rule(concurrency, minimum, maximum, 0.0, 0.0, 0.1, 0.0, 0.0, provisioned=provisioned)


def constants(
    *, lasts: float = LASTS, starts: float = STARTS, idle: float = IDLE, step: float = 0.0
) -> state.Draws:
    one = np.ones(1)
    return state.draws(
        state.unshared(lasts * one, lasts * one, step), starts * one, starts * one, idle * one, step
    )


def simulated(one: Rule, arrivals: list[float], draws: state.Draws | None = None) -> Counter[str]:
    states = state.fresh(one, draws or constants(), 0.0, seed=0)
    machine.advance(states, one, np.array(arrivals))
    machine.finish(states, one, (arrivals[-1] if arrivals else 0) + 1000.0)
    return Counter(
        {name: int(states[name][0]) for name in ("requests", "waited", "cold", "starts", "refused")}
    )


def emulated(one: Rule, arrivals: list[float]) -> Counter[str]:
    """What the emulation's Activator does with the same arrivals, on a clock that jumps from event to event."""
    policy = Policy(one.concurrency, one.minimum, one.maximum, IDLE, provisioned=one.provisioned)
    activator = Activator(policy)
    numbers = itertools.count()
    events = [(time, next(numbers), "arrive", place) for place, time in enumerate(arrivals)]
    heapq.heapify(events)
    counts: Counter[str] = Counter()
    used: set[int] = set()

    def act(actions: list[object], now: float) -> None:
        for action in actions:
            match action:
                case Start(instance):
                    if now >= 0:
                        counts["starts"] += 1
                    heapq.heappush(events, (now + STARTS, next(numbers), "ready", instance))
                case Assign(request, instance) if isinstance(request, int):
                    counts["requests"] += 1
                    counts["waited"] += now > arrivals[request]
                    counts["cold"] += instance not in used and instance > one.minimum
                    used.add(instance)
                    heapq.heappush(events, (now + LASTS, next(numbers), "done", request))
                case Refuse():
                    counts["refused"] += 1
                case _:
                    pass

    begin = -10.0
    act(list(activator.tick(begin)), begin)
    while events:
        wake = activator.wakes_at(begin)
        if wake is not None and wake < events[0][0]:
            begin = wake
            act(list(activator.tick(wake)), wake)
            continue
        begin, _, what, subject = heapq.heappop(events)
        event = {"arrive": activator.arrive, "ready": activator.ready, "done": activator.done}[what]
        act(list(event(subject, begin)), begin)
    return counts


gaps = st.lists(st.floats(0.001, 1).map(lambda x: round(x, 9)) | st.floats(0.01, 6), max_size=60)


@given(gaps, st.sampled_from([1, 2, 5]), st.integers(0, 2))
@settings(deadline=None)
def test_the_simulation_scales_as_the_emulation_does(
    gaps: list[float], concurrency: int, minimum: int
) -> None:
    """Requests, starts, cold starts and waits are the same, whatever the traffic."""
    arrivals = list(itertools.accumulate(gaps))
    one = rule(concurrency, minimum, 1000)

    assert simulated(one, arrivals) == emulated(one, arrivals)


@given(gaps, st.integers(1, 3), st.integers(0, 2))
@settings(deadline=None)
def test_provisioned_instances_are_apart_from_those_that_start_on_demand_in_both(
    gaps: list[float], minimum: int, more: int
) -> None:
    """Requests, starts, cold starts, waits and refusals are the same, with room for others and without."""
    arrivals = list(itertools.accumulate(gaps))
    one = rule(1, minimum, minimum + more, provisioned=True)

    assert simulated(one, arrivals) == emulated(one, arrivals)


@given(gaps, st.integers(1, 3))
@settings(deadline=None)
def test_at_the_most_instances_allowed_both_refuse_the_same_requests(gaps: list[float], maximum: int) -> None:
    arrivals = list(itertools.accumulate(gaps))
    one = rule(1, 0, maximum)

    assert simulated(one, arrivals) == emulated(one, arrivals)


def test_cold_starts_are_those_after_more_than_the_idle_time() -> None:
    alone = [0.0, 2.0, 2.0 + LASTS + IDLE - 0.01, 20.0]

    assert simulated(rule(1, 0, 10), alone)["cold"] == 2


def test_a_request_beyond_the_maximum_waits_as_long_as_the_platform_holds_it() -> None:
    """Cloud Run's rule: 10 s, or 3.5 average starts if that is more."""
    busy = constants(lasts=12.0)
    held = Rule(1, 0, 1, 10.0, 3.5, 0.1, 0.0, 0.0)

    assert simulated(held, [0.0, 1.0], busy)["refused"] == 1
    assert simulated(held, [0.0, 3.0], busy)["refused"] == 0
    assert simulated(held, [0.0, 1.0], constants(lasts=12.0, starts=4.0))["refused"] == 1
    assert simulated(held, [0.0, 6.5], constants(lasts=16.0, starts=4.0))["refused"] == 0


def active(one: Rule, arrivals: list[float], end: float, draws: state.Draws) -> float:
    states = state.fresh(one, draws, 0.0, seed=0)
    machine.advance(states, one, np.array(arrivals))
    machine.finish(states, one, end)
    return float(states["active_s"][0])


def test_overlapping_requests_share_active_time_that_is_rounded_up_once() -> None:
    warm = constants(lasts=0.25)
    one = Rule(80, 1, 10, 0.0, 0.0, 0.1, 0.0, 0.0)

    assert active(one, [10.0], 100.0, warm) == pytest.approx(0.3)
    assert active(one, [10.0, 10.2], 100.0, warm) == pytest.approx(0.5)
    assert active(one, [10.0, 10.26], 100.0, warm) == pytest.approx(0.6)


def test_starting_and_stopping_are_active_time_too() -> None:
    one = Rule(80, 0, 10, 0.0, 0.0, 0.1, 0.0, 0.2)

    assert active(one, [10.0], 100.0, constants(lasts=0.3, starts=1.0)) == pytest.approx(1.3 + 0.2)


def test_a_minimum_of_active_time_is_counted_once_for_requests_within_it() -> None:
    """App Runner's minute begins when an idle instance begins to serve."""
    warm = constants(lasts=0.1)
    minute = Rule(100, 1, 25, 0.0, 0.0, 1.0, 60.0, 0.0)

    assert active(minute, [100.0, 130.0, 159.0], 1000.0, warm) == pytest.approx(60)
    assert active(minute, [100.0, 161.0], 1000.0, warm) == pytest.approx(120)
    assert active(minute, [100.0, 159.95], 1000.0, warm) == pytest.approx(61)


def test_what_goes_on_beyond_the_end_is_counted_up_to_it() -> None:
    one = Rule(80, 1, 10, 0.0, 0.0, 0.1, 0.0, 0.0)

    assert active(one, [99.5], 100.0, constants(lasts=10.0)) == pytest.approx(0.5)


def test_latencies_fall_into_bins_a_quarter_of_a_percent_wide_each_way() -> None:
    seconds = np.geomspace(2e-4, 5e3, 1000)

    assert state.seconds_of(state.bins_of(seconds)) == pytest.approx(seconds, rel=0.0026)


def test_billed_time_is_rounded_up_without_adding_a_step_to_what_is_exact() -> None:
    assert state.steps(np.array([0.1, 0.1001, 0.3, 2.0]), 0.1) == pytest.approx([0.1, 0.2, 0.3, 2.0])
    assert state.steps(np.array([0.12345]), 0.0) == pytest.approx([0.12345])


def test_every_row_of_a_table_is_drawn_as_often() -> None:
    """A chi-square test over the bins of 64 equally likely latencies."""
    seen = np.geomspace(0.01, 1.0, 64)
    table = state.draws(state.unshared(seen, seen / 1e6, 0.0), np.ones(1), np.ones(1), np.ones(1), 0.0)
    states = state.fresh(rule(1, 1, 2), table, 0.0, seed=12345)
    machine.advance(states, rule(1, 1, 2), np.arange(1.0, 64_001.0))

    counts = states["bins"][0][state.bins_of(seen)]
    assert counts.sum() == 64_000
    assert ((counts - 1000) ** 2 / 1000).sum() < 127  # one in a million above it


def test_a_table_with_more_samples_than_there_is_room_for_keeps_their_distribution() -> None:
    many = np.random.default_rng(0).exponential(1.0, 50_000)

    table = state.draws(state.unshared(many, many, 0.0), np.ones(1), np.ones(1), np.ones(1), 0.0)

    assert len(table.warm) == ROWS
    shares = [0.1, 0.5, 0.9, 0.99]
    assert np.quantile(table.warm[:, SEEN], shares) == pytest.approx(np.quantile(many, shares), rel=0.01)


def test_a_state_takes_a_few_megabytes_however_many_requests_pass() -> None:
    """The bound: slots, requests in flight and held; nothing for each request simulated."""
    assert state.STATE.itemsize < 12_000_000
    assert math.isfinite(state.STATE.itemsize)
