"""A stack whose service is another one than that of its last outputs: under another name, or made anew."""

from collections.abc import Callable

import pytest

from stacks.releases import History
from tests.stacks.cloud import Cloud
from tests.stacks.google_cloud import CLOUD_RUN, LATEST
from tests.stacks.graph import run, service
from tests.stacks.inline import InlineStack
from tests.stacks.lambda_cloud import ALIAS, FUNCTION
from tests.stacks.test_engine import configure, traffic

NewStack = Callable[[str], InlineStack]


def released_twice(stack: InlineStack) -> None:
    """The second release is promoted, and the next one is to get a share."""
    configure(stack)
    stack.up()
    stack.change_app("second")
    stack.up()
    stack.set(canaryPercent=10)


@pytest.mark.parametrize("platform", ["aws", "gcp", "apprunner", "ecs"])
def test_a_renamed_stack_is_a_new_service(platform: str, new_inline_stack: NewStack, cloud: Cloud) -> None:
    """Its resources have its name, so that all of them are made anew; the releases of the old one are none of it."""
    stack = new_inline_stack(platform)
    if platform in ("aws", "gcp"):
        released_twice(stack)
    else:
        configure(stack)
        stack.up()
    stack("stack", "rename", "shop")
    stack.set(platform=platform)

    stack.up()

    outputs = stack.outputs()
    assert len(outputs["releases"]) == 1
    assert outputs["promoted"] == outputs["releases"][0]["version"]
    assert "shop" in outputs["service"]
    if platform in ("aws", "gcp"):
        assert list(outputs["traffic"].values()) == [100]
    if platform == "gcp":
        stack.up()  # the traffic names the first revision from now on (docs/releases.md)
    stack.up("--expect-no-changes")
    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})


def test_a_stack_in_another_project_is_a_new_service(cloud: Cloud) -> None:
    """Without the engine: a revision of the old project is unknown there."""
    release = {"version": "demo-gcp-00001-abc", "digest": "sha256:1", "build": "1"}
    past = History(
        release["version"], (release,), service="projects/other/locations/us-central1/services/demo-gcp"
    )

    graph = run(service("gcp", canaryPercent=10), past=past, cloud=cloud)

    [share] = graph.one(CLOUD_RUN).inputs["traffics"]
    assert (share["type"], share["percent"]) == (LATEST, 100)
    assert len(graph.outputs["releases"]) == 1


@pytest.mark.parametrize(("platform", "types"), [("aws", [FUNCTION, ALIAS]), ("gcp", [CLOUD_RUN])])
def test_a_service_that_was_deleted_by_hand_is_made_anew(
    platform: str, types: list[str], new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """Its first release gets all the traffic, whatever share it was to get beside one that is gone."""
    stack = new_inline_stack(platform)
    released_twice(stack)
    for type_ in types:
        del cloud.resources[type_, cloud.one(type_).id]

    stack.up()

    assert traffic(cloud) == {1: 100}
    assert [of["version"] for of in stack.outputs()["releases"]] == [stack.outputs()["promoted"]]


@pytest.mark.parametrize("platform", ["aws", "gcp"])
def test_an_up_after_half_a_destroy_deploys(platform: str, new_inline_stack: NewStack, cloud: Cloud) -> None:
    """The service has gone, something else was held up, and the outputs still name the release that had the traffic."""
    stack = new_inline_stack(platform)
    released_twice(stack)
    held = "aws:iam/role:Role" if platform == "aws" else "gcp:serviceaccount/account:Account"
    cloud.refuse_next[f"delete {held}"] = "Throttling: rate exceeded"
    stack("destroy", "--yes", "--skip-preview", fails=True)
    assert cloud.of(held)

    stack.up()

    assert traffic(cloud) == {1: 100}
    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})
