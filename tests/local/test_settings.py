"""Settings to the numbers of an emulation: the platform's own where nothing is set."""

import pytest

import platforms
from local import Settings
from local.doors import is_safe_url
from local.scaling import UNLIMITED, Policy
from local.settings import Behaviour, behaviour


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("aws", Behaviour(Policy(1, 0, 1000, 600, provisioned=True), timeout=29, gateway_timeout=30)),
        ("gcp", Behaviour(Policy(80, 0, 100, 900, 10, 3.5), timeout=300, gateway_timeout=300)),
        ("apprunner", Behaviour(Policy(100, 1, 25, 300), timeout=120, gateway_timeout=120)),
        ("ecs", Behaviour(Policy(UNLIMITED, 1, 1, 0, on_demand=False), timeout=60, gateway_timeout=60)),
    ],
)
def test_the_defaults_are_the_platforms_own(platform: str, expected: Behaviour) -> None:
    assert behaviour(platform, Settings()) == expected


def test_on_ecs_there_are_as_many_tasks_as_are_asked_for() -> None:
    policy = behaviour("ecs", Settings(minimum=3)).policy

    assert (policy.minimum, policy.maximum) == (3, 3)


@pytest.mark.parametrize("platform", [name for name in platforms.NAMES if name != "ecs"])
def test_what_is_set_is_used(platform: str) -> None:
    settings = Settings(idle_seconds=0, maximum=3, minimum=2)

    policy = behaviour(platform, settings).policy

    assert (policy.minimum, policy.maximum, policy.idle_seconds) == (2, 3, 0)


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://login.example.com", True),
        ("https://login.example.com:8443/realms/mine/", True),
        ("https://192.0.2.1", True),
        ("http://127.0.0.1:9000", True),
        ("http://127.8.9.10/path", True),
        ("http://localhost:9000", True),
        ("http://[::1]:9000", True),
        ("http://login.example.com", False),
        ("http://192.0.2.1", False),
        ("http://localhost.example.com", False),
        ("ftp://127.0.0.1", False),
        ("login.example.com", False),
        ("https://", False),
        ("https://login.example.com:0", False),
        ("https://login.example.com:port", False),
        ("https://[::1", False),
        ("https://me@login.example.com", False),
        ("https://login.example.com?a=b", False),
        ("https://login.example.com#a", False),
        ("https://login.example.com/a b", False),
        ("", False),
    ],
)
def test_a_url_is_safe_where_nobody_in_between_can_answer(url: str, is_safe: bool) -> None:
    assert is_safe_url(url) == is_safe


def test_audiences_are_separated_by_commas() -> None:
    assert Settings(jwt_audience="my-api, my-other-api,").audiences == ("my-api", "my-other-api")
    assert Settings().audiences == ()
