"""Settings to the numbers of an emulation: the platform's own where nothing is set."""

import pytest

import platforms
from local import Settings
from local.scaling import Policy
from local.settings import Plan, plan


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("aws", Plan(Policy(1, 0, 1000, 600), timeout=29, gateway_timeout=30)),
        ("gcp", Plan(Policy(80, 0, 100, 900, 10, 3.5), timeout=300, gateway_timeout=300)),
        ("apprunner", Plan(Policy(100, 1, 25, 300), timeout=120, gateway_timeout=120)),
    ],
)
def test_the_defaults_are_the_platforms_own(platform: str, expected: Plan) -> None:
    assert plan(platform, Settings()) == expected


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_what_is_set_is_used(platform: str) -> None:
    settings = Settings(idle_seconds=0, maximum=3, minimum=None if platform == "aws" else 2)

    policy = plan(platform, settings).policy

    assert (policy.minimum, policy.maximum, policy.idle_seconds) == (0 if platform == "aws" else 2, 3, 0)
