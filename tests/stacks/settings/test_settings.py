"""A stack's configuration becomes a Service, or every error at once."""

import contextlib
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import platforms
from appfolder.settings import read as read_app
from stacks.settings import ConfigError, Service, by_platform, image, read, rules, variables
from stacks.settings.declared import KEYS, declared
from stacks.settings.variables import KEYS as MAPS
from stacks.settings.variables import Variables
from tests.soak import drawn
from tests.stacks.graph import PROVIDER_CONFIG, service

ROOT = Path(__file__).parents[3]
COUNTLESS = settings(settings.get_profile("stacks"), max_examples=drawn(100))


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


@pytest.mark.parametrize(
    ("stack", "config", "problem"),
    [
        ("aws", {"Memory": 512}, "Memory: there is no such key; did you mean memory?"),
        ("aws", {"flavour": "red"}, f"flavour: there is no such key; there are {', '.join([*KEYS, *MAPS])}"),
        ("aws", {"memory": "lots"}, "memory: it is 'lots'; allowed is a whole number"),
        ("aws", {"architecture": "x86_64"}, "architecture: it is 'x86_64'; AWS Lambda allows amd64, arm64"),
        ("gcp", {"architecture": "arm64"}, "architecture: it is 'arm64'; Cloud Run allows amd64"),
        ("gcp", {"cpu": "3"}, "cpu: it is 3; Cloud Run allows 0.08 to 0.999, 1, 2, 4, 6, 8"),
        ("gcp", {"cpu": "half"}, "cpu: it is 'half'; allowed is a number"),
        (
            "gcp",
            {"cpu": "0.4", "memory": 1024},
            "memory: it is 1024; with cpu 0.4 Cloud Run allows 128 to 512",
        ),
        ("gcp", {"cpu": "4"}, "memory: it is 512; with cpu 4 Cloud Run allows 2048 to 16384"),
        ("gcp", {"memory": 8192}, "memory: it is 8192; with cpu 1 Cloud Run allows 128 to 4096"),
        (
            "gcp",
            {"cpu": "0.5", "concurrency": 2},
            "concurrency: it is 2; with cpu 0.5, less than 1, Cloud Run allows 1",
        ),
        (
            "gcp",
            {"minInstances": 5},
            "minInstances: it is 5; at most maxInstances is allowed, which is 4",
        ),
        ("apprunner", {"cpu": "1"}, "memory: it is 512; with cpu 1 App Runner allows 2048 or 3072 or 4096"),
        (
            "apprunner",
            {"canaryPercent": 10},
            (
                "canaryPercent: it is 10; App Runner has no such setting: it moves all traffic to the new release at "
                "once. Type `pulumi config rm canaryPercent`"
            ),
        ),
        (
            "apprunner",
            {"pin": "1"},
            (
                "pin: it is '1'; App Runner has no such setting: it keeps no earlier release; deploy the earlier "
                "commit instead. Type `pulumi config rm pin`"
            ),
        ),
        ("aws", {"canaryPercent": 101}, "canaryPercent: it is 101; AWS Lambda allows 0 to 100"),
        (
            "aws",
            {"app": "app"},
            (
                "app: APP is 'app'; it is package.module:callable, for example app:app or app:create_app(); "
                "you may mean APP=app:application"
            ),
        ),
        (
            "aws",
            {"dnsZone": "a.org"},
            "dnsZone: it is 'a.org', but there is no domain; type `pulumi config set domain api.a.org`",
        ),
        (
            "aws",
            {"domain": "api.a.org", "dnsZone": "b.org"},
            "dnsZone: it is 'b.org', which does not hold the domain 'api.a.org'",
        ),
        (
            "aws",
            {"domain": "*.a.org"},
            "domain: it is '*.a.org'; allowed is one host name in lower case, such as api.example.com",
        ),
        ("aws", {"domainReady": True}, "domainReady: it is true; it is only for a domain without a dnsZone"),
    ],
)
def test_a_problem_names_the_key_the_value_and_what_is_allowed(
    stack: str, config: dict[str, object], problem: str
) -> None:
    """Each kind of mistake has its own sentence."""
    assert problems(stack, **config) == [problem]


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


def test_pulumi_yaml_declares_every_key_with_its_type_its_default_and_what_it_is_for() -> None:
    """A default has the type that the engine checks; maps are those that the program reads as such."""
    config = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]

    names = {"int": "integer", "bool": "boolean", "str": "string"}
    assert list(config) == [*KEYS, *MAPS]
    assert {key: (entry["type"], entry["default"]) for key, entry in config.items()} == {
        key: (names[type(neutral).__name__], neutral) for key, neutral in KEYS.items()
    } | {key: ("object", {}) for key in MAPS}
    assert all(len(entry["description"]) > 10 for entry in config.values())


def test_the_stacks_own_files_hold_provider_keys_only() -> None:
    """`pulumi new` copies them as they are, so nothing in them may depend on the project's name or its secrets."""
    for name in platforms.NAMES:
        held = yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8"))

        assert list(held) == ["config"]
        assert all(re.match(r"(aws|gcp):", key) for key in held["config"])


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


