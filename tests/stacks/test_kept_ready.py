"""Instances that the aws stack keeps ready: of which version, in which order, and what goes wrong."""

import tomllib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pulumi
import pytest

from platforms.prices import FILE as PRICES
from stacks.releases import History, Release
from tests.stacks.cloud import Cloud
from tests.stacks.graph import Graph, run, service
from tests.stacks.inline import InlineStack
from tests.stacks.lambda_cloud import ALIAS, FUNCTION, KEPT, kept_of
from tests.stacks.settings.test_settings import problems
from tests.stacks.test_docs import page
from tests.stacks.test_engine import traffic
from tests.stacks.test_models import said

NewStack = Callable[[str], InlineStack]


def released(*versions: str, **marks: str) -> tuple[Release, ...]:
    """Releases; `marks` are further keys of all."""
    return tuple({"version": version, "digest": f"sha256:{version}", **marks} for version in versions)


def kept(graph: Graph) -> dict[str, int]:
    """How many instances are kept ready of each version."""
    return kept_of(graph.cloud, graph.cloud.one(FUNCTION).outputs["name"])


def test_none_are_kept_unless_they_are_asked_for() -> None:
    assert run(service("aws")).of(KEPT) == []
    assert run(service("aws", minInstances=0, maxInstances=3)).of(KEPT) == []


def test_the_newest_version_keeps_them_and_the_alias_waits_until_they_are_ready() -> None:
    graph = run(service("aws", minInstances=2))

    assert graph.one(KEPT).inputs == {
        "functionName": graph.one(FUNCTION).id,
        "qualifier": "1",
        "provisionedConcurrentExecutions": 2,
    }
    assert (KEPT, "demo-aws") in graph.one(ALIAS).after
    assert graph.one(ALIAS).inputs["functionVersion"] == "1"
    assert said(graph) == []


@pytest.mark.parametrize(
    ("settings", "version"),
    [({"canaryPercent": 10}, "2"), ({"canaryPercent": 0}, "2"), ({"pin": "1"}, "1"), ({}, "4")],
)
def test_the_version_that_keeps_the_traffic_keeps_the_instances(
    settings: dict[str, Any], version: str, cloud: Cloud
) -> None:
    """A canary beside it has none: it starts on demand, and the share of the traffic is small."""
    cloud.earlier = ["1", "2", "3"]

    graph = run(
        service("aws", minInstances=1, **settings), past=History("2", released("1", "2", "3")), cloud=cloud
    )

    assert kept(graph) == {version: 1}
    assert graph.one(ALIAS).inputs["functionVersion"] == version


@pytest.mark.parametrize(("most", "first"), [(0, False), (4, False), (3, True), (2, True)])
def test_the_old_instances_go_first_only_if_both_versions_have_no_room(most: int, first: bool) -> None:
    graph = run(service("aws", minInstances=2, maxInstances=most))

    assert graph.one(KEPT).is_deleted_first is first


@pytest.mark.parametrize(
    ("settings", "key"), [({"canaryPercent": 10}, "canaryPercent"), ({"pin": "2"}, "pin")]
)
def test_a_version_that_was_published_with_a_snapshot_keeps_none(settings: dict[str, Any], key: str) -> None:
    """Told before anything is changed; with the newest version in its place, which has no snapshot, all is well."""
    past = History("2", released("1", "2", snapshot="yes"), "1")

    with pytest.raises(pulumi.RunError) as caught:
        run(service("aws", minInstances=1, **settings), past=past)

    assert str(caught.value) == (
        "minInstances: it is 1, and version 2, which keeps the traffic, was published with SnapStart, which does "
        f"not go with it; type `pulumi config rm {key}` to give the traffic to the newest version, or "
        "`pulumi config rm minInstances`"
    )
    cloud = Cloud()
    cloud.earlier = ["1", "2"]
    assert kept(run(service("aws", minInstances=1), past=past, cloud=cloud)) == {"3": 1}


def test_settings_that_do_not_go_together_are_refused_in_one_line_each() -> None:
    assert problems("aws", minInstances=2, snapStart=True, maxInstances=1) == [
        "minInstances: it is 2; at most maxInstances is allowed, which is 1",
        (
            "snapStart: it is true, and minInstances is 2: AWS Lambda keeps no instances of a version that has a "
            "snapshot; type `pulumi config rm snapStart`, or `pulumi config rm minInstances`"
        ),
    ]
    assert problems("aws", minInstances=1001) == ["minInstances: it is 1001; AWS Lambda allows 0 to 1000"]
    assert service("aws", minInstances=1000, maxInstances=1000).min_instances == 1000


