"""Instances that are kept for as many requests at once as there were lately, and go when fewer are wanted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.simulation import machine, state
from cost.simulation.rule import Rule
from tests.cost.simulation.test_engine import constants

IDLE = 3.0


def rule(concurrency: int, minimum: int, maximum: int) -> Rule:
    return Rule(concurrency, minimum, maximum, 0.0, 0.0, 0.0, 0.0, 0.0, wanted=True)


def simulated(one: Rule, arrivals: list[float], end: float) -> np.void:
    states = state.fresh(one, constants(lasts=1.0, starts=0.5, idle=IDLE), 0.0, seed=0)
    machine.advance(states, one, np.array(arrivals))
    machine.finish(states, one, end)
    return states[0]


def test_an_instance_that_a_rush_leaves_behind_goes_though_it_could_be_used() -> None:
    """Three at once want a second instance at second 0; one every 0.6 s, two at once at most, wants it no more."""
    later = [3.0 + 0.6 * place for place in range(50)]

    counts = simulated(rule(2, 1, 9), [0.0, 0.01, 0.02, *later], 100.0)

    assert counts["starts"] == 1
    # Busy beyond the minimum: while it starts and serves the third, and at most until it is let go.
    assert counts["further_s"] < 0.5 + 1.0 + IDLE


def test_a_rush_that_comes_back_in_time_finds_the_instance_there() -> None:
    rushes = [start + step for start in (0.0, 2.5, 5.0) for step in (0.0, 0.01, 0.02)]

    assert simulated(rule(2, 1, 9), rushes, 100.0)["starts"] == 1


def test_a_rush_that_comes_back_late_starts_it_anew() -> None:
    rushes = [start + step for start in (0.0, 10.0) for step in (0.0, 0.01, 0.02)]

    assert simulated(rule(2, 1, 9), rushes, 100.0)["starts"] == 2


def test_kept_instances_share_the_requests_evenly() -> None:
    """Of four at once at two instances that take three each, each has two: the second pair starts at once."""
    counts = simulated(rule(3, 2, 9), [0.0, 0.1, 0.2, 0.3], 100.0)

    assert counts["starts"] == counts["waited"] == 0
    assert counts["further_s"] == pytest.approx(0.0)
    assert counts["busy_s"] == pytest.approx(1.2 + 1.2)


@given(
    st.lists(st.floats(0.01, 4), max_size=80),
    st.integers(1, 5),
    st.integers(0, 3),
    st.integers(3, 6),
)
@settings(deadline=None)
def test_every_request_is_answered_or_refused_and_never_more_instances_are_there_than_allowed(
    gaps: list[float], concurrency: int, minimum: int, maximum: int
) -> None:
    one = rule(concurrency, minimum, maximum)
    arrivals = list(np.cumsum(gaps))

    counts = simulated(one, arrivals, 1000.0)

    assert counts["requests"] + counts["refused"] == len(arrivals)
    assert counts["busies"] == counts["in_flight"].sum() == 0
    assert counts["frees"] + counts["idles"] == maximum
    assert sorted([*counts["free"][: counts["frees"]], *counts["idle"][: counts["idles"]]]) == list(
        range(maximum)
    )
