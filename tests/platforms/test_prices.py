"""The price file: every price has a unit, a source and a month; each price is found by region."""

import re
from datetime import date
from decimal import Decimal

import pytest

import platforms
from platforms.prices import PriceError, Prices

PRICES = Prices.load()
EVERY = [(platform, name) for platform in PRICES.platforms() for name in PRICES.names(platform)]


@pytest.mark.parametrize(("platform", "name"), EVERY)
def test_every_price_names_its_unit_source_and_month(platform: str, name: str) -> None:
    for region in PRICES.regions(platform):
        price = PRICES.price(platform, name, region)

        assert price.unit
        assert price.source.startswith("https://")
        assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", price.read)
        assert price.free == 0 or price.free_condition
        assert price.confirmed or price.note or not price.known


def test_every_platform_has_prices_in_several_regions() -> None:
    assert PRICES.platforms() == platforms.NAMES
    assert all(len(PRICES.regions(platform)) > 4 for platform in platforms.NAMES)


def test_a_price_is_read_by_region_and_by_group() -> None:
    assert PRICES.price("aws", "http_api", "eu-west-1").cost(Decimal(2_000_000)) == Decimal("2.22")
    assert PRICES.price("gcp", "cpu", "us-central1").cost(Decimal(1)) == Decimal("0.000024")
    assert PRICES.price("gcp", "cpu", "europe-west3").cost(Decimal(1)) == Decimal("0.0000336")


def test_a_price_shared_with_another_platform_is_that_platforms() -> None:
    assert (
        PRICES.price("ecs", "logs", "us-east-1").tiers == PRICES.price("apprunner", "logs", "us-east-1").tiers
    )


def test_each_tier_is_charged_at_its_own_price() -> None:
    price = PRICES.price("aws", "http_api", "us-east-1")

    assert price.cost(Decimal(300_000_000)) == 300
    assert price.cost(Decimal(400_000_000)) == 390
    assert price.thresholds == (300_000_000,)


def test_a_free_tier_in_dollars_covers_less_where_the_price_is_higher() -> None:
    assert PRICES.price("gcp", "cpu", "us-central1").free_quantity == 180_000
    assert PRICES.price("gcp", "cpu", "europe-west3").free_quantity == Decimal("4.32") / Decimal("0.0000336")


def test_a_price_without_an_entry_for_the_region_is_unknown_not_zero() -> None:
    price = PRICES.price("apprunner", "cpu", "eu-central-1")

    assert not price.known
    assert not price.confirmed
    assert price.cost(Decimal(1)) is None


@pytest.mark.parametrize(
    ("platform", "name", "region"),
    [
        ("aws", "provisioned_arm64", "us-east-1"),
        ("aws", "provisioned_duration_arm64", "us-east-1"),
        ("gcp", "cpu_instance", "europe-west3"),
        ("gcp", "memory_instance", "europe-west3"),
    ],
)
def test_a_price_that_only_others_quote_is_known_but_not_confirmed(
    platform: str, name: str, region: str
) -> None:
    price = PRICES.price(platform, name, region)

    assert price.known
    assert not price.confirmed
    assert "others" in price.note


def test_cloud_run_by_instance_costs_a_fifth_more_in_tier_2() -> None:
    for name in ("cpu_instance", "memory_instance"):
        one, two = (PRICES.price("gcp", name, region) for region in ("us-central1", "europe-west3"))
        assert two.tiers[0][1] == one.tiers[0][1] * Decimal("1.2")


def test_an_unknown_region_names_the_known_ones() -> None:
    with pytest.raises(PriceError, match=r"'mars-1' is not a region .* us-east-1, us-east-2"):
        PRICES.price("aws", "requests", "mars-1")


def test_prices_read_over_a_year_ago_warn() -> None:
    assert PRICES.stale(date(2026, 12, 1)) is None
    assert PRICES.stale(date(2027, 11, 30)) is None
    assert "read in 2026-11, over a year ago" in (PRICES.stale(date(2027, 12, 1)) or "")
