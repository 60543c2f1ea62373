"""The most that a trial costs, for whatever settings a stack may have."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import platforms
from platforms import sold
from tests.stacks.graph import service
from tests.stacks.strategies import valid_settings
from trial.bound import bound
from trial.stack import other_memory

FEW = settings(settings.get_profile("untimed"), max_examples=25)


@pytest.mark.parametrize(
    ("platform", "least", "most"),
    [("aws", "0.03", "0.20"), ("gcp", "0.10", "1.00"), ("apprunner", "0.01", "5"), ("ecs", "0.15", "5")],
)
def test_a_trial_costs_cents_with_the_usual_settings(platform: str, least: str, most: str) -> None:
    found = bound(service(platform), 90)

    assert found.minutes == 120
    assert found.dollars is not None
    assert Decimal(least) < found.dollars < Decimal(most)


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


def test_a_region_without_prices_says_so() -> None:
    found = bound(replace(service("aws"), region="xx-nowhere-1"), 90)

    assert str(found).startswith("What it costs in xx-nowhere-1 is not known here")
