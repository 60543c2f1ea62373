"""Verdicts and gates on samples with known truth: error rates of whole reports, and how many samples are missing."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compare import drift, gate, ratios, stats
from compare.report.build import by_series, times_as_long
from compare.report.figures import series
from compare.report.verdicts import Side, comparisons
from runs.file import Run
from runs.head import Head, RunEndpoint
from runs.plan import Plan
from runs.sample import Sample
from tests.compare.lines import rates
from tests.compare.settings import LINES, TAILS, Line
from tests.compare.simulated import Floats, alike, at_most, of_one_instance, sample, wave
from tests.soak import soak

CYCLES, EACH = 12, 10


def samples(random: np.random.Generator, target: str, drift: Floats, slower: float = 1.0) -> list[Sample]:
    """Warm samples of both connections: a new instance each cycle, noise, and the machine's drift."""
    found: list[Sample] = []
    for cycle in range(CYCLES):
        instance = random.normal(0, 0.05)
        for number in range(cycle * EACH, (cycle + 1) * EACH):
            for connection in ("kept", "fresh"):
                took = slower * float(np.exp(drift[number] + instance + random.normal(0, 0.1)))
                found.append(sample(target, connection, cycle, number, took))
    return found


def side(target: str, of: Sequence[Sample]) -> Side:
    return Side(target, "aws", emulated=False, series=by_series(of))


