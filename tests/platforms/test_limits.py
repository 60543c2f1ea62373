"""The limits file: every fact has a source and a date, and its names are known."""

import re

import pytest

import platforms


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_every_limit_names_its_source_unit_and_month(platform: str) -> None:
    for name, limit in platforms.limits(platform).items():
        assert limit.source.startswith(("https://", "measured: ")), name
        assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", limit.read), name
        assert limit.unit, name


def test_a_limit_is_read_by_platform_and_name() -> None:
    assert platforms.limit("aws", "request_timeout") == 30
    assert platforms.limit("gcp", "concurrency") == 80
    assert platforms.limit("apprunner", "instances_minimum") == 1
