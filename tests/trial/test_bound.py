"""The most that a trial costs, for whatever settings a stack may have."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import platforms
from platforms import sold
from tests.soak import drawn
from tests.stacks.graph import service
from tests.stacks.strategies import valid_settings
from trial.bound import bound
from trial.cli import MINUTES
from trial.stack import other_memory

ROOT = Path(__file__).parents[2]
FEW = settings(settings.get_profile("untimed"), max_examples=drawn(10))


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_with_the_usual_settings_it_is_what_the_page_says(platform: str) -> None:
    found = bound(service(platform), MINUTES)

    page = (ROOT / "docs/trial.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{platform}` \| (\$[\d.]+) \|$", page, re.MULTILINE)
    assert str(found).startswith(f"It costs at most {row} if it has ended within 120 minutes")


@pytest.mark.parametrize("platform", platforms.NAMES)
@FEW
@given(st.data())
def test_there_is_a_bound_for_all_settings_and_it_grows_with_time(platform: str, data: st.DataObject) -> None:
    chosen = service(platform, **data.draw(valid_settings(platform)))

    short, long = bound(chosen, 30), bound(chosen, 240)

    assert short.dollars is not None
    assert long.dollars is not None
    assert 0 < short.dollars <= long.dollars
    assert str(long).startswith("It costs at most $")


@pytest.mark.parametrize("platform", platforms.NAMES)
@FEW
@given(st.data())
def test_the_other_memory_is_sold_with_the_same_cpu(platform: str, data: st.DataObject) -> None:
    chosen = service(platform, **data.draw(valid_settings(platform)))

    other = other_memory(chosen)

    cpu = None if chosen.cpu is None else Decimal(str(chosen.cpu))
    sizes = sold.memories(platform, cpu)
    assert other in sizes
    assert (other != chosen.memory) == (len(sizes) > 1)


@pytest.mark.parametrize("kept", [1, 10, 1000])
def test_instances_that_a_function_keeps_are_counted_for_both_of_its_releases(kept: int) -> None:
    """512 MB or a little more in us-east-1, no more than AWS sells; without a free tier nothing else changes."""
    plain, found = bound(service("aws"), 90), bound(service("aws", minInstances=kept), 90)

    assert plain.dollars is not None
    assert found.dollars is not None
    expected = Decimal("0.0000041667") / 2 * 120 * 60 * min(2 * kept, 1000)
    assert found.dollars - plain.dollars == pytest.approx(expected, rel=Decimal("0.01"))


def test_a_region_without_prices_says_so() -> None:
    found = bound(replace(service("aws"), region="xx-nowhere-1"), 90)

    assert str(found).startswith("What it costs in xx-nowhere-1 is not known here")
