"""A part of a stack alone, by `--target`: what it leaves out is deployed by the next `up`."""

from collections.abc import Callable

import pytest

from tests.stacks.cloud import Cloud
from tests.stacks.inline import InlineStack
from tests.stacks.test_engine import configure
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

    stack.up()
    assert stack.outputs()["image"] == running_image(cloud, platform)
    stack.up("--expect-no-changes")
    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})
