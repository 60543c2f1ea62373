"""Traffic: times ascend, lie within their bounds, come in chunks, and are as many as asked for."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from commandline import UserError
from cost.simulation.arrivals import (
    CHUNK,
    DAY_S,
    HOUR_S,
    MONTH,
    PATTERNS,
    Arrivals,
    Rhythm,
    Times,
    pattern,
    poisson,
    schedule,
)


def times(arrivals: Arrivals, start: float = 0.0, end: float = MONTH, seed: int = 0) -> np.ndarray:
    return np.concatenate([np.empty(0), *arrivals.chunks(np.random.default_rng(seed), start, end)])


@given(
    st.sampled_from(PATTERNS),
    st.floats(1, 200_000),
    st.floats(0, 5000),
    st.floats(1, MONTH),
    st.integers(0, 100),
)
@settings(deadline=None, max_examples=60)
def test_times_ascend_within_their_bounds(
    name: str, monthly: float, warm: float, length: float, seed: int
) -> None:
    found = times(pattern(name, monthly), -warm, length, seed)

    assert np.all(np.diff(found) >= 0)
    assert np.all((found >= -warm) & (found < length))


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_has_as_many_requests_a_month_as_asked_for(name: str) -> None:
    """Within four standard errors of the mean of 60 months."""
    counts = [len(times(pattern(name, 3000), seed=seed)) for seed in range(60)]

    assert abs(np.mean(counts) - 3000) < 4 * np.std(counts) / 60**0.5 + 1


@pytest.mark.parametrize("name", PATTERNS)
def test_no_chunk_grows_with_the_traffic(name: str) -> None:
    sizes = [len(chunk) for chunk in pattern(name, 2e7).chunks(np.random.default_rng(0), 0.0, MONTH / 20)]

    assert sum(sizes) > 5 * CHUNK
    assert max(sizes) < 2 * CHUNK


def test_poisson_gaps_are_exponential() -> None:
    gaps = np.diff(times(poisson(100_000)))
    mean = MONTH / 100_000

    assert gaps.mean() == pytest.approx(mean, rel=0.02)
    assert gaps.std() == pytest.approx(mean, rel=0.02)
    assert (gaps > mean).mean() == pytest.approx(np.exp(-1), rel=0.02)


def test_office_hours_hold_95_percent_of_the_requests() -> None:
    arrivals = pattern("office-hours", 1000)

    profile = np.array(arrivals.profile).reshape(7, 24)
    assert profile[:5, 8:18].sum() / profile.sum() == pytest.approx(0.95)
    assert profile.mean() == pytest.approx(1)


def test_a_daily_rhythm_rises_and_falls_every_24_hours() -> None:
    """A simulated month begins at a random moment of the week, so it is the width of the wave that shows."""
    hours = (times(pattern("daily", 200_000)) // HOUR_S).astype(int) % 24
    counts = np.array([count for _, count in sorted(Counter(hours.tolist()).items())])

    assert counts.max() / counts.min() == pytest.approx(9, rel=0.25)


def test_bursts_are_dense_and_far_apart() -> None:
    gaps = np.diff(times(pattern("bursty", 10_000)))

    assert (gaps < 10).mean() == pytest.approx(0.9, abs=0.02)


def test_a_schedule_comes_true_when_it_says() -> None:
    workdays = schedule("30 9 * * MON-FRI", datetime(2026, 11, 2, tzinfo=UTC))

    assert times(workdays, end=8 * DAY_S).tolist() == [
        day * DAY_S + 9.5 * HOUR_S for day in (0, 1, 2, 3, 4, 7)
    ]
    assert workdays.rate * 7 * DAY_S == pytest.approx(5, rel=0.01)


@pytest.mark.parametrize(
    "expression",
    [
        "*/20 8-18 * * *",
        "0 7 * * MON-FRI",
        "0 7 * * MON#1",
        "0 7 * * 5L",
        "0 7 L * *",
        "0 7 * 2 TUE",
        "30 0 7 * * 6",
    ],
)
def test_a_schedule_has_the_moments_of_its_expression_for_months(expression: str) -> None:
    """Whether every week is like the first, or a month has moments of its own."""
    begin, days = datetime(2026, 1, 1, tzinfo=UTC), 100
    moments = itertools.takewhile(
        lambda moment: moment < begin + timedelta(days=days),
        CronSim(expression, begin - timedelta(seconds=1)),
    )

    assert times(schedule(expression), end=days * DAY_S).tolist() == [
        (moment - begin).total_seconds() for moment in moments
    ]


def test_a_schedule_of_every_minute_is_cut_and_repeated() -> None:
    every = schedule("* * * * *")

    assert every.rate == pytest.approx(1 / 60)
    assert len(times(every)) == MONTH / 60


def test_a_schedule_with_seconds_is_understood() -> None:
    assert schedule("*/15 * * * * *").rate == pytest.approx(1 / 15)


def test_known_times_are_repeated_until_the_month_is_full() -> None:
    three = Times(np.array([0.0, 5.0, 7.0]), 10.0, "three")

    assert times(three, end=25.0).tolist() == [0, 5, 7, 10, 15, 17, 20]
    assert three.rate == 0.3


def test_the_same_seed_gives_the_same_times() -> None:
    for name in PATTERNS:
        assert times(pattern(name, 500)).tolist() == times(pattern(name, 500)).tolist()


@pytest.mark.parametrize("monthly", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(monthly: float) -> None:
    with pytest.raises(UserError, match="requests a month is no traffic to simulate; it is more than 0"):
        poisson(monthly)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("hourly", r"'hourly' is not a cron expression \(Wrong number of fields\); five fields such as"),
        ("61 * * * *", r"is not a cron expression \(Bad minute\)"),
        ("0 0 30 2 *", "is not a cron expression|does not come true within a year"),
    ],
)
def test_a_schedule_that_is_none_is_refused(expression: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        schedule(expression)


def test_an_unknown_pattern_names_the_known_ones() -> None:
    with pytest.raises(
        UserError, match="'spiky' is not a pattern; known: steady, bursty, daily, weekly, office-hours"
    ):
        pattern("spiky", 100)


@pytest.mark.parametrize("name", ["daily", "weekly", "office-hours"])
@pytest.mark.parametrize(("seconds", "monthly"), [(3_000.0, 2e7), (200_000.0, 2e7), (1_500_000.0, 2e6)])
def test_a_stretch_of_a_rhythm_has_each_hour_equally_often(name: str, seconds: float, monthly: float) -> None:
    """So a part of a month has as many requests as it should, whenever it begins, and the busy hours among them."""
    rhythm = pattern(name, monthly)
    assert isinstance(rhythm, Rhythm)

    short, length = rhythm.within(seconds)

    assert 0 < length <= seconds
    expected = rhythm.rate * length
    for seed in range(3):
        times = np.concatenate(list(short.chunks(np.random.default_rng(seed), 0.0, length)))
        assert len(times) == pytest.approx(expected, abs=5 * expected**0.5)
        busiest = np.histogram(times, round(length / short.hour_s))[0].max() / short.hour_s
        assert busiest == pytest.approx(rhythm.rate * max(rhythm.profile), rel=0.25)