def test_what_a_user_chose_for_any_key_reaches_the_resources() -> None:
    """Service has a field for each key; app and appDir are one."""
    named = {re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", key) for key in KEYS}

    assert named - {"app_dir"} <= {field.name for field in fields(Service)}


def test_pulumi_yaml_may_hold_what_the_engine_allows_besides() -> None:
    """A value alone is a default; a key may have none; a provider's key, a map and a list are no keys of one value."""
    config = """
      size: 5
      name: {type: string}
      many: {type: integer, description: How many}
      aws:region: us-east-1
      gcp:project: {value: shop}
      map: {type: object}
      hosts: {type: array, items: {type: string}, default: [a]}
    """
    assert declared({"name": "shop", "config": yaml.safe_load(config)}) == {"size": 5, "name": "", "many": 0}
    assert declared({"name": "shop", "runtime": "python"}) == {}


@pytest.mark.parametrize("platform", ["gcp", "apprunner", "ecs"])
def test_zero_leaves_a_number_to_the_platform(platform: str) -> None:
    """As the page says; 0 is no number of vCPUs either."""
    assert service(platform, cpu="0", minInstances=0, maxInstances=0, budget=0) == service(platform)


@pytest.mark.parametrize("platform", ["gcp", "apprunner", "ecs"])
@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity"])
def test_what_python_reads_as_a_float_without_an_amount_is_no_cpu(platform: str, text: str) -> None:
    """No comparison holds of it, and some raise."""
    assert problems(platform, cpu=text) == [f"cpu: it is {text!r}; allowed is a number"]


def test_a_default_that_a_user_writes_into_pulumi_yaml_counts_and_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine copies it into each stack, in which it is no choice of that stack: other platforms pass it over."""
    monkeypatch.setitem(KEYS, "timeout", 45)
    assert service("gcp").timeout == 45
    assert service("ecs").timeout is None
    assert service("gcp", timeout=10).timeout == 10

    monkeypatch.setitem(KEYS, "memory", 2048)
    assert (service("ecs").memory, service("ecs").cpu) == (2048, 0.25)
    assert (service("apprunner").memory, service("apprunner").cpu) == (2048, 1.0)

    monkeypatch.setitem(KEYS, "memory", 600)
    assert [problem.partition(";")[0] for problem in problems("ecs")][:1] == ["memory: it is 600"]


@st.composite
def mistakes(draw: st.DrawFn) -> tuple[str, str, str]:
    """A platform, a key and a text that this platform cannot take for it, whatever the other keys are."""
    platform = draw(st.sampled_from(platforms.NAMES))
    key = draw(st.sampled_from(sorted(KEYS.keys() - {"platform", "pin"})))
    table = rules.rules(platform)
    if key not in table and key not in rules.COMMON:
        # Refused: anything but its neutral value.
        wrong = {"int": "7", "str": "0.5", "bool": str(not KEYS[key]).lower()}[type(KEYS[key]).__name__]
    elif isinstance(KEYS[key], bool):
        wrong = draw(st.sampled_from(["yes", "1", "True", ""]))
    elif isinstance(KEYS[key], int):
        allowed = table[key].allowed
        number = st.integers().filter(lambda value: value != 0 and value not in allowed)
        wrong = draw(number.map(str) | st.sampled_from(["", "1.5", "many", "0x10"]))
    elif key == "cpu":
        wrong = draw(st.sampled_from(["0.07", "-1", "9", "1.5", "nan", "one", "1e9", "inf"]))
    elif key == "architecture":
        wrong = draw(st.text(max_size=8).filter(lambda text: text not in {"amd64", "arm64"}))
    else:
        wrong = draw(
            st.sampled_from([" ", "a b", "-", ":", "..", "ü.example", "x" * 300, "*.example.com", "1"])
        )
    return platform, key, wrong


@COUNTLESS
@given(mistakes(), st.dictionaries(st.text(max_size=10), st.text(max_size=5), max_size=3))
def test_any_mistake_is_a_config_error_that_names_its_key(
    mistake: tuple[str, str, str], noise: dict[str, str]
) -> None:
    """Whatever a configuration holds, the answer is a ConfigError with the key, never another exception."""
    platform, key, wrong = mistake
    config = {
        **PROVIDER_CONFIG,
        **{f"demo:{name}": value for name, value in noise.items()},
        f"demo:{key}": wrong,
    }
    config["demo:platform"] = ""

    with pytest.raises(ConfigError) as caught:
        read(config, "demo", platform, {})

    named = {problem.partition(":")[0] for problem in caught.value.problems}
    # A zone is also wrong by having no domain.
    assert key in named or (key == "dnsZone" and "domain" in named)


@COUNTLESS
@given(
    st.dictionaries(st.text(max_size=30), st.text(max_size=10), max_size=5), st.text(min_size=1, max_size=12)
)
def test_no_configuration_gives_a_trace(config: dict[str, str], stack: str) -> None:
    """Arbitrary keys and values end in a Service or in a ConfigError."""
    with contextlib.suppress(ConfigError):
        assert read(config, "demo", stack, {}).platform in platforms.NAMES