@pytest.mark.parametrize("runs", [10, *soak(120, 400)])
def test_a_report_of_identical_targets_keeps_its_rate(runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three identical targets: a false primary verdict in at most 5 of 100 reports, and any other in at most 5."""
    monkeypatch.setattr(ratios, "REPLICATES", 300)
    random = np.random.default_rng(31)
    primary, others = 0, 0
    for _ in range(runs):
        drift = wave(random, CYCLES * EACH, 0.15)
        found = comparisons([side(name, samples(random, name, drift)) for name in "abc"])
        false = [one for one in found if one.verdict in {"slower", "faster"}]
        primary += any(one.primary for one in false)
        others += any(not one.primary for one in false)

    most = at_most(0.05, runs)
    assert primary <= most
    assert others <= most


def test_one_instance_is_known_as_well_as_its_blocks_of_rounds() -> None:
    """What drifts from block to block is in the interval, which 300 independent requests would not show."""
    random = np.random.default_rng(35)
    found = of_one_instance("a", np.repeat(random.normal(0, 0.1, 10), 30) + random.normal(0, 0.02, 300))

    one = series(found)

    alone = stats.independent_interval([each.ms.total for each in found], 0.5)
    assert (one.clusters, one.clustered_by, one.one_instance) == (10, "round", True)
    assert one.p50.low
    assert one.p50.high
    assert alone
    assert one.p50.high - one.p50.low > 2 * (alone.high - alone.low)


def test_a_run_until_a_precision_ends_by_the_error_that_the_report_shows() -> None:
    """The same answers are precise enough in any order for who takes them as independent, and not if they drift."""
    random = np.random.default_rng(37)
    logs = np.sort(random.normal(0, 0.1, 300))
    plan = Plan(cold="none", precision=0.03)
    drifting, steady = of_one_instance("a", logs), of_one_instance("a", random.permutation(logs))

    alone = stats.independent_interval([one.ms.total for one in drifting], 0.5)
    times = times_as_long({"a": drifting}, plan)
    p50 = series(drifting).p50

    assert alone
    assert (alone.high - alone.low) / 2 < 0.03
    assert times
    assert p50.value
    assert p50.high
    assert p50.low
    assert times == pytest.approx(((p50.high - p50.low) / 2 / p50.value / 0.03) ** 2)
    assert times > 1
    assert (times_as_long({"a": steady}, plan) or 2) <= 1
    assert (times_as_long({"a": steady, "b": drifting}, plan) or 0) == times
    assert times_as_long({"a": steady[:8]}, plan) is None
    assert times_as_long({"a": steady}, Plan()) is None


@pytest.mark.parametrize("runs", [12, *soak(60, 240)])
def test_reports_of_single_instances_keep_their_rate(runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two identical targets of one instance each, whose own rounds resemble each other much."""
    monkeypatch.setattr(ratios, "REPLICATES", 300)
    random = np.random.default_rng(36)
    false = 0
    for _ in range(runs):
        pair = [
            side(name, of_one_instance(name, alike(random, 300, 0.9, 0.1) + random.normal(0, 0.1, 300)))
            for name in "ab"
        ]
        (primary, _tail) = comparisons(pair)
        false += primary.verdict in {"slower", "faster"}

    assert false <= at_most(0.05, runs)


def test_words_and_numbers_of_a_verdict_agree() -> None:
    """Slower, faster, no difference and too few, each with the numbers that they rest on."""
    random = np.random.default_rng(32)
    drift = wave(random, CYCLES * EACH, 0.15)
    base = samples(random, "a", drift)
    sides = [side("a", base)]
    sides += [
        side(name, samples(random, name, drift, slower))
        for name, slower in (("b", 1.5), ("c", 0.5), ("d", 1.0))
    ]
    sides.append(side("e", [one for one in samples(random, "e", drift) if one.cycle < 4]))

    found = {one.other: one for one in comparisons(sides) if one.primary}

    assert {name: one.verdict for name, one in found.items()} == {
        "b": "slower", "c": "faster", "d": "no difference", "e": "too few",
    }  # fmt: skip
    b, c, d = found["b"], found["c"], found["d"]
    ends = {name: (one.low, one.high, one.longer_low, one.longer_high) for name, one in found.items()}
    low, high, least, most = (end or math.nan for end in ends["b"])
    between = f"[{low:.2f}, {high:.2f}], over a longer time [{least:.2f}, {most:.2f}]"
    assert b.words == f"b is {b.ratio:.2f} times slower than a {between}"
    assert 1 < least < low < high < most
    low, high, least, most = (1 / (end or math.nan) for end in ends["c"])
    between = f"[{high:.2f}, {low:.2f}], over a longer time [{most:.2f}, {least:.2f}]"
    assert c.words == f"c is {1 / (c.ratio or math.nan):.2f} times faster than a {between}"
    low, high, least, most = (end or math.nan for end in ends["d"])
    at_most = [max(up - 1, 1 / down - 1) for down, up in ((low, high), (least, most))]
    between = f"at most {at_most[0]:.0%}, over a longer time at most {at_most[1]:.0%}"
    assert d.words == f"no difference shown between d and a ({between})"
    assert found["e"].words == "e against a: too few instances: e had 4 of 10"


def run_of(named: dict[str, list[Sample]], **entry: Any) -> Run:
    endpoints = tuple(RunEndpoint(name, "aws", emulated=False, url="", request="") for name in named)
    head = Head(
        started=datetime(2026, 11, 1, tzinfo=UTC),
        command="",
        plan=Plan(),
        targets=(),
        endpoints=tuple(replace(endpoint, **entry) for endpoint in endpoints),
        machine={},
    )
    return Run(Path("run"), head, tuple(one for many in named.values() for one in many))


@pytest.mark.parametrize(
    ("slower", "limit", "status", "words"),
    [
        (1.0, 1.25, 0, "X: below 1.25"),
        (1.4, 1.1, 1, "X: above 1.10"),
        (1.1, 1.1, 2, "X: the limit 1.10 is within the interval; X more would tell"),
        (
            1.0,
            1.1,
            2,
            "X: targets that drift on their own may differ as much in so short a run; X more would tell",
        ),
    ],
)
def test_a_gate_decides_by_the_whole_interval(slower: float, limit: float, status: int, words: str) -> None:
    """Below the limit, above it, across it, or so near that a drift may explain it: then how much more time decides."""
    random = np.random.default_rng(33)
    drift = wave(random, CYCLES * EACH, 0.15)
    run = run_of({"a": samples(random, "a", drift), "b": samples(random, "b", drift, slower)})

    decision = gate.decide(run, "a", "b", limit, primary="p50", failures=0.0)

    assert decision.status == status
    shown = re.sub(r"about .+? more", "X more", decision.words)
    assert re.sub(r"^b takes 1\.\d\d times .* \(warm, kept connection, p50\)", "X", shown) == words


def test_as_much_more_time_as_advised_decides() -> None:
    """A run that is as much longer as an undecided gate says, and as much surer, is decided."""
    ratio = ratios.Ratio(np.log(1.05), drift.Error.without_drift(0.04, 11))
    longer = ratios.Ratio(np.log(1.05), drift.Error.without_drift(0.04 / ratio.longer(1.1) ** 0.5, 11))

    assert ratio.robust_interval().high > 1.1
    assert longer.robust_interval().high == pytest.approx(1.1)


def test_one_failure_breaks_a_gate_unless_failures_are_allowed() -> None:
    """Two in a hundred are broken by default, and whole with --max-failures 5%."""
    random = np.random.default_rng(34)
    drift = wave(random, CYCLES * EACH, 0.15)
    second = samples(random, "b", drift)
    second[::50] = [replace(one, ok=False, error="HTTP 500 where 200 was expected") for one in second[::50]]
    run = run_of({"a": samples(random, "a", drift), "b": second})

    strict = gate.decide(run, "a", "b", 1.5, primary="p50", failures=0.0)
    loose = gate.decide(run, "a", "b", 1.5, primary="p50", failures=0.05)

    assert strict.words == "b is broken: 5 of 240 requests failed, first: HTTP 500 where 200 was expected"
    assert (strict.status, loose.status) == (3, 0)


_BY_NAME = {line.name: line for line in LINES}


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("3% of its own, one instance", 20),
        ("10% of its own, one instance", 20),
        ("a daily rhythm of its own", 20),
        *soak(*((name, 400) for name in _BY_NAME)),
    ],
)
def test_identical_targets_keep_the_rate_however_they_drift(
    monkeypatch: pytest.MonkeyPatch, name: str, runs: int
) -> None:
    """At most 5 of 100 runs have a false verdict; where nothing drifts on its own, hardly a verdict is lost for it."""
    monkeypatch.setattr(ratios, "REPLICATES", 100)

    found = rates(_BY_NAME[name], runs)

    assert found.false <= found.bound
    assert found.covered >= 0.92 - 3 * (0.08 * 0.92 / runs) ** 0.5
    assert math.isnan(found.now) or found.now >= 0.92 - 3 * (0.08 * 0.92 / (runs * found.given)) ** 0.5
    if name.startswith("no drift") or "common" in name:
        assert found.power >= found.plain - 0.05
        assert found.wider <= 1.1


