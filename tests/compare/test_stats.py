"""The statistics keep what they state: coverage, error rate and power in simulations with known truth, fixed seeds."""

import math
from typing import Any

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from compare import drift, ratios, stats
from compare.stats import Clustered
from tests.compare.simulated import alike, at_most, instances, one_instance, truth, wave
from tests.soak import soak


@pytest.mark.parametrize(("p", "n"), [(0.5, 6), (0.9, 36), (0.95, 72), (0.99, 368), (0.999, 3688)])
def test_the_smallest_sample_is_the_first_with_a_finite_interval(p: float, n: int) -> None:
    """One sample less gives no interval, as scipy's own test confirms."""
    values = np.random.default_rng(1).exponential(size=n)

    assert stats.smallest_sample(p) == n
    assert stats.independent_interval(values, p) is not None
    assert stats.independent_interval(values[:-1], p) is None


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=120),
    st.sampled_from([0.5, 0.95, 0.99]) | st.floats(0.05, 0.99),
)
def test_the_interval_of_independent_samples_is_that_of_scipys_own_test(
    values: list[float], p: float
) -> None:
    # scipy-stubs says float where scipy gives a named tuple of the two ends.
    found: Any = scipy.stats.quantile_test(values, p=p).confidence_interval(stats.CONFIDENCE)

    interval = stats.independent_interval(values, p)

    if interval is None:
        assert len(values) < stats.smallest_sample(p) or math.isnan(found.low) or math.isnan(found.high)
    else:
        assert (interval.low, interval.high) == (found.low, found.high)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.floats(0, 1))
def test_a_quantile_is_that_of_numpys_inverted_distribution(values: list[float], p: float) -> None:
    assert stats.quantile(values, p) == np.quantile(values, p, method="inverted_cdf")


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_an_interval_holds_the_value_and_ends_at_samples(values: list[float], p: float) -> None:
    """Quantiles and both ends of an interval are samples, in order; too few samples have none."""
    found = stats.independent_interval(values, p)

    value = stats.quantile(values, p)
    assert value in values
    assert (found is None) == (len(values) < stats.smallest_sample(p))
    if found:
        assert found.low in values
        assert found.high in values
        assert found.low <= value <= found.high


@given(
    st.lists(st.tuples(st.floats(0.001, 1e6), st.integers(0, 40)), min_size=1, max_size=200),
    st.sampled_from([0.5, 0.95]),
)
def test_clustered_samples_are_worth_at_most_their_number(samples: list[tuple[float, int]], p: float) -> None:
    """From one to as many as there are; below the fewest clusters there is no interval."""
    data = Clustered.of([value for value, _ in samples], [cluster for _, cluster in samples])

    worth = stats.effective_sample(data, p)
    found = stats.clustered_interval(data, p)

    assert 1 <= worth <= len(samples)
    if found:
        assert data.count >= stats.smallest_clusters(p)
        assert found.low <= stats.quantile(data.values, p) <= found.high


@pytest.mark.parametrize(
    ("spread", "noise", "runs"),
    [(0.1, 0.1, 200), *soak((0.1, 0.1, 400), (0.1, 0.05, 400), (0.1, 0.2, 400), (0.3, 0.3, 400))],
)
def test_the_interval_of_a_median_covers_with_ten_instances(spread: float, noise: float, runs: int) -> None:
    """At least 92% of intervals hold the truth with 10 instances of differing speed; as if independent far fewer do."""
    random = np.random.default_rng(20)
    covered, naive = 0, 0
    for _ in range(runs):
        data = instances(random, 10, 30, spread=spread, noise=noise)
        found, alone = stats.clustered_interval(data, 0.5), stats.independent_interval(data.values, 0.5)
        assert found
        assert alone
        covered += found.low <= 1 <= found.high
        naive += alone.low <= 1 <= alone.high

    assert covered >= 0.92 * runs
    assert naive < 0.85 * runs


@pytest.mark.parametrize(
    ("spread", "noise", "runs"),
    [(0.1, 0.2, 100), *soak((0.1, 0.2, 300), (0.1, 0.1, 300), (0.3, 0.3, 300), (0.02, 0.3, 300))],
)
def test_the_interval_of_a_95th_percentile_covers_with_thirty_instances(
    spread: float, noise: float, runs: int
) -> None:
    """At least 92% of the intervals that are given hold the truth, and most runs are given one."""
    random = np.random.default_rng(21)
    value = truth(0.95, spread, noise)
    found = [
        stats.clustered_interval(instances(random, 30, 30, spread=spread, noise=noise), 0.95)
        for _ in range(runs)
    ]

    given_ = [interval for interval in found if interval]
    assert len(given_) >= 0.75 * runs
    assert sum(interval.low <= value <= interval.high for interval in given_) >= 0.92 * len(given_)


