"""Runs that nobody plans: silent targets, clocks of milliseconds, times that do not scatter, impossible precision."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from compare.report import data, html, markdown, text
from compare.report.build import report
from compare.report.model import Report
from compare.report.verdicts import comparisons
from runs.plan import Plan
from tests.compare.simulated import of_one_instance
from tests.compare.test_decisions import run_of, side


def test_a_target_without_an_answer_has_a_comparison_that_says_so() -> None:
    """Whichever of the two it is, and in every form: no page says that there was only one target."""
    answers = of_one_instance("a", np.random.default_rng(45).normal(0, 0.1, 60))
    failed = [replace(one, target="b", ok=False, error="HTTP 500") for one in answers]
    for named, words in (
        ({"a": answers, "b": failed}, "b against a: b gave no answer of this kind"),
        ({"b": failed, "a": answers}, "a against b: b gave no answer of this kind"),
    ):
        made = report(run_of(named))

        (primary,) = (one for one in made.comparisons if one.primary)
        assert (primary.verdict, primary.words) == ("too few", words)
        assert words in [headline.words for headline in made.headline]
        assert words in text.plain(made)
        assert words in markdown.render(made)
        assert words in html.page(made)


def test_rounded_times_are_known_to_half_of_what_they_are_rounded_to() -> None:
    """2.4 and 2.6 ms are always 2 and 3 by a clock of milliseconds: not 1.50 times, but something around it."""
    random = np.random.default_rng(46)
    pair = [
        side(name, of_one_instance(name, np.log(np.round(level * np.exp(random.normal(0, 0.01, 300))))))
        for name, level in (("a", 2.4), ("b", 2.6))
    ]

    (primary, _tail) = comparisons(pair)

    assert primary.ratio == pytest.approx(1.5)
    assert (primary.low or 0) < 2.6 / 2.4 < 1.5 < (primary.high or 0)


@pytest.mark.parametrize(
    ("other", "words"),
    [(5.0, "no difference shown between b and a (less than 1%)"), (5.001, "b is less than 1% slower than a")],
)
def test_a_difference_that_two_decimals_do_not_show_is_less_than_one_percent(
    other: float, words: str
) -> None:
    """Times that do not scatter at all are compared, and no sentence says "1.00 times slower" or "at most 0%"."""
    steps = np.where(np.arange(300) % 2, 1e-6, 0.0)
    pair = [
        side(name, of_one_instance(name, np.log(level + steps))) for name, level in (("a", 5.0), ("b", other))
    ]

    assert comparisons(pair)[0].words.startswith(words)


@pytest.mark.parametrize(
    ("first", "other", "words"),
    [
        (1.0, 1.0, "no difference shown between b and a (at most 152%)"),
        (1.0, 2.0, "no difference shown between b and a (at most 315%)"),
        (5.25, 5.25, "no difference shown between b and a (less than 1%)"),
    ],
)
def test_equal_times_are_known_as_far_as_their_last_decimal_place(
    first: float, other: float, words: str
) -> None:
    """A clock of whole milliseconds says 1 of all from 0.5 to 1.5, and a constant ratio is no drift."""
    pair = [
        side(
            name,
            [replace(one, ms=replace(one.ms, total=took)) for one in of_one_instance(name, np.zeros(300))],
        )
        for name, took in (("a", first), ("b", other))
    ]

    primary = comparisons(pair)[0]

    assert primary.words.startswith(words)
    assert primary.drift
    assert "The parts scatter as by chance" in primary.drift


@pytest.mark.parametrize("rounds", [10, 11])
def test_a_run_too_short_to_show_a_drift_allows_for_one(rounds: int) -> None:
    """It has two parts; what it cannot see may be there nevertheless."""
    random = np.random.default_rng(49)
    first, second = (
        of_one_instance(name, level + random.normal(0, 0.1, rounds))
        for name, level in (("a", 0.0), ("b", 0.7))
    )

    (primary, _tail) = comparisons([side("a", first), side("b", second)])

    assert primary.verdict == "slower"
    assert 1 < (primary.longer_low or 0) < 0.95 * (primary.low or 0)
    assert (primary.longer_high or 0) > 1.05 * (primary.high or 0)


def test_the_side_with_too_few_rounds_is_named() -> None:
    """150 rounds of 300 are many, but not in all of the run."""
    random = np.random.default_rng(47)
    first, second = (of_one_instance(name, random.normal(0, 0.1, 300)) for name in "ab")

    (primary, *_) = comparisons([side("a", first), side("b", second[150:])])

    told = "those of b fill 5 parts of the run, of which 10 are needed"
    assert primary.words == f"b against a: too few instances or rounds: {told}"


def test_a_precision_that_no_run_reaches_is_told_without_a_time() -> None:
    """Nobody waits for millions of hours."""
    random = np.random.default_rng(48)
    run = run_of({name: of_one_instance(name, random.normal(0, 0.1, 300)) for name in "ab"})
    plan = Plan(cold="none", precision=0.00001)

    found = report(replace(run, head=replace(run.head, plan=plan))).findings

    (note,) = (one.text for one in found if "known" in one.text)
    assert note == (
        "the primary figure of each target was to be known within 0.001%, and is not: a run more than 100 times as "
        "long would have been needed"
    )


@pytest.mark.parametrize("emulated", [False, True])
@pytest.mark.parametrize("form", [text.plain, html.page, markdown.render, data.to_json])
def test_every_form_says_that_figures_are_of_the_time_measured(
    form: Callable[[Report], str], *, emulated: bool
) -> None:
    """Also that of emulated targets; two builds on one emulated platform have a verdict, and so both intervals."""
    random = np.random.default_rng(50)
    made = report(
        run_of({name: of_one_instance(name, random.normal(0, 0.1, 60)) for name in "ab"}, emulated=emulated)
    )

    written = " ".join(form(made).split())

    assert "at this time: another" in written
    assert "The interval of a ratio is that of the time measured." in written
    assert made.comparisons[0].words in written
    assert "over a longer time" in made.comparisons[0].words
