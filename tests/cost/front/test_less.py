"""What a shorter wait costs, in one sentence of a comparison: true by the bills and waits of `advise`, or not said."""

import re

import pytest

from cost.advise import advise
from cost.candidates import Question, candidates
from cost.front import less
from cost.model import Option
from cost.report import table
from cost.section import section
from cost.simulation.arrivals import poisson
from platforms.prices import Prices

pytestmark = pytest.mark.usefixtures("roughly")

MONTHLY = 14_600


def option(platform: str, minimum: int | None = None) -> Option:
    found, _ = candidates(Question(platforms=(platform,), minimum=minimum), Prices.load(), None)
    return advise(poisson(MONTHLY), found, Prices.load(), budget=200_000).options[-1]


def test_the_sentence_is_what_advise_says_with_the_key_and_without_it() -> None:
    said = less.sentence(Question(), "gcp", poisson(MONTHLY), Prices.load())
    found = re.fullmatch(
        r"For \$([\d.]+) a month more, 95% of the requests are answered within (\d+) ms \(now ([\d.]+) s\): "
        r"pulumi config set minInstances 1\.",
        said,
    )

    assert found, said
    plain, kept = option("gcp"), option("gcp", minimum=1)
    assert float(found[1]) == pytest.approx(kept.dollars.mean - plain.dollars.mean, abs=0.05)
    for figure, one in ((float(found[2]) / 1000, kept), (float(found[3]), plain)):
        latency = one.latencies[0.95]
        assert latency is not None
        assert figure == pytest.approx(latency.mean, rel=0.06)


def test_if_no_key_makes_the_p95_shorter_the_share_of_waits_is_said() -> None:
    """On Lambda provisioned concurrency, without the free tier; SnapStart would wait as often."""
    said = less.sentence(Question(), "aws", poisson(MONTHLY), Prices.load())
    found = re.fullmatch(
        r"For \$([\d.]+) a month more, ([\d.]+)% of the requests wait for a start \(now ([\d.]+)%\): "
        r"pulumi config set minInstances 1\.",
        said,
    )

    assert found, said
    plain, kept = option("aws"), option("aws", minimum=1)
    assert float(found[1]) == pytest.approx(kept.dollars.mean - plain.dollars.mean, abs=0.05)
    for figure, one in ((found[2], kept), (found[3], plain)):
        assert float(figure) / 100 == pytest.approx(one.result.waiting.high, rel=0.2)


def test_nothing_is_said_if_no_key_of_a_stack_makes_the_wait_much_shorter() -> None:
    assert less.sentence(Question(), "ecs", poisson(MONTHLY), Prices.load()) == ""


def test_a_comparison_says_it_below_what_to_take() -> None:
    words = table.of_advice(section((), monthly=MONTHLY))["words"]

    assert words[1].startswith("Take Cloud Run")
    assert words[2].endswith("pulumi config set minInstances 1.")
