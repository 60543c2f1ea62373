"""A stack's configuration becomes a Service, or every error at once."""

from pathlib import Path
from typing import Any

import pytest

import platforms
from appfolder.settings import read as read_app
from stacks.settings import ConfigError, Service, by_platform, image, read, rules, variables
from stacks.settings.declared import KEYS
from stacks.settings.variables import Variables
from tests.stacks.graph import PROVIDER_CONFIG, service

ROOT = Path(__file__).parents[3]


def problems(stack: str, /, **config: object) -> list[str]:
    """What is wrong with a configuration."""
    with pytest.raises(ConfigError) as caught:
        service(stack, **config)
    return list(caught.value.problems)


def test_an_empty_configuration_is_a_whole_service() -> None:
    """Defaults make every platform work with nothing but a region, and on Google Cloud a project."""
    common: dict[str, Any] = {
        "app": read_app({}),
        "image": "",
        "memory": 512,
        "architecture": "amd64",
        "tracing": False,
        "otlp_endpoint": "",
        "canary_percent": 100,
        "pin": "",
        "door": "http-api",
        "events_path": "",
        "access": "public",
        "jwt_issuer": "",
        "jwt_audience": "",
        "invokers": "",
        "alarm_email": "",
        "budget": None,
        "billing_account": "",
        "domain": "",
        "dns_zone": "",
        "domain_ready": False,
        "variables": Variables(),
    }

    assert service("aws") == Service(
        platform="aws",
        name="demo-aws",
        labels={"project": "demo", "stack": "aws", "managed-by": "pulumi"},
        region="us-east-1",
        cloud_project="",
        cpu=None,
        timeout=29,
        concurrency=1,
        min_instances=0,
        max_instances=None,
        throttle_rate=20,
        throttle_burst=50,
        log_days=30,
        wake_up=True,
        **common,
    )
    assert service("gcp") == Service(
        platform="gcp",
        name="demo-gcp",
        labels={"project": "demo", "stack": "gcp", "managed-by": "pulumi"},
        region="us-central1",
        cloud_project="my-project",
        cpu=1.0,
        timeout=60,
        concurrency=80,
        min_instances=0,
        max_instances=4,
        throttle_rate=None,
        throttle_burst=None,
        log_days=None,
        wake_up=False,
        **common,
    )
    assert service("apprunner") == Service(
        platform="apprunner",
        name="demo-apprunner",
        labels={"project": "demo", "stack": "apprunner", "managed-by": "pulumi"},
        region="us-east-1",
        cloud_project="",
        cpu=0.25,
        timeout=None,
        concurrency=100,
        min_instances=1,
        max_instances=2,
        throttle_rate=None,
        throttle_burst=None,
        log_days=None,
        wake_up=False,
        **common,
    )
    assert service("ecs") == Service(
        platform="ecs",
        name="demo-ecs",
        labels={"project": "demo", "stack": "ecs", "managed-by": "pulumi"},
        region="us-east-1",
        cloud_project="",
        cpu=0.25,
        timeout=None,
        concurrency=None,
        min_instances=1,
        max_instances=2,
        throttle_rate=None,
        throttle_burst=None,
        log_days=30,
        wake_up=False,
        **common,
    )


def test_a_stack_of_any_name_chooses_its_platform() -> None:
    """`prod-eu` with the key `platform` is like a stack of the platform's name."""
    chosen = service("prod-eu", platform="gcp", memory=1024)

    assert (chosen.platform, chosen.name, chosen.memory) == ("gcp", "demo-prod-eu-71242428", 1024)


def test_a_stack_without_a_platform_says_how_to_choose() -> None:
    """Neither the name nor the key decides: the error names the choices and what to type."""
    assert problems("production") == [
        (
            "platform: it is not set, and the stack's name, 'production', is none of aws, gcp, apprunner, ecs; "
            "type `pulumi config set platform aws`"
        )
    ]
    assert problems("app-runner") == [
        (
            "platform: it is not set, and the stack's name, 'app-runner', is none of aws, gcp, apprunner, ecs; "
            "type `pulumi config set platform apprunner`"
        )
    ]
    assert problems("aws", platform="gpc") == [
        "platform: it is 'gpc'; allowed are aws, gcp, apprunner, ecs; did you mean gcp?"
    ]


def test_every_error_is_told_at_once() -> None:
    """One run names every key that needs a change, with its value and what is allowed."""
    found = problems(
        "aws", memroy=256, memory=64, timeout=30, tracing="yes", cpu="0.5", billing="instance", domain="a b"
    )

    assert found == [
        "memroy: there is no such key; did you mean memory?",
        "tracing: it is 'yes'; allowed is true or false",
        (
            "timeout: it is 30; an HTTP API allows 1 to 29, a function URL more: "
            "type `pulumi config set door function-url`"
        ),
        (
            "cpu: it is 0.5; AWS Lambda has no such setting: CPU comes with memory, one vCPU for 1,769 MB. "
            "Type `pulumi config rm cpu`"
        ),
        (
            "billing: it is 'instance'; AWS Lambda has no such setting: it has one way to bill, which docs/cost.md "
            "describes. Type `pulumi config rm billing`"
        ),
        "memory: it is 64; AWS Lambda allows 128 to 10240",
        "domain: it is 'a b'; allowed is one host name in lower case, such as api.example.com",
    ]


