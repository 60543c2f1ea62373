"""The engine killed in the middle of an `up`, for real: the next bare `up` deploys, or says what is wrong."""

import os
import signal
from collections.abc import Callable

import pytest

from tests.stacks.cloud import Cloud, Hold
from tests.stacks.engine import Stack
from tests.stacks.google_cloud import CLOUD_RUN
from tests.stacks.lambda_cloud import ALIAS, FUNCTION
from tests.stacks.test_engine import configure, traffic
from tests.stacks.test_refused import SERVICES, running_image

NewStack = Callable[[str], Stack]


def kill_at(stack: Stack, cloud: Cloud, type_: str, *, after: bool) -> None:
    """Start an `up`, and kill the engine with all that it started while the cloud is at a resource of `type_`."""
    hold = cloud.held[type_] = Hold(after=after)
    process = stack.started("up", "--yes", "--skip-preview")
    try:
        assert hold.reached.wait(120), "the `up` never came to it"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        hold.go.set()
    stack("cancel", "--yes")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("platform", SERVICES)
def test_a_killed_update_is_deployed_by_the_next_up(
    platform: str, after: bool, new_stack: NewStack, cloud: Cloud
) -> None:
    """Whether the cloud had made the change or had not: the new image runs, and the outputs name it."""
    stack = new_stack(platform)
    configure(stack)
    stack.up()
    old = stack.outputs()

    stack.change_app("second")
    kill_at(stack, cloud, SERVICES[platform], after=after)
    assert stack.outputs() == old

    printed = stack.up()
    assert stack.outputs()["image"] == running_image(cloud, platform) != old["image"], printed
    assert stack.outputs()["promoted"] != old["promoted"]
    stack.up("--expect-no-changes")
    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})


def test_a_killed_creation_is_made_anew_and_named_until_it_is_cleared(
    new_stack: NewStack, cloud: Cloud
) -> None:
    """The engine knows no id of what it was making. It names that only if it does not read the state first."""
    stack = new_stack("aws")
    kill_at(stack, cloud, FUNCTION, after=True)

    stack.up()
    assert traffic(cloud) == {1: 100}
    assert len(cloud.of(FUNCTION)) == 2

    printed = stack.up("--refresh=false")
    assert "interrupted while creating" in printed
    assert FUNCTION in printed

    stack("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    assert "interrupted" not in stack.up("--refresh=false")


@pytest.mark.parametrize(("platform", "type_"), [("gcp", CLOUD_RUN), ("aws", ALIAS)])
def test_a_killed_creation_under_a_name_of_its_own_is_told(
    platform: str, type_: str, new_stack: NewStack, cloud: Cloud
) -> None:
    """The cloud has one of that name, of which the state knows nothing; once it is deleted, `up` makes it."""
    stack = new_stack(platform)
    configure(stack)
    kill_at(stack, cloud, type_, after=True)

    assert "already exists" in stack.up(fails=True)

    del cloud.resources[type_, cloud.one(type_).id]
    stack.up()
    assert stack.outputs()["image"] == running_image(cloud, platform)
