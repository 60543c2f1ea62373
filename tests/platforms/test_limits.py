"""The limits file: every fact has a source and a date, and its names are known."""

import re
from pathlib import Path

import pytest

import platforms

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_every_limit_names_its_source_unit_and_month(platform: str) -> None:
    for name, limit in platforms.limits(platform).items():
        assert limit.source.startswith(("https://", "measured: ")), name
        assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", limit.read), name
        assert limit.unit, name


def test_every_limit_is_read_by_something() -> None:
    folders = ("platforms", "stacks", "local", "cost")
    code = "".join(file.read_text("utf-8") for folder in folders for file in (ROOT / folder).rglob("*.py"))

    read = set(re.findall(r"""["'](\w+)["']""", code))
    assert {name for platform in platforms.NAMES for name in platforms.limits(platform)} - read == set()


def test_a_limit_is_read_by_platform_and_name() -> None:
    assert platforms.limit("aws", "request_timeout") == 30
    assert platforms.limit("gcp", "concurrency") == 80
    assert platforms.limit("apprunner", "instances_minimum") == 1


@pytest.mark.parametrize(("platform", "least"), [("aws", 0), ("gcp", 0), ("apprunner", 1), ("ecs", 1)])
def test_a_platform_scales_to_zero_or_says_what_it_keeps(platform: str, least: int) -> None:
    assert platforms.least_instances(platform) == least
    assert platforms.keeps_an_instance(platform) == (least > 0)


def test_of_a_url_nobody_knows_that_it_keeps_an_instance() -> None:
    assert not platforms.keeps_an_instance(None)
