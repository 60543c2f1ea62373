"""What is secret is in no plain text, no error, no state and no log."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import platforms
from stacks.settings import ConfigError, read, variables
from tests.soak import drawn
from tests.stacks.cloud import Cloud
from tests.stacks.graph import PROVIDER_CONFIG, service
from tests.stacks.inline import InlineStack


def test_a_secret_in_plain_text_is_refused() -> None:
    """Forgetting --secret leaves the value in a file that is committed, be it beside others that are encrypted."""
    config = {**PROVIDER_CONFIG, "demo:secretValues": '{"API_KEY": "canary", "OTHER": "x"}'}

    with pytest.raises(ConfigError) as caught:
        read(config, "demo", "aws", {}, lambda _, name: name == "OTHER")

    assert caught.value.problems == (
        (
            "secretValues.API_KEY: it is in the stack's file as plain text; type `pulumi config set --secret --path "
            "secretValues.API_KEY`, and treat the value as known to others"
        ),
    )


@pytest.mark.parametrize("platform", platforms.NAMES)
@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("environment", "and what is in environment is in the state as plain text"),
        ("secrets", "and secrets holds names in the platform's own store, no values"),
    ],
)
@pytest.mark.parametrize("value", ["canary", "postgres://me:canary@db/shop"])
def test_a_secret_under_another_key_is_refused_and_not_shown(
    platform: str, key: str, why: str, value: str
) -> None:
    """Whoever types --secret wants no one to see it, and only secretValues keeps that."""
    config = {**PROVIDER_CONFIG, f"demo:{key}": json.dumps({"API_KEY": value, "OTHER": "other"})}

    with pytest.raises(ConfigError) as caught:
        read(config, "demo", platform, {}, lambda _, name: name == "API_KEY")

    assert caught.value.problems == (
        (
            f"{key}.API_KEY: it was set with --secret, {why}; type `pulumi config rm --path {key}.API_KEY` and "
            "`pulumi config set --secret --path secretValues.API_KEY`"
        ),
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
)


@settings(settings.get_profile("stacks"), max_examples=drawn(60))
@given(
    st.sampled_from(platforms.NAMES),
    st.sampled_from(variables.KEYS),
    st.dictionaries(
        st.text(max_size=6) | st.sampled_from(["KEY", "PORT"]), VALUES | st.just("canary-1"), max_size=3
    )
    | VALUES,
)
def test_no_map_gives_a_trace_and_no_error_shows_a_secret(platform: str, key: str, held: Any) -> None:
    """Whatever is in the three maps, the answer is a Service or a ConfigError, and neither prints a value."""
    try:
        shown = repr(service(platform, **{key: held if isinstance(held, dict) else json.dumps(held)}))
    except ConfigError as error:
        shown = str(error)

    assert key != "secretValues" or "canary-1" not in shown


CANARY = "canary-7f3a91"


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_a_secret_is_in_no_state_log_output_or_export(
    platform: str, new_inline_stack: Callable[[str], InlineStack], cloud: Cloud
) -> None:
    """The steps of docs/secrets.md on the engine, with a value that is looked for in all that they leave behind."""
    stack = new_inline_stack(platform)
    if platform == "gcp":
        stack.set(gcp__project="my-project")
    stack("config", "set", "--path", "environment.LOG_LEVEL", "debug")
    stack("config", "set", "--secret", "--path", "secretValues.API_KEY", CANARY)

    printed = stack.run("preview", "--diff") + stack.up("--diff") + stack.up("--expect-no-changes")
    stack("config", "set", "--secret", "--path", "secretValues.API_KEY", f"{CANARY}-2")
    before = json.dumps(stack.outputs())
    printed += stack.up("--diff")

    held = [made for made in cloud.resources.values() if CANARY in json.dumps(made.inputs)]
    assert {made.type.rpartition(":")[2] for made in held} <= {"Parameter", "SecretVersion"}
    assert f"{CANARY}-2" in json.dumps([made.inputs for made in held])
    assert platform in {"apprunner", "ecs"} or json.loads(before)["promoted"] != stack.outputs()["promoted"]
    left = printed + before + json.dumps(stack.outputs()) + stack("stack", "export") + stack("stack")
    files = [Path(folder, name) for folder, _, names in os.walk(stack.home) for name in names]
    files.append(stack.folder / f"Pulumi.{platform}.yaml")
    assert CANARY not in left
    assert [file for file in files if CANARY.encode() in file.read_bytes()] == []

    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})


@pytest.mark.parametrize("key", ["environment", "secrets", "secretValues"])
def test_one_value_that_is_not_as_secret_as_it_should_be_stops_everything(
    key: str, new_inline_stack: Callable[[str], InlineStack], cloud: Cloud
) -> None:
    """The engine tells only of a whole map whether something in it is secret, so the stack's own file is looked at."""
    stack = new_inline_stack("aws")
    stack("config", "set", "--secret", "--path", "secretValues.API_KEY", "x")
    how = "--plaintext" if key == "secretValues" else "--secret"
    stack("config", "set", how, "--path", f"{key}.TOKEN", CANARY)
    stack("config", "set", "--path", "environment.LOG_LEVEL", "debug")

    printed = stack.up(fails=True)

    assert "One setting needs a change; nothing was deployed." in printed
    assert f"{key}.TOKEN: it " in printed
    assert CANARY not in printed + stack("stack", "export")
    assert cloud.resources == {}
