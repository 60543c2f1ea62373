"""A user's price file goes over the shipped prices; one that cannot be used is refused with the reason."""

from decimal import Decimal
from pathlib import Path

import pytest

from cost import own_prices
from platforms.prices import PriceError, Prices

PRICES = Prices.load()


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_file_overrides_one_price_and_leaves_the_others(tmp_path: Path) -> None:
    path = own(tmp_path, '[gcp.cpu.price]\nus-central1 = "0.00001"\n')

    mixed = own_prices.load(path)

    price = mixed.price("gcp", "cpu", "us-central1")
    assert (price.tiers, price.source, price.confirmed) == (((0, Decimal("0.00001")),), str(path), True)
    assert mixed.price("gcp", "cpu", "us-east1") == PRICES.price("gcp", "cpu", "us-east1")


def test_a_users_file_adds_a_region(tmp_path: Path) -> None:
    path = own(tmp_path, '[aws.regions]\nsa-east-1 = "standard"\n[aws.http_api.price]\nsa-east-1 = "2.00"\n')

    mixed = own_prices.load(path)

    assert mixed.price("aws", "http_api", "sa-east-1").cost(Decimal(1_000_000)) == 2
    assert mixed.price("aws", "requests", "sa-east-1").cost(Decimal(1_000_000)) == Decimal("0.20")
    assert not mixed.price("aws", "logs", "sa-east-1").known


def test_a_users_file_may_replace_a_shared_price(tmp_path: Path) -> None:
    path = own(tmp_path, '[apprunner.logs.price]\nus-east-1 = "0.10"\n')

    mixed = own_prices.load(path)

    assert mixed.price("apprunner", "logs", "us-east-1").cost(Decimal(10)) == 1
    assert mixed.price("aws", "logs", "us-east-1") == PRICES.price("aws", "logs", "us-east-1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("= 1", "cannot be read as a price file"),
        ('[azure.cpu.price]\nx = "1"', r"\[azure\] is not known; known: aws, gcp, apprunner"),
        ('[aws.disk.price]\nx = "1"', r"\[aws.disk\] is not known; known: aws.regions, aws.requests"),
        ("aws = 3", r"\[aws\] is a table of prices, this is 3"),
        ("[aws]\nrequests = 3", r"\[aws.requests\] is a table of prices, this is 3"),
        ("[aws.requests.price]\nus-east-1 = 0.2", 'such as "0.20"; this is 0.2'),
        ('[aws.requests.price]\nus-east-1 = "-1"', "such as \"0.20\"; this is '-1'"),
        ('[aws.requests.price]\nus-east-1 = "cheap"', "such as \"0.20\"; this is 'cheap'"),
        ('[aws.requests.price]\nus-east-1 = [["5", "1"]]', r'a price is "0.20", or \[\["0", "1.00"\]'),
        ('[aws.requests.price]\nus-east-1 = ["1"]', r'a price is "0.20", or \[\["0", "1.00"\]'),
        ("[aws.requests.price]\nus-east-1 = { confirmed = true }", "the entry of us-east-1 needs a price"),
        ('[aws.requests]\nfreee = "5"', r"\[aws.requests\] has no 'freee'; it has free, free_condition, "),
        ('[aws.requests]\nsame_as = "gcp.requests"', r"\[aws.requests\] has no 'same_as'; it has free, "),
        (
            "[aws.requests]\nread = 2026-11-01",
            r'\[aws.requests\] read: a month such as "2026-11", this is datetime',
        ),
        (
            '[aws.requests]\nread = "lately"',
            r"\[aws.requests\] read: a month such as \"2026-11\", this is 'lately'",
        ),
        ("[aws.requests]\nper = 0", r"\[aws.requests\] per: a whole number of 1 or more, this is 0"),
        ('[aws.requests]\nper = "x"', r"\[aws.requests\] per: a whole number of 1 or more, this is 'x'"),
        ("[aws.requests]\nunit = 5", r"\[aws.requests\] unit: a text, this is 5"),
        (
            '[aws.requests]\nfree_priced_at = "none"',
            r"\[aws.requests\] free_priced_at: 'none' has no price; those that have: standard",
        ),
        ("[aws.regions]\nxx-1 = 5", r"\[aws.regions\] xx-1: a text, this is 5"),
        (
            '[aws.requests.price]\nus-east-1 = { price = "1", source = 5 }',
            "the entry of us-east-1, source: a text, this is 5",
        ),
    ],
)
def test_a_users_file_that_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    path = own(tmp_path, text)

    with pytest.raises(PriceError, match=message):
        own_prices.load(path).price("aws", "requests", "us-east-1")


def test_a_missing_users_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PriceError, match=r"nowhere.toml cannot be read as a price file"):
        own_prices.load(tmp_path / "nowhere.toml")