@pytest.mark.parametrize(
    ("p", "rounds", "runs"), [(0.5, 100, 150), *soak((0.5, 100, 300), (0.5, 300, 300), (0.95, 300, 300))]
)
def test_an_interval_of_one_instance_covers_though_rounds_resemble_each_other(
    p: float, rounds: int, runs: int
) -> None:
    """Where a machine drifts, single rounds are not independent: as if they were, fewer intervals hold the truth."""
    random = np.random.default_rng(26)
    covered, naive, value = 0, 0, truth(p, 0, 0.15)
    for _ in range(runs):
        data = one_instance(alike(random, rounds, 0.6, 0.15), p)
        found, alone = stats.clustered_interval(data, p), stats.independent_interval(data.values, p)
        assert found
        assert alone
        covered += found.low <= value <= found.high
        naive += alone.low <= value <= alone.high

    assert covered >= 0.91 * runs
    assert naive < 0.88 * runs


@given(st.sets(st.integers(0, 10_000), min_size=1, max_size=400), st.sampled_from([0.5, 0.95]))
def test_blocks_are_of_consecutive_rounds_and_equally_long(rounds: set[int], p: float) -> None:
    """As many as an interval needs, or up to twice, where there are so many rounds; only the last is shorter."""
    ordered = sorted(rounds)

    labels = stats.blocks(ordered, p)

    lengths = [labels.count(label) for label in range(labels[-1] + 1)]
    assert labels == sorted(labels)
    assert len(set(lengths[:-1])) <= 1
    assert lengths[-1] <= lengths[0]
    assert min(len(ordered), stats.smallest_clusters(p)) <= len(lengths) <= 2 * stats.smallest_clusters(p)


def test_clusters_of_which_one_has_most_samples_are_not_enough() -> None:
    """Under load one instance may answer nearly everything: the others are no evidence of how instances differ."""
    random = np.random.default_rng(27)
    sizes = np.array([5] * 14 + [200])
    clusters = np.repeat(np.arange(15), sizes)
    uneven = Clustered(np.exp(random.normal(0, 0.1, 15)[clusters] + random.normal(0, 0.1, 270)), clusters, 15)
    dropped = Clustered(uneven.values[:119], np.repeat(np.arange(10), [12] * 9 + [11]), 10)

    assert (uneven.even, uneven.enough(0.5)) == (pytest.approx(270**2 / (14 * 25 + 200**2)), False)
    assert stats.clustered_interval(uneven, 0.5) is None
    assert ratios.ratio(uneven, uneven, 0.5, paired=True) is None
    assert stats.clustered_interval(dropped, 0.5) is not None


def test_few_runs_are_given_a_wrong_interval_of_a_tail() -> None:
    """Where instances differ so much that most runs are given none, the wrong ones are still 5 of 100 of all runs."""
    random = np.random.default_rng(28)
    runs, value = 400, truth(0.95, 0.3, 0.2)
    found = [
        stats.clustered_interval(instances(random, 30, 30, spread=0.3, noise=0.2), 0.95) for _ in range(runs)
    ]

    given_ = [interval for interval in found if interval]
    assert 0 < len(given_) < 0.4 * runs
    assert sum(not interval.low <= value <= interval.high for interval in given_) <= at_most(0.05, runs)


@pytest.mark.parametrize(
    ("p", "likeness", "runs"), [(0.5, 0.6, 60), *soak((0.5, 0.6, 200), (0.95, 0.3, 200))]
)
def test_identical_targets_of_one_instance_keep_the_rate(p: float, likeness: float, runs: int) -> None:
    """Though each target's own rounds resemble each other, beside the drift that is common to both."""
    random = np.random.default_rng(29)
    rounds, different = 300, 0
    for _ in range(runs):
        drift = wave(random, rounds, 0.15)
        sides = [
            drift + alike(random, rounds, likeness, 0.1) + random.normal(0, 0.1, rounds) for _ in range(2)
        ]
        ratio = ratios.ratio(one_instance(sides[0], p), one_instance(sides[1], p), p, paired=True)
        assert ratio
        different += ratio.p_value() < 0.05

    assert different <= at_most(0.05, runs)


def test_no_interval_where_instances_differ_more_than_requests() -> None:
    """Where 30 instances say nothing about a 95th percentile, hardly any run is given an interval."""
    random = np.random.default_rng(22)

    found = [
        stats.clustered_interval(instances(random, 30, 30, spread=0.1, noise=0.02), 0.95) for _ in range(200)
    ]

    assert sum(interval is not None for interval in found) <= 4


