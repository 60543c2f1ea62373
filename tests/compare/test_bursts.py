"""Slow requests of one instance that come in bursts: what they leave of its tail, and what the report says of it."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare import bursts, ratios, stats
from compare.report.build import report
from compare.report.verdicts import comparisons
from tests.compare import coverage
from tests.compare.simulated import Floats, of_one_instance, one_instance
from tests.compare.test_decisions import run_of, side
from tests.soak import soak

FAST = np.exp(np.random.default_rng(51).normal(0, 0.1, 300))


def with_slow(*places: int, values: Floats = FAST) -> Floats:
    """The values, of which those at these places take three times as long."""
    slowed = values.copy()
    slowed[list(places)] *= 3
    return slowed


def interval(values: Floats) -> stats.Interval:
    found = stats.clustered_interval(one_instance(np.log(values), 0.95), 0.95)
    assert found
    return found


def test_slow_requests_that_come_singly_leave_a_tail_as_it_is() -> None:
    """Four of 300 are fewer than one in twenty: the 95th percentile is among the fast ones."""
    assert bursts.slow(with_slow(10, 90, 170, 250)) == [1, 1, 1, 1]
    assert bursts.worth(with_slow(10, 90, 170, 250)) is None
    assert interval(with_slow(10, 90, 170, 250)).high < 1.5


def test_one_burst_leaves_a_tail_unknown_from_above() -> None:
    """The same four in one burst are one event: it may come three times in the next run, and make up one in twenty."""
    values = with_slow(100, 101, 102, 103)
    data = one_instance(np.log(values), 0.95)

    assert bursts.slow(values) == [4]
    assert not stats.bounded(data, 0.95)
    assert interval(values).high == max(values)
    assert interval(values).low == pytest.approx(interval(FAST).low, rel=0.05)


def test_many_short_bursts_are_known_nearly_as_well_as_single_requests() -> None:
    """Forty bursts of two in 3,000 rounds say how often they come."""
    values = np.exp(np.random.default_rng(52).normal(0, 0.1, 3000))
    slowed = with_slow(*(start + after for start in range(20, 3000, 75) for after in (0, 1)), values=values)
    data = one_instance(np.log(slowed), 0.95)

    assert bursts.slow(slowed) == [2] * 40
    assert stats.bounded(data, 0.95)
    assert interval(slowed).high < 1.6


def test_bursts_of_several_instances_lie_within_each_of_them() -> None:
    """Of two in turn, the answers of one are every second. An instance that is slow all the time has no burst."""
    values = with_slow(100, 102, 104, 151, 200)

    assert bursts.slow(values) == [1] * 5
    assert bursts.slow(values, np.arange(300) % 2) == [3, 1, 1]
    assert bursts.slow(with_slow(*range(90, 120)), np.arange(300) // 30) == []


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=200))
def test_bursts_are_of_the_slowest_values(values: list[float]) -> None:
    """As many values as the bursts are long are the slowest of all; no burst leaves more than there is."""
    found = bursts.slow(np.array(values))

    worth = bursts.worth(np.array(values))
    assert all(length >= 1 for length in found)
    assert sum(found) <= len(values) // 4 + 1
    assert worth is None or 0 < worth <= len(values)


@pytest.mark.parametrize(
    ("share", "length", "rounds", "runs", "least"),
    [
        (0.1, 5, 300, 60, 0.92),
        *soak((0.1, 5, 300, 400, 0.92), (0.05, 5, 300, 800, 0.92), (0.05, 5, 1500, 300, 0.92)),
    ],
)
def test_the_interval_of_a_tail_holds_the_truth_though_spikes_come_in_bursts(
    share: float, length: float, rounds: int, runs: int, least: float
) -> None:
    """At least 92 of 100, within what chance makes of so many runs."""
    random = np.random.default_rng(53)
    draw = coverage.spikes(share, length)
    truth = draw.quantile(0.95, share)
    found = [stats.clustered_interval(one_instance(draw(random, rounds), 0.95), 0.95) for _ in range(runs)]

    given_ = [one for one in found if one]
    held = sum(one.low <= truth <= one.high for one in given_)
    assert held >= least * len(given_) - 2 * (least * (1 - least) * len(given_)) ** 0.5
    assert len(given_) >= 0.9 * runs


@pytest.mark.parametrize("runs", [20, *soak(200)])
def test_identical_targets_with_spikes_get_no_verdict_on_their_tails(
    runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run in which one target had more bursts than the other says nothing about the next."""
    monkeypatch.setattr(ratios, "REPLICATES", 200)
    random = np.random.default_rng(54)
    draw, false = coverage.spikes(0.1), 0
    for _ in range(runs):
        pair = [side(name, of_one_instance(name, draw(random, 300))) for name in "ab"]
        (tail,) = (one for one in comparisons(pair, primary="p95") if one.primary)
        false += tail.verdict in {"slower", "faster"}

    assert false <= 0.05 * runs


