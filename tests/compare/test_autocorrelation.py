"""Requests that resemble the ones before: what they are worth, and what a drift leaves of a median's interval."""

import re

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from compare import autocorrelation, stats
from compare.report.figures import series
from compare.report.verdicts import comparisons
from tests.compare.simulated import alike, of_one_instance, one_instance
from tests.compare.test_decisions import side
from tests.soak import soak

DRIFTING = alike(np.random.default_rng(61), 600, 0.8, 0.15)


@given(st.lists(st.floats(0, 1e6) | st.sampled_from([1.0, 2.0]), min_size=1, max_size=80))
def test_normal_scores_are_those_of_the_ranks(values: list[float]) -> None:
    """Equal values share a rank, so a clock that knows only milliseconds makes no order."""
    expected = scipy.special.ndtri((scipy.stats.rankdata(values) - 0.5) / len(values))

    assert autocorrelation.normal_scores(np.array(values)) == pytest.approx(expected)


@given(st.lists(st.floats(0.001, 1e6), min_size=2, max_size=120), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_requests_are_worth_at_most_their_number(values: list[float], p: float) -> None:
    assert 0 < autocorrelation.worth(np.array(values), p) <= len(values)


@pytest.mark.parametrize("p", [0.5, 0.95])
def test_the_worth_is_that_of_a_process_whose_rounds_resemble_each_other(p: float) -> None:
    """The variance of a share, summed over all distances by scipy's bivariate normal distribution."""
    count, first = len(DRIFTING), autocorrelation.from_one_to_the_next(DRIFTING)
    both = [
        float(
            scipy.stats.multivariate_normal.cdf([scipy.special.ndtri(p)] * 2, cov=[[1, alike_], [alike_, 1]])
        )
        for alike_ in first ** np.arange(1, 40)
    ]
    apart = np.arange(1, 40)
    sum_ = 1 + 2 * np.sum((1 - apart / count) * (np.array(both) - p**2)) / (p * (1 - p))

    assert first == pytest.approx(0.8, abs=0.06)
    assert autocorrelation.worth(DRIFTING, p) == pytest.approx(count / sum_, rel=0.01)


def test_independent_requests_and_equal_ones_are_worth_their_number() -> None:
    independent = np.random.default_rng(62).normal(0, 1, 300)

    assert autocorrelation.worth(independent, 0.95) == 300
    assert autocorrelation.worth(np.ones(300), 0.95) == 300


def test_a_tail_of_requests_that_resemble_each_other_has_no_interval() -> None:
    """300 rounds with a correlation of 0.9 are worth some 40 for a 95th percentile, of which 72 are needed."""
    random = np.random.default_rng(63)
    runs = [one_instance(alike(random, 300, 0.9, 0.15), 0.95) for _ in range(20)]

    assert [stats.clustered_interval(data, 0.95) for data in runs] == [None] * 20
    assert all(stats.carried_sample(data, 0.95) < 72 for data in runs)
    figure = series(of_one_instance("a", np.log(runs[0].values))).p95
    assert re.fullmatch(
        r"the rounds resemble the ones before too much: worth [345]\d of 72 independent samples",
        figure.why or "",
    )


def test_tails_of_one_instance_whose_blocks_differ_have_too_few_rounds() -> None:
    """Not too few instances: one is all there is."""
    random = np.random.default_rng(66)
    logs = [np.repeat(random.normal(0, 0.2, 30), 10) + random.normal(0, 0.02, 300) for _ in range(2)]
    pair = [side(name, of_one_instance(name, of)) for name, of in zip("ab", logs, strict=True)]

    (tail,) = (one for one in comparisons(pair, primary="p95") if one.primary)

    assert tail.words == "b against a: too few rounds: those of a differ too much"


@pytest.mark.parametrize(
    ("rounds", "likeness", "runs"), [(30, 0.9, 100), *soak((30, 0.9, 1000), (60, 0.9, 400))]
)
def test_a_median_of_a_short_run_that_drifts_may_lie_beyond_its_samples(
    rounds: int, likeness: float, runs: int
) -> None:
    """At least 92 of 100 intervals hold the level of a longer time, within what chance makes of so many runs."""
    random, beyond, held = np.random.default_rng(64), 0, 0
    for _ in range(runs):
        data = one_instance(alike(random, rounds, likeness, 0.15), 0.5)
        found = stats.clustered_interval(data, 0.5)
        assert found
        held += found.low <= 1 <= found.high
        beyond += found.low < data.values.min() or found.high > data.values.max()

    assert held >= 0.92 * runs - 2 * (0.92 * 0.08 * runs) ** 0.5
    assert beyond > 0.1 * runs
