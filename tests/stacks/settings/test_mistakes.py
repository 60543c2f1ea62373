"""Any mistake in a stack's configuration is an error that names its key and what is allowed, never a trace."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import platforms
from stacks.settings import ConfigError, read, rules
from stacks.settings.declared import KEYS
from stacks.settings.variables import KEYS as MAPS
from tests.soak import drawn
from tests.stacks.graph import PROVIDER_CONFIG
from tests.stacks.settings.test_settings import problems

COUNTLESS = settings(settings.get_profile("stacks"), max_examples=drawn(100))


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


@pytest.mark.parametrize("platform", ["gcp", "apprunner", "ecs"])
@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity"])
def test_what_python_reads_as_a_float_without_an_amount_is_no_cpu(platform: str, text: str) -> None:
    """No comparison holds of it, and some raise."""
    assert problems(platform, cpu=text) == [f"cpu: it is {text!r}; allowed is a number"]


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
