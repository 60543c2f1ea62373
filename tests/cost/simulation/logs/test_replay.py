"""A log's times as arrivals: they ascend, keep the log's rate, and come day by day in random order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost.simulation.arrivals import CHUNK, DAY_S, MONTH
from cost.simulation.logs.replay import Replay


def arrivals(replay: Replay, start: float = 0.0, end: float = MONTH, seed: int = 0) -> np.ndarray:
    return np.concatenate([np.empty(0), *replay.chunks(np.random.default_rng(seed), start, end)])


@given(
    st.lists(st.integers(0, 400_000), min_size=2, max_size=50).filter(lambda times: max(times) > min(times)),
    st.sampled_from([0.0, 1.0, 60.0]),
    st.booleans(),
    st.floats(0, 5000),
    st.floats(1, MONTH / 10),
    st.integers(0, 100),
)
@settings(deadline=None, max_examples=100)
def test_times_ascend_within_their_bounds(
    times: list[int], resolution: float, counted: bool, warm: float, length: float, seed: int
) -> None:
    known = np.sort(np.array(times, np.float64)) - min(times)
    span = float(known[-1]) * len(known) / (len(known) - 1)
    counts = np.full(len(known), 3) if counted else None

    found = arrivals(
        Replay(known, span, "log", days=span >= 2 * DAY_S, resolution=resolution, counts=counts),
        -warm,
        length,
        seed,
    )

    assert np.all(np.diff(found) >= 0)
    assert np.all((found >= -warm) & (found < length))


@pytest.mark.parametrize("days", [False, True])
def test_a_part_of_a_day_at_the_end_counts_as_much_as_it_lasts(days: bool) -> None:
    """Within four standard errors of the mean of 200 months."""
    few = np.arange(100) * 1728.0
    many = 2 * DAY_S + np.arange(2000) * 38.88
    log = Replay(np.concatenate([few, many]).astype(np.float64), 2.9 * DAY_S, "log", days=days)

    counts = [len(arrivals(log, seed=seed)) for seed in range(200)]

    assert log.rate * MONTH == pytest.approx(2100 / 2.9 * MONTH / DAY_S)
    assert abs(np.mean(counts) - log.rate * MONTH) < 4 * np.std(counts) / 200**0.5 + 1


def test_the_days_of_a_log_come_in_random_order_and_whole() -> None:
    log = Replay(np.array([1.0, 2.0, DAY_S + 3.0]), 2 * DAY_S, "log", days=True)

    found = arrivals(log, end=50 * DAY_S)

    gaps = set(np.round(np.diff(found)).tolist())
    assert gaps == {1.0, DAY_S - 1, DAY_S + 1, DAY_S - 2, DAY_S}


def test_months_begin_at_different_moments_of_the_log() -> None:
    log = Replay(np.array([0.0, 600.0]), 3600.0, "log")

    firsts = {round(float(arrivals(log, seed=seed)[0])) for seed in range(20)}

    assert len(firsts) > 10


def test_whole_seconds_are_spread_over_the_second() -> None:
    """What a log in whole seconds says to come at once came within a second, and starts as many instances."""
    log = Replay(np.repeat(np.arange(1000.0), 10), 1000.0, "log", resolution=1.0)

    gaps = np.diff(arrivals(log, end=100_000.0))

    assert gaps.mean() == pytest.approx(0.1, rel=0.01)
    assert np.median(gaps) == pytest.approx(0.072, rel=0.1)


def test_a_short_log_comes_in_large_chunks_and_a_large_one_in_small_ones() -> None:
    short = Replay(np.array([0.0, 1.0]), 2.0, "log")
    large = Replay(
        np.arange(3.0) * 60, 180.0, "counts", resolution=60.0, counts=np.array([500_000, 0, 100_000])
    )

    assert len(list(short.chunks(np.random.default_rng(0), 0.0, 1e6))) < 40
    assert sum(map(len, large.chunks(np.random.default_rng(0), 0.0, 3_600.0))) == pytest.approx(
        1.2e7, rel=0.01
    )
    assert max(map(len, large.chunks(np.random.default_rng(0), 0.0, 180.0))) <= 500_000
    assert large.rate == pytest.approx(600_000 / 180)
    assert CHUNK < 500_000