def told(values: Floats) -> tuple[Sequence[str], Sequence[str]]:
    """The notes and the scope of a run whose second target answered so."""
    run = run_of({"a": of_one_instance("a", np.log(FAST)), "b": of_one_instance("b", np.log(values))})
    made = report(run)
    return [finding.text for finding in made.findings], made.scope


def test_a_report_says_what_a_tail_rests_on() -> None:
    """Which upper end is only the slowest request, how many requests it needs, and what a run may not see at all."""
    findings, scope = told(with_slow(100, 101, 102, 103))

    (note,) = (text for text in findings if "burst" in text)
    assert note == (
        "the slow requests of b came in one burst, too few to say how often they come (warm, kept): the upper end of "
        "its p90 and p95 is its slowest request; p95 needs about 11,000 requests like these"
    )
    assert scope[0] == (
        "A p95 of one instance is that of the time measured; it allows for bursts of slow requests if the run saw one. "
        "By chance, 300 requests may have none of bursts that last for more than 2 on average. If there are such, the "
        "p95 of a longer time is higher."
    )
    assert [text for text in told(FAST)[0] if "burst" in text] == []


def test_a_tail_that_may_be_of_fast_or_of_slow_requests_gets_no_verdict() -> None:
    """One in twenty is slow in both. One target had a few more and one a few fewer, and twice the p95."""
    more, fewer = (with_slow(*range(5, 300, every)) for every in (13, 21))
    pair = [side(name, of_one_instance(name, np.log(values))) for name, values in (("a", fewer), ("b", more))]
    many = side("c", of_one_instance("c", np.log(with_slow(*range(1, 300, 4), *range(3, 300, 4)))))

    (tail,) = (one for one in comparisons(pair, primary="p95") if one.primary)
    (clear,) = (one for one in comparisons([pair[0], many], primary="p95") if one.primary)

    assert stats.quantile(more, 0.95) > 1.9 * stats.quantile(fewer, 0.95)
    assert tail.verdict == "too few"
    assert tail.words == (
        "b against a: the p95 may be that of fast or of slow requests: "
        "5.0% of those of a and 7.7% of those of b are slow"
    )
    assert clear.verdict == "slower"


@pytest.mark.parametrize(("rounds", "share"), soak((300, 0.022), (300, 0.03), (1500, 0.011), (1500, 0.015)))
def test_bursts_as_long_as_a_report_allows_leave_the_interval_of_a_tail(rounds: int, share: float) -> None:
    """Of those that a run may not see at all, as many slow requests as hurt most: still at least 92 of 100."""
    random, draw = np.random.default_rng(55), coverage.spikes(share, stats.longest_seen(rounds, 0.95))
    truth, runs = draw.quantile(0.95, share), 400
    found = [stats.clustered_interval(one_instance(draw(random, rounds), 0.95), 0.95) for _ in range(runs)]

    given_ = [one for one in found if one]
    held = sum(one.low <= truth <= one.high for one in given_)
    assert held >= 0.92 * len(given_) - 2 * (0.92 * 0.08 * len(given_)) ** 0.5


@pytest.mark.parametrize("runs", soak(300))
@pytest.mark.parametrize(("count", "length"), [(30, 5), (60, 5), (30, 1)])
def test_the_interval_of_several_instances_with_bursts_holds_the_truth(
    count: int, length: float, runs: int
) -> None:
    """At least 92 of 100, of the 95th percentile of instances that have a burst now and then."""
    draw = coverage.spikes(0.05, length)
    of_instances = coverage.of_kinds(count, lambda random, count: np.zeros(count), draw)
    found = [stats.clustered_interval(of_instances(), 0.95) for _ in range(runs)]

    given_ = [one for one in found if one]
    held = sum(one.low <= draw.quantile(0.95, 0.05) <= one.high for one in given_)
    assert held >= 0.92 * len(given_) - 2 * (0.92 * 0.08 * len(given_)) ** 0.5
    assert len(given_) >= 0.9 * runs