@pytest.mark.parametrize(("line", "runs"), [(TAILS[7], 20), *soak(*((line, 200) for line in TAILS))])
def test_tails_of_identical_targets_keep_the_rate(
    monkeypatch: pytest.MonkeyPatch, line: Line, runs: int
) -> None:
    """At most 5 of 100 runs have a false verdict on 95th percentiles, spikes or not; intervals that are given hold."""
    monkeypatch.setattr(ratios, "REPLICATES", 100)

    found = rates(line, runs)

    assert found.false <= found.bound
    if found.given > 0.05:
        error = (0.08 * 0.92 / (runs * found.given)) ** 0.5
        assert found.covered >= 0.92 - 3 * error
        assert math.isnan(found.now) or found.now >= 0.92 - 3 * error


def test_a_clear_difference_stands_though_targets_drift() -> None:
    """Servers that differ by 30% get their verdict from 300 rounds on one instance, with or without a shared drift."""
    random = np.random.default_rng(41)
    for drifts in (np.zeros(300), wave(random, 300, 0.15)):
        pair = [
            side(name, of_one_instance(name, slower + drifts + random.normal(0, 0.15, 300)))
            for name, slower in (("a", 0.0), ("b", np.log(1.3)))
        ]
        (primary, _tail) = comparisons(pair)

        assert primary.verdict == "slower"


def test_a_withheld_verdict_says_why_and_how_long_to_measure() -> None:
    """Where one target slowly becomes slower, the run seems to show a difference that its drift explains."""
    random = np.random.default_rng(42)
    ramp = np.linspace(-0.05, 0.25, 300)
    pair = [
        side("a", of_one_instance("a", random.normal(0, 0.05, 300))),
        side("b", of_one_instance("b", ramp + random.normal(0, 0.05, 300))),
    ]
    (primary, _tail) = comparisons(pair)

    assert primary.verdict == "no verdict"
    assert (primary.low, primary.high) == (None, None)
    assert re.fullmatch(
        r"no verdict: these targets drift apart on their own; (about .* more would tell|a longer run will hardly tell) "
        r"\(in this run b took 1\.\d\d times as long as a \[\d\.\d\d, \d\.\d\d\], "
        r"over a longer time \[0\.\d\d, \d\.\d\d\]\)",
        primary.words,
    )
    assert primary.drift
    assert "they wander: the targets drift apart on their own" in primary.drift
    assert primary.drift.endswith("chance alone by less than what is seen: so there is no verdict.")
    assert 1 < (primary.ratio or 0) < (primary.explained or 0)
    (_, first), *_, (_, last) = primary.course
    assert first < 1.05
    assert last > 1.15


def test_a_release_that_the_run_shows_is_told_with_its_time_and_its_size() -> None:
    """15% more from 40% of the run on; a ramp of as much is no step, and noise has none."""
    random = np.random.default_rng(43)
    steps = np.where(np.arange(300) < 120, 0.0, np.log(1.15))
    for course, words in (
        (
            steps,
            r"they change once, about 40% into the run, from (0\.99|1\.0\d) to 1\.1\d, as by a release or another",
        ),
        (np.linspace(0, 0.2, 300), "they wander: the targets drift apart on their own"),
        (np.zeros(300), "The parts scatter as by chance"),
    ):
        pair = [
            side(name, of_one_instance(name, of + random.normal(0, 0.03, 300)))
            for name, of in (("a", np.zeros(300)), ("b", course))
        ]
        (primary, _tail) = comparisons(pair)

        assert re.search(words, primary.drift or "")
        assert ("change once" in (primary.drift or "")) == (course is steps)
        assert primary.verdict == ("no verdict" if course.any() else "no difference")


def test_what_slows_both_for_a_while_is_no_spread_between_them() -> None:
    """A busy machine that doubles all times now and then leaves the ratio as well known as a quiet one does."""
    random = np.random.default_rng(44)
    bursts = np.repeat(random.choice([0.0, 0.7], 30), 10)
    found = {
        name: comparisons(
            [
                side(of, of_one_instance(of, level + busy + random.normal(0, 0.1, 300)))
                for of, level in (("a", 0.0), ("b", np.log(1.3)))
            ]
        )[0]
        for name, busy in (("quiet", np.zeros(300)), ("busy", bursts))
    }
    widths = {name: np.log((one.high or 0) / (one.low or 1)) for name, one in found.items()}

    assert {one.verdict for one in found.values()} == {"slower"}
    assert widths["busy"] < 1.5 * widths["quiet"]
