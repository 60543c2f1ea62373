"""Updates that a cloud refuses, on the real engine with a provider that fails as the real ones do."""

from collections.abc import Callable
from types import ModuleType

import pytest

from tests.stacks import google_cloud, lambda_cloud
from tests.stacks.cloud import Cloud, RefusedError
from tests.stacks.ecs_cloud import EXPRESS
from tests.stacks.google_cloud import CLOUD_RUN
from tests.stacks.inline import InlineStack
from tests.stacks.lambda_cloud import ALIAS, FUNCTION, publish
from tests.stacks.test_engine import APP_RUNNER, configure, traffic

NewStack = Callable[[str], InlineStack]
SERVICES = {"aws": FUNCTION, "gcp": CLOUD_RUN, "apprunner": APP_RUNNER, "ecs": EXPRESS}


def running_image(cloud: Cloud, platform: str) -> str:
    """The image that a platform runs, looked at from outside."""
    if platform == "aws":
        alias = cloud.one(ALIAS).inputs
        return cloud.published[alias["functionName"], alias["functionVersion"]]["imageUri"]
    inputs = cloud.one(SERVICES[platform]).inputs
    if platform == "gcp":
        return inputs["template"]["containers"][0]["image"]
    if platform == "apprunner":
        return inputs["sourceConfiguration"]["imageRepository"]["imageIdentifier"]
    return inputs["primaryContainer"]["image"]


@pytest.mark.parametrize("platform", SERVICES)
def test_a_refused_update_is_deployed_by_the_next_up(
    platform: str, new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """Whatever the state says after the refusal; without reading the state anew, the `up` says what is wrong."""
    stack = new_inline_stack(platform)
    configure(stack)
    stack.up()
    old = stack.outputs()

    stack.change_app("second")
    cloud.refuse_next[SERVICES[platform]] = "TooManyRequestsException: rate exceeded"
    assert "rate exceeded" in stack.up(fails=True)
    assert stack.outputs() == old
    assert running_image(cloud, platform) == old["image"]

    printed = stack.up("--refresh=false", fails=True)
    assert "runs something else than this stack says" in printed
    assert f"and {old['image']} runs" in printed
    assert "Type `pulumi up --refresh`" in printed
    assert "Traceback" not in printed
    assert stack.outputs() == old

    stack.up()
    assert stack.outputs()["image"] == running_image(cloud, platform) != old["image"]
    assert stack.outputs()["promoted"] != old["promoted"]
    stack.up("--expect-no-changes")
    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})


