"""An `up` that a cloud, the configuration or a missing zone stops, on the real engine; the next one recovers."""

import pytest

from tests.stacks.cloud import Cloud
from tests.stacks.ecs_cloud import EXPRESS
from tests.stacks.google_cloud import CLOUD_RUN
from tests.stacks.lambda_cloud import ALIAS, FUNCTION
from tests.stacks.test_engine import APP_RUNNER, NewStack, configure, done, traffic


@pytest.mark.parametrize(("platform", "type_"), [("aws", ALIAS), ("gcp", CLOUD_RUN)])
def test_a_canary_that_fails_leaves_the_promoted_release_in_place(
    platform: str, type_: str, new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """The last outputs survive a failed `up`, so the next one goes on from what was promoted."""
    stack = new_inline_stack(platform)
    configure(stack, canaryPercent=10)
    stack.up()
    promoted = stack.outputs()["promoted"]

    stack.change_app("second")
    cloud.refuse_next[type_] = "the cloud is tired"
    printed = stack.up(fails=True)
    assert "the cloud is tired" in printed
    assert stack.outputs()["promoted"] == promoted
    assert traffic(cloud) == {1: 100}

    stack.up()
    assert stack.outputs()["promoted"] == promoted
    assert traffic(cloud) == {1: 90, 2: 10}


@pytest.mark.parametrize(
    ("platform", "type_", "reason"),
    [
        ("aws", FUNCTION, "TooManyRequestsException: rate exceeded"),
        ("gcp", CLOUD_RUN, "Revision is not ready and cannot serve traffic"),
        ("apprunner", APP_RUNNER, "AWS App Runner is no longer available to new customers"),
        ("ecs", EXPRESS, "the deployment failed: the ECS deployment circuit breaker was triggered"),
    ],
)
def test_a_failed_creation_is_told_and_the_next_up_recovers(
    platform: str, type_: str, reason: str, new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """What was made before the failure stays known, so that `up` goes on and `destroy` takes it all away."""
    stack = new_inline_stack(platform)
    configure(stack)
    cloud.refuse_next[type_] = reason

    assert reason in stack.up(fails=True)
    made = len(cloud.resources)
    assert made > 0

    done(cloud)
    stack.up()
    assert ("create", type_) in done(cloud)
    assert len(cloud.resources) > made

    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})


def test_a_refused_app_runner_leaves_nothing_after_a_destroy(
    new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """An account without App Runner is refused late; the roles and the registry go by `pulumi destroy`."""
    stack = new_inline_stack("apprunner")
    cloud.refuse_next[APP_RUNNER] = "not available to new customers"
    assert "AWS closed App Runner to new customers on 30 April 2026" in stack.up(fails=True)

    stack("destroy", "--yes", "--skip-preview")

    assert (cloud.resources, cloud.images) == ({}, {})


def test_an_ecs_service_can_be_made_again_after_a_destroy(new_inline_stack: NewStack, cloud: Cloud) -> None:
    """ECS remembers it for a while under its name; a first `up` says what it costs, a second one does not."""
    stack = new_inline_stack("ecs")
    assert "ECS Express Mode does not scale to zero" in stack.up()
    assert "ECS Express Mode does not scale to zero" not in stack.up()
    stack("destroy", "--yes", "--skip-preview")
    assert len(cloud.inactive) == 1

    stack.up()
    stack("destroy", "--yes", "--skip-preview")

    assert len(cloud.inactive) == 2
    assert (cloud.resources, cloud.images) == ({}, {})


def test_mistakes_in_the_configuration_stop_before_anything_is_made(
    new_stack: NewStack, cloud: Cloud
) -> None:
    """All at once, without a trace of the program's own; a wrong type already by the engine."""
    stack = new_stack("aws")
    stack.set(memroy=1024, timeout=60, domain="nowhere")
    printed = stack.up(fails=True)

    assert "3 settings need a change; nothing was deployed." in printed
    assert "memroy: there is no such key; did you mean memory?" in printed
    assert "timeout: it is 60; an HTTP API allows 1 to 29, a function URL more" in printed
    assert "Traceback" not in printed

    stack.set(memory="plenty")
    assert "'memory' must be of type 'integer'" in stack.up(fails=True)
    assert cloud.resources == {}


def test_an_unknown_pin_stops_before_anything_is_changed(new_inline_stack: NewStack, cloud: Cloud) -> None:
    """The error lists the releases that there are."""
    stack = new_inline_stack("aws")
    stack.up()
    done(cloud)
    stack.set(pin=7, memory=1024)

    printed = stack.up(fails=True)

    assert (
        "pin: it is '7', which is no release of this stack (1); type `pulumi stack output releases`"
        in printed
    )
    assert "Traceback" not in printed
    assert done(cloud) == []


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("aws", "and Route 53 gives no public zone for it ("),
        ("apprunner", "and Route 53 gives no public zone for it ("),
        ("gcp", "which is no public zone of this project in Cloud DNS (example.com)"),
    ],
)
def test_a_zone_that_is_not_there_is_told_without_a_trace(
    platform: str, words: str, new_stack: NewStack
) -> None:
    """The lookup answers while resources are made, and the message still is one sentence."""
    stack = new_stack(platform)
    configure(stack, domain="api.b.org", dnsZone="b.org")

    printed = stack.up(fails=True)

    assert f"dnsZone: it is 'b.org', {words}" in printed
    assert "Traceback" not in printed
