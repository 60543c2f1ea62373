"""The costs in a comparison's report, by its own samples."""

import pytest

from cost.report import table
from cost.section import section
from platforms.prices import Prices
from tests.cost.simulation import test_timing

pytestmark = pytest.mark.usefixtures("roughly")


def test_the_section_of_a_comparison_uses_its_cloud_samples(prices: Prices) -> None:
    found = section([*test_timing.WARM, *test_timing.COLD], monthly=14_600, prices=prices)

    options = {option["name"]: option for option in found["options"]}
    assert options["aws"]["basis"].startswith("measured at aws: 20 warm answers")
    assert options["gcp"]["basis"].startswith("published starts")
    assert 0.03 < options["aws"]["latency"]["p50"]["mean"] < 0.05
    assert found["monthly"] == 14_600


def test_the_section_as_one_table_has_a_cell_for_each_column(prices: Prices) -> None:
    """For a report with a place for a title, sentences and a table."""
    shown = table.of_advice(section(test_timing.WARM, monthly=14_600, prices=prices))

    assert list(shown) == ["title", "words", "columns", "rows", "notes"]
    assert [row[0] for row in shown["rows"]] == ["AWS Lambda", "Cloud Run", "App Runner", "ECS Express Mode"]
    assert all(len(row) == len(shown["columns"]) for row in shown["rows"])
    assert (
        shown["words"][0] == "At 14,600 requests a month: 20 requests an hour at random, at a constant rate."
    )
    assert shown["words"][1].startswith("Take ")


def test_the_section_of_an_emulated_comparison_says_that_it_is_not_used(prices: Prices) -> None:
    found = section([test_timing.sample(emulated=True, total=1.0) for _ in range(50)], prices=prices)

    assert any("was emulated on this machine" in note for note in found["notes"])
    assert all(option["latency"]["p50"]["mean"] > 0.09 for option in found["options"])