def test_the_price_on_the_page_is_that_of_the_price_file() -> None:
    """A month of 512 MB in us-east-1."""
    price = tomllib.loads(PRICES.read_text(encoding="utf-8"))["aws"]["provisioned_x86"]["price"]["us-east-1"]
    month = Decimal(price) * 730 * 3600 / 2

    assert f"Each costs ${month:.2f} a month at 512 MB in us-east-1" in page("releases")


def of_versions(cloud: Cloud) -> dict[str, int]:
    """How many instances are kept ready of each version."""
    return kept_of(cloud, cloud.one(FUNCTION).outputs["name"])


def done(cloud: Cloud) -> list[tuple[str, str]]:
    """What was done to the versions that keep instances and to the alias since the last look, in order."""
    names = {KEPT: "kept", ALIAS: "alias"}
    happened = [(what, names[type_]) for what, type_ in cloud.log if type_ in names]
    cloud.log.clear()
    return happened


def test_a_stack_that_keeps_instances_lives_on_the_engine(new_inline_stack: NewStack, cloud: Cloud) -> None:
    """Switched on, more, released with a canary, promoted, rolled back, bounded, off, destroyed."""
    stack = new_inline_stack("aws")

    def up() -> tuple[dict[str, int], dict[int, int], list[tuple[str, str]]]:
        """Deploy; what is kept, who gets the traffic, and what was done in which order."""
        done(cloud)
        stack.up()
        return of_versions(cloud), traffic(cloud), done(cloud)

    stack.set(minInstances=1)
    assert up() == ({"1": 1}, {1: 100}, [("create", "kept"), ("create", "alias")])
    stack.set(minInstances=2, canaryPercent=10)
    stack.change_app("second")
    stack.run("preview")
    assert up()[:2] == ({"1": 2}, {1: 90, 2: 10})
    stack.set(canaryPercent=100)
    assert "replace" in stack.run("preview")
    moved = [("create", "kept"), ("update", "alias"), ("delete", "kept")]
    assert up() == ({"2": 2}, {2: 100}, moved)
    stack.up("--expect-no-changes")
    stack.set(pin=1, maxInstances=3)
    assert up() == ({"1": 2}, {1: 100}, [("delete", "kept"), ("create", "kept"), ("update", "alias")])
    stack.set(minInstances=0)
    assert up() == ({}, {1: 100}, [("delete", "kept")])

    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})


def test_a_release_whose_instances_do_not_start_gets_no_traffic(
    new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """What serves keeps its own instances until a repaired release has taken its place."""
    stack = new_inline_stack("aws")
    stack.set(minInstances=1)
    stack.up()

    stack.change_app("broken")
    cloud.break_next.add(KEPT)
    assert "did not become ready" in stack.up(fails=True)
    assert (traffic(cloud), of_versions(cloud)["1"]) == ({1: 100}, 1)

    stack.change_app("repaired")
    cloud.log.clear()
    stack.up()
    assert (traffic(cloud), of_versions(cloud)) == ({3: 100}, {"3": 1})
    assert done(cloud)[:2] == [("create", "kept"), ("update", "alias")]
    stack.up("--expect-no-changes")


def test_what_lambda_refuses_is_told_and_the_next_up_goes_on(
    new_inline_stack: NewStack, cloud: Cloud
) -> None:
    """An account of ten instances at once has none to keep."""
    stack = new_inline_stack("aws")
    stack.set(minInstances=1)
    cloud.refuse_next[KEPT] = (
        "InvalidParameterValueException: Specified ConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [10]."
    )
    assert "below its minimum value of [10]" in stack.up(fails=True)
    assert cloud.of(ALIAS) == []

    stack.set(minInstances=0)
    stack.up()
    assert (traffic(cloud), cloud.of(KEPT)) == ({1: 100}, [])


def test_fewer_than_were_asked_for_are_told(new_inline_stack: NewStack, cloud: Cloud) -> None:
    """Someone changed the number by hand: a bare `up` mends it, one without a refresh says what is wrong."""
    stack = new_inline_stack("aws")
    stack.set(minInstances=3)
    stack.up()
    cloud.one(KEPT).outputs["provisionedConcurrentExecutions"] = 1

    printed = stack.up("--refresh=false", fails=True)
    assert "minInstances: 3 was asked for, and it is 1" in printed

    cloud.one(KEPT).inputs["provisionedConcurrentExecutions"] = 1
    stack.up()
    assert of_versions(cloud) == {"1": 3}
    stack.up("--expect-no-changes")
