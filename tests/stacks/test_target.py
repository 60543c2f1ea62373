"""A part of a stack alone, by `--target`: what it leaves out is deployed by the next `up`."""

from collections.abc import Callable

import pytest

from tests.stacks.cloud import Cloud
from tests.stacks.inline import InlineStack
from tests.stacks.test_engine import configure, traffic
from tests.stacks.test_refused import SERVICES, running_image

NewStack = Callable[[str], InlineStack]


@pytest.mark.parametrize(
    ("platform", "part", "settings"),
    [
        ("aws", "**Repository**", {}),
        ("aws", "**Repository**", {"minInstances": 1}),
        ("gcp", "**projects/service:Service**", {}),
        ("apprunner", "**Repository**", {}),
        ("ecs", "**Repository**", {}),
    ],
)
def test_a_first_up_of_a_part_is_completed_by_the_next(
    platform: str, part: str, settings: dict[str, int], new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """Nothing is read of what is not there, and the state stays whole."""
    stack = new_inline_stack(platform)
    configure(stack, **settings)

    stack.up("--target", part)
    assert cloud.of(SERVICES[platform]) == []

    stack.run("up", "--yes")  # with a preview, which shows the outputs that are still unknown
    assert stack.outputs()["image"] == running_image(cloud, platform)
    stack.up("--expect-no-changes")
    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})


@pytest.mark.parametrize(
    ("platform", "change"),
    [("aws", {"minInstances": 2}), ("aws", {"secretValues": "x"}), ("apprunner", {"secretValues": "x"})],
)
def test_an_up_that_leaves_out_what_was_never_made_forgets_no_release(
    platform: str, change: dict[str, object], new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """Neither do the next ones: what was promoted keeps its share."""
    stack = new_inline_stack(platform)
    stack.up()
    stack.change_app("second")
    stack.up()
    before = stack.outputs()
    if "secretValues" in change:
        stack("config", "set", "--secret", "--path", "secretValues.TOKEN", "x")
    else:
        stack.set(**change)
    if platform == "aws":
        stack.set(canaryPercent=10)
    stack.change_app("third")

    for _ in range(2):
        stack.up("--target", "**Repository**")
        assert stack.outputs() == before

    stack.run("up", "--yes")
    releases = stack.outputs()["releases"]
    assert releases[: len(before["releases"])] == before["releases"]
    if platform == "aws":
        assert traffic(cloud) == {2: 90, 3: 10}