def test_a_wrong_number_hides_no_wrong_combination_of_others() -> None:
    """What does not fit together is told in the same run, and only of values that are allowed by themselves."""
    assert problems("gcp", cpu="0.5", memory=2048, concurrency=2, timeout=9999) == [
        "timeout: it is 9999; Cloud Run allows 1 to 3600",
        "memory: it is 2048; with cpu 0.5 Cloud Run allows 128 to 1024",
        "concurrency: it is 2; with cpu 0.5, less than 1, Cloud Run allows 1",
    ]
    assert problems("apprunner", cpu="1", minInstances=26, maxInstances=25) == [
        "minInstances: it is 26; App Runner allows 1 to 25",
        "memory: it is 512; with cpu 1 App Runner allows 2048 or 3072 or 4096",
    ]
    for cpu, problem in (
        ("half", "cpu: it is 'half'; allowed is a number"),
        ("3", "cpu: it is 3; Cloud Run allows 0.08 to 0.999, 1, 2, 4, 6, 8"),
    ):
        assert problems("gcp", cpu=cpu, memory=8192) == [problem]
    assert problems("gcp", cpu="0.5", concurrency=1001) == [
        "concurrency: it is 1001; Cloud Run allows 1 to 1000"
    ]


def test_the_error_is_readable_as_a_whole() -> None:
    """The message counts, says that nothing happened, and has a line a problem."""
    with pytest.raises(ConfigError) as caught:
        service("gcp", memory=64)

    assert str(caught.value) == (
        "One setting needs a change; nothing was deployed.\n  memory: it is 64; Cloud Run allows 128 to 32768"
    )


def test_less_than_one_cpu_serves_one_request_at_a_time() -> None:
    """Cloud Run demands it, so it is what the user gets without saying it."""
    assert service("gcp", cpu="0.5").concurrency == 1
    assert service("gcp", cpu="2").concurrency == 80


def test_a_region_may_come_from_the_environment_and_its_lack_is_told() -> None:
    """The providers read these variables too; without them the error says what to type."""
    from_environment = read({}, "demo", "aws", {"AWS_REGION": "eu-west-1"})
    with pytest.raises(ConfigError) as caught:
        read({}, "demo", "gcp", {})

    assert from_environment.region == "eu-west-1"
    assert caught.value.problems == (
        "gcp:region: it is not set; type `pulumi config set gcp:region us-central1`",
        "gcp:project: it is not set; type `pulumi config set gcp:project MY-PROJECT`",
    )


def test_keys_of_another_project_are_not_passed_over() -> None:
    """`pulumi new` gives a project another name, and keys under the old one would do nothing."""
    with pytest.raises(ConfigError) as caught:
        read({**PROVIDER_CONFIG, "scale-to-zero:memory": "1024", "other:colour": "red"}, "demo", "aws", {})

    assert caught.value.problems == (
        (
            "scale-to-zero:memory: it belongs to a project called scale-to-zero, and this one is called demo; "
            "type `pulumi config rm scale-to-zero:memory` and `pulumi config set memory VALUE`"
        ),
    )


@pytest.mark.parametrize(
    ("key", "again"),
    [
        ("environment", "--path environment.NAME"),
        ("secrets", "--path secrets.NAME"),
        ("secretValues", "--secret --path secretValues.NAME"),
    ],
)
def test_a_map_of_another_project_is_not_passed_over_either(key: str, again: str) -> None:
    """The app would run without its own settings; a map is set variable by variable."""
    with pytest.raises(ConfigError) as caught:
        read({**PROVIDER_CONFIG, f"scale-to-zero:{key}": '{"API_KEY": "x"}'}, "demo", "aws", {})

    assert caught.value.problems == (
        (
            f"scale-to-zero:{key}: it belongs to a project called scale-to-zero, and this one is called demo; "
            f"type `pulumi config rm scale-to-zero:{key}` and `pulumi config set {again}`"
        ),
    )


def test_a_platform_that_nobody_has_written_rules_for_has_none_of_anothers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name never means another platform; a platform that is known needs a table, and the error names its file."""
    with pytest.raises(platforms.FactError, match=r"^there is no platform 'shared'$"):
        rules.rules("shared")

    monkeypatch.setattr(platforms, "NAMES", (*platforms.NAMES, "elsewhere"))
    missing = r"^elsewhere: stacks/settings/by_platform/elsewhere\.py has to say which keys its stacks have$"
    for ask in (
        lambda: rules.rules("elsewhere"),
        lambda: image.problems("shop@sha256:1", {}, "elsewhere", ""),
        lambda: variables.read({"demo:secrets": '{"KEY": "key"}'}, "demo", "elsewhere", "", lambda *_: False),
    ):
        with pytest.raises(platforms.FactError, match=missing):
            ask()


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_every_key_has_a_rule_on_each_platform_or_a_reason_why_not(platform: str) -> None:
    """A key is never ignored: it is common, it is checked, or it is refused with a reason."""
    assert {"platform", "app", "appDir", "image", "otlpEndpoint", "alarmEmail"} == rules.COMMON
    assert list(by_platform.of(platform).keys(None)) == [key for key in KEYS if key not in rules.COMMON]
    assert all(len(reason) > 10 for reason in rules.reasons(platform).values())


@pytest.mark.parametrize("platform", ["gcp", "apprunner", "ecs"])
def test_zero_leaves_a_number_to_the_platform(platform: str) -> None:
    """As the page says; 0 is no number of vCPUs either."""
    assert service(platform, cpu="0", minInstances=0, maxInstances=0, budget=0) == service(platform)