@pytest.mark.parametrize(("p", "count", "noise"), [(0.5, 10, 0.1), *soak((0.95, 30, 0.2))])
def test_identical_targets_are_called_different_at_the_nominal_rate(
    p: float, count: int, noise: float
) -> None:
    """With a drift of 15%, interleaved rounds call 5 of 100 identical pairs different."""
    random = np.random.default_rng(23)
    runs, each, different = 150, 20, 0
    for _ in range(runs):
        drift = wave(random, count * each, 0.15)
        first, second = (
            instances(random, count, each, spread=0.05, noise=noise, drift=drift) for _ in range(2)
        )
        ratio = ratios.ratio(first, second, p, paired=True)
        different += ratio is not None and ratio.p_value() < 0.05

    assert different <= at_most(0.05, runs)


def test_one_after_the_other_most_identical_targets_are_called_different() -> None:
    """The same drift, measured in two blocks and tested request by request, as most tools do."""
    random = np.random.default_rng(23)
    runs, each, different = 150, 20, 0
    for _ in range(runs):
        halves = np.array_split(wave(random, 2 * 10 * each, 0.15), 2)
        first, second = (instances(random, 10, each, spread=0.05, noise=0.1, drift=half) for half in halves)
        different += scipy.stats.mannwhitneyu(first.values, second.values).pvalue < 0.05

    assert different >= 0.7 * runs


@pytest.mark.parametrize("runs", [100, *soak(200)])
def test_a_true_difference_is_found_as_often_as_stated(runs: int) -> None:
    """Over many runs with a true ratio of 1.1, verdicts come as often as the runs themselves say, and are right."""
    random = np.random.default_rng(24)
    found, stated, wrong = 0, 0.0, 0
    for _ in range(runs):
        drift = wave(random, 12 * 20, 0.15)
        first, second = (instances(random, 12, 20, spread=0.06, noise=0.1, drift=drift) for _ in range(2))
        ratio = ratios.ratio(first, Clustered(1.1 * second.values, second.clusters, 12), 0.5, paired=True)
        assert ratio
        low, high = ratio.interval()
        found += low > 1
        wrong += high < 1
        stated += ratio.power(1.1)

    assert 0.5 < stated / runs < 0.99
    assert abs(found / runs - stated / runs) < 0.1
    assert wrong <= 1


def of_error(error: float) -> ratios.Ratio:
    return ratios.Ratio(0.0, drift.Error.without_drift(error, 9))


def test_a_detectable_difference_is_the_one_found_in_80_of_100_runs() -> None:
    """The difference a run can find is consistent with its power, and grows with its error."""
    small, large = of_error(0.01), of_error(0.05)

    assert small.power(small.detectable()) == pytest.approx(0.8, abs=0.01)
    assert 1 < small.detectable() < large.detectable()
    assert of_error(0.0).power(1.01) == 1.0


def test_too_few_clusters_have_no_ratio() -> None:
    """Nine instances decide nothing about a median, twenty-nine nothing about a tail."""
    random = np.random.default_rng(25)

    found: dict[tuple[int, float], bool] = {}
    for count, p in ((9, 0.5), (10, 0.5), (29, 0.95), (30, 0.95)):
        first, second = (instances(random, count, 20, spread=0.1, noise=0.1) for _ in range(2))
        found[count, p] = ratios.ratio(first, second, p, paired=True) is not None

    assert found == {(9, 0.5): False, (10, 0.5): True, (29, 0.95): False, (30, 0.95): True}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_intervals_shown_after_holm_agree_with_its_rejections(p_values: list[float]) -> None:
    """An interval at the confidence it is shown at excludes "no difference" exactly where Holm's procedure rejects."""
    shown = ratios.holm(p_values)

    ordered = sorted(p_values)
    fails = [rank for rank, p in enumerate(ordered) if p > 0.05 / (len(p_values) - rank)]
    rejected = sorted(ordered[: fails[0]] if fails else ordered)
    by_interval = sorted(p for p, level in zip(p_values, shown, strict=True) if p <= (1 - level) * (1 + 1e-9))
    assert by_interval == rejected
    assert all(0.95 - 1e-9 <= level < 1 for level in shown)


def test_one_comparison_alone_is_not_corrected() -> None:
    """The primary figure of two targets keeps its 95%; two equal comparisons share the 5%."""
    assert ratios.holm([0.2]) == [0.95]
    assert ratios.holm([0.2, 0.3]) == [pytest.approx(0.975), pytest.approx(0.975)]
    assert ratios.holm([0.001, 0.03]) == [pytest.approx(0.975), pytest.approx(0.95)]
    assert math.isclose(ratios.holm([0.9] * 20)[0], 1 - 0.05 / 20)