@pytest.mark.parametrize("platform", ["aws", "gcp"])
def test_a_refused_canary_is_never_promoted_unseen(
    platform: str, new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """Refused, again, shown, promoted, taken back: each share goes to an image that really runs."""
    stack = new_inline_stack(platform)
    configure(stack, canaryPercent=10)
    stack.up()
    first = stack.outputs()["promoted"]

    stack.change_app("second")
    cloud.refuse_next[SERVICES[platform]] = "rate exceeded"
    stack.up(fails=True)
    assert traffic(cloud) == {1: 100}

    stack.up()
    assert traffic(cloud) == {1: 90, 2: 10}
    assert stack.outputs()["promoted"] == first

    refused = ALIAS if platform == "aws" else CLOUD_RUN
    stack.set(canaryPercent=100)
    cloud.refuse_next[refused] = "rate exceeded"
    stack.up(fails=True)
    printed = stack.up("--refresh=false", fails=True)
    assert "traffic: 100% to " in printed
    assert (stack.outputs()["promoted"], traffic(cloud)) == (first, {1: 90, 2: 10})

    stack.up()
    assert traffic(cloud) == {2: 100}
    stack.set(pin=first)
    stack.up()
    assert traffic(cloud) == {1: 100}


def test_a_change_that_was_not_published_is_told_until_it_is(
    new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """The provider ended between the two: a refresh finds the function as it was asked for, and no version of it."""
    stack = new_inline_stack("aws")
    stack.up()
    old = stack.outputs()

    stack.set(memory=1024)
    cloud.break_next.add(FUNCTION)
    stack.up(fails=True)

    printed = stack.up(fails=True)
    assert "memory: 1024 was asked for, and it is 512" in printed
    assert "aws lambda publish-version --function-name" in printed
    assert (stack.outputs(), traffic(cloud)) == (old, {1: 100})

    publish(cloud, cloud.one(FUNCTION).outputs["name"], cloud.one(FUNCTION).inputs)
    stack.up()
    assert (stack.outputs()["promoted"], traffic(cloud)) == ("2", {2: 100})


def test_a_revision_that_never_became_ready_is_never_promoted(
    new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """A failed `up`, the same again, a canary of it, a repaired one by a bare `up` with its preview."""
    stack = new_inline_stack("gcp")
    configure(stack)
    stack.up()
    first = stack.outputs()

    stack.change_app("broken")
    cloud.break_next.add(CLOUD_RUN)
    stack.up(fails=True)
    for share in (100, 10):
        stack.set(canaryPercent=share)
        printed = stack.up(fails=True)
        assert "scale-to-zero-gcp-00002-abc, the newest release on Cloud Run, never became ready" in printed
        assert "scale-to-zero-gcp-00001-abc is the last one that did" in printed
        assert stack.outputs()["promoted"] == first["promoted"]
        assert stack.outputs()["releases"] == first["releases"]

    stack.set(canaryPercent=0)
    stack.up()
    assert stack.outputs()["image"] == first["image"]

    stack.change_app("repaired")
    stack.set(canaryPercent=10)
    stack.run("up", "--yes")
    assert traffic(cloud) == {1: 90, 3: 10}
    assert [of["version"][-9:] for of in stack.outputs()["releases"]] == ["00001-abc", "00003-abc"]


@pytest.mark.parametrize("platform", SERVICES)
def test_outputs_name_what_runs_behind_an_unchanged_state(
    platform: str, new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """Someone changed the real thing by hand, and the state is not read anew."""
    stack = new_inline_stack(platform)
    configure(stack)
    stack.up()
    old = stack.outputs()
    stack.change_app("second")
    stack.up()
    by_hand(cloud, platform, old)

    printed = stack.up("--refresh=false", fails=True)

    assert "runs something else than this stack says" in printed
    assert stack.outputs()["promoted"] == old["promoted"]
    if platform != "aws":
        assert stack.outputs()["image"] == old["image"]
    assert running_image(cloud, platform) == old["image"]


@pytest.mark.parametrize(
    ("platform", "module", "query"),
    [
        ("aws", lambda_cloud, "aws:lambda/getFunction:getFunction"),
        ("gcp", google_cloud, "gcp:cloudrunv2/getService:getService"),
    ],
)
def test_a_platform_that_does_not_say_what_it_runs_ends_an_up_with_one_sentence(
    platform: str,
    module: ModuleType,
    query: str,
    new_inline_stack: NewStack,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The outputs stay, and the next `up` goes on."""
    stack = new_inline_stack(platform)
    configure(stack)
    stack.up()
    old = stack.outputs()

    def refuse(*_: object) -> dict[str, object]:
        raise RefusedError("AccessDeniedException: not authorized to read it")

    with monkeypatch.context() as patch:
        patch.setitem(module.INVOKES, query, refuse)
        stack.change_app("second")
        printed = stack.up(fails=True)
    assert "does not say what it runs (" in printed
    assert "AccessDeniedException: not authorized to read it" in printed
    assert "Traceback" not in printed
    assert stack.outputs() == old

    stack.up()
    assert stack.outputs()["image"] == running_image(cloud, platform) != old["image"]


def by_hand(cloud: Cloud, platform: str, old: dict[str, str]) -> None:
    """Go back to the first release in the platform's console."""
    if platform == "aws":
        cloud.one(ALIAS).outputs["functionVersion"] = cloud.one(ALIAS).inputs["functionVersion"] = "1"
        return
    service = cloud.one(SERVICES[platform])
    if platform == "gcp":
        path = service.outputs["latestCreatedRevision"].rpartition("/")[0]
        for values in (service.inputs, service.outputs):
            values["template"]["containers"][0]["image"] = old["image"]
        for key in ("latestCreatedRevision", "latestReadyRevision"):
            service.outputs[key] = f"{path}/{old['promoted']}"
    for values in (service.inputs, service.outputs):
        if platform == "apprunner":
            values["sourceConfiguration"]["imageRepository"]["imageIdentifier"] = old["image"]
        if platform == "ecs":
            values["primaryContainer"]["image"] = old["image"]
