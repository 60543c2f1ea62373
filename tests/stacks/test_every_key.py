"""Every key, alone and in pairs: the first `up` deploys it, and the next two have nothing to do."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

import platforms
from tests.stacks.cloud import Cloud
from tests.stacks.features import as_text, features, is_allowed, keys, pairs, pairwise
from tests.stacks.graph import run, service
from tests.stacks.inline import InlineStack
from tests.stacks.test_unchanged import registered

NewStack = Callable[[str], InlineStack]
OF_GCP = {"gcp:project": "my-project", "gcp:billingProject": "my-project", "gcp:userProjectOverride": "true"}


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_every_key_has_its_settings(platform: str) -> None:
    """A key that is added to a platform's table is added here too."""
    named = features(platform)

    assert set(named) == keys(platform)
    assert [name for name, of in named.items() if name not in of or not is_allowed(platform, of)] == []


@pytest.mark.soak
@pytest.mark.parametrize("platform", platforms.NAMES)
def test_an_unchanged_graph_is_equal_for_each_key_and_each_pair(platform: str) -> None:
    """Without the engine: what is registered twice is the same, and what is set shows somewhere."""

    def once(**chosen: Any) -> dict[tuple[str, str], str]:
        cloud = Cloud()
        cloud.records_by_hand.add("_proof.api.example.com.")
        return registered(run(service(platform, **as_text(chosen)), cloud=cloud))

    plain = once()
    for chosen in [*features(platform).values(), *pairwise(platform)]:
        first, second = once(**chosen), once(**chosen)

        assert first == second, chosen
        assert first != plain or "canaryPercent" in chosen, chosen


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_the_set_has_every_pair(platform: str) -> None:
    """Each two keys that may be set together are in one of its rows."""
    named, rows = features(platform), pairwise(platform)

    for one, other, both in pairs(platform):
        if both:
            wanted = {**named[one], **named[other]}
            assert [row for row in rows if row.items() >= wanted.items()], (one, other)
    assert len(rows) < 30


def deployed_thrice(stack: InlineStack, settings: Mapping[str, Any]) -> None:
    """Give the stack these settings and no others, and deploy it three times."""
    file = stack.folder / f"Pulumi.{stack.name}.yaml"
    plain = {key: value for key, value in settings.items() if key != "secretValues"}
    region = OF_GCP | {"gcp:region": "us-central1"} if stack.name == "gcp" else {"aws:region": "us-east-1"}
    config = {**region, **{f"scale-to-zero:{key}": value for key, value in plain.items()}}
    salt = [line for line in file.read_text("utf-8").splitlines() if line.startswith("encryptionsalt:")]
    # JSON is YAML.
    file.write_text("\n".join([*salt, f"config: {json.dumps(config)}", ""]), encoding="utf-8")
    for name, value in settings.get("secretValues", {}).items():
        stack("config", "set", "--secret", "--path", f"secretValues.{name}", value)

    stack.up()
    if (stack.name, settings.get("canaryPercent")) == ("gcp", 10) and len(stack.outputs()["releases"]) == 1:
        stack.up()  # the traffic names the first revision from now on (docs/releases.md)
    outputs = stack.outputs()
    stack.up("--expect-no-changes")
    stack.up("--expect-no-changes")
    assert stack.outputs() == outputs
    assert outputs["releases"]


@pytest.mark.soak
@pytest.mark.parametrize(
    ("platform", "key"), [(platform, key) for platform in platforms.NAMES for key in features(platform)]
)
def test_three_ups_of_each_key_alone(
    platform: str, key: str, new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """On the real engine, from nothing."""
    cloud.records_by_hand.add("_proof.api.example.com.")
    deployed_thrice(new_inline_stack(platform), features(platform)[key])


@pytest.mark.soak
@pytest.mark.parametrize("platform", platforms.NAMES)
def test_three_ups_of_each_pair(platform: str, new_inline_stack: NewStack, cloud: Cloud) -> None:
    """On the real engine, one row of the pairwise set after the other on one stack: each is a change of the last."""
    cloud.records_by_hand.add("_proof.api.example.com.")
    stack = new_inline_stack(platform)
    for row in pairwise(platform):
        deployed_thrice(stack, row)
