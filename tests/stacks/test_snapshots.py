"""SnapStart on the aws stack: which versions keep their snapshots, and what deletes the others."""

import json
import tomllib
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.prices import FILE as PRICES
from stacks.releases import History, Release
from stacks.settings.declared import FILE as PROJECT
from tests.stacks.cloud import Cloud
from tests.stacks.graph import Graph, run, service
from tests.stacks.inline import InlineStack
from tests.stacks.lambda_cloud import DELETES, a_day_passes
from tests.stacks.moto_cloud import Moto
from tests.stacks.settings.test_settings import problems
from tests.stacks.test_engine import traffic
from tests.stacks.test_models import said

PATIENT = settings.get_profile("stacks")
SCHEDULE = "scheduler/schedule:Schedule"


def deletions(graph: Graph) -> list[dict[str, str]]:
    """What the scheduler is asked to delete."""
    targets = [node.inputs["target"] for node in graph.of(SCHEDULE)]
    return [json.loads(target["input"]) for target in targets if target["arn"] == DELETES]


def kept(versions: Sequence[str], **marks: str) -> tuple[Release, ...]:
    """Releases with a snapshot each; `marks` are further keys of all."""
    return tuple(
        {"version": version, "digest": f"sha256:{version}", "snapshot": "yes", **marks}
        for version in versions
    )


def test_a_function_has_no_snapshots_unless_they_are_wanted() -> None:
    graph = run(service("aws"))

    assert "snapStart" not in graph.one("lambda/function:Function").inputs
    assert not [node for node in graph.of("iam/role:Role") if "remove" in node.name]
    assert "snapshot" not in graph.outputs["releases"][-1]


def test_each_published_version_gets_one_if_they_are() -> None:
    graph = run(service("aws", snapStart=True))

    assert graph.one("lambda/function:Function").inputs["snapStart"] == {"applyOn": "PublishedVersions"}
    assert graph.outputs["releases"][-1]["snapshot"] == "yes"
    assert deletions(graph) == []
    assert said(graph) == []


def test_the_newest_the_promoted_and_the_one_before_it_are_kept(cloud: Cloud) -> None:
    """The scheduler deletes the others, by a role that may delete versions of this function and nothing else."""
    cloud.earlier = ["1", "2", "3"]
    past = History("3", kept(["1", "2", "3"]), "2")

    graph = run(service("aws", snapStart=True), past=past, cloud=cloud)

    function = graph.one("lambda/function:Function").id
    assert sorted(deletions(graph), key=lambda one: one["Qualifier"]) == [
        {"FunctionName": function, "Qualifier": "1"},
        {"FunctionName": function, "Qualifier": "2"},
    ]
    assert [release["version"] for release in graph.outputs["releases"] if "removed" not in release] == [
        "3",
        "4",
    ]
    assert (graph.outputs["promoted"], graph.outputs["promotedBefore"]) == ("4", "3")
    right = graph.named("iam/rolePolicy:RolePolicy", "demo-aws-remove").inputs["policy"]
    arn = graph.cloud.one("aws:lambda/function:Function").outputs["arn"]
    assert json.loads(right)["Statement"] == [
        {"Effect": "Allow", "Action": "lambda:DeleteFunction", "Resource": f"{arn}:*"}
    ]
    assert said(graph) == []


def test_a_canary_keeps_the_release_before_it_and_the_one_before_that(cloud: Cloud) -> None:
    cloud.earlier = ["1", "2", "3"]
    past = History("2", kept(["1", "2", "3"]), "1")

    graph = run(service("aws", snapStart=True, canaryPercent=10), past=past, cloud=cloud)

    assert [one["Qualifier"] for one in deletions(graph)] == ["3"]  # the canary that the newest one replaces
    assert graph.outputs["traffic"] == {"2": 90, "4": 10}


def test_versions_without_a_snapshot_cost_nothing_and_stay(cloud: Cloud) -> None:
    cloud.earlier = ["1", "2", "3"]
    plain = tuple({"version": version, "digest": f"sha256:{version}"} for version in ("1", "2"))
    past = History("3", (*plain, *kept(["3"])), "2")

    assert deletions(run(service("aws", snapStart=True), past=past, cloud=cloud)) == []


def test_what_snapstart_left_is_deleted_after_it_is_switched_off(cloud: Cloud) -> None:
    """The version before the newest is where a roll back goes, so its snapshot is kept and paid for until then."""
    cloud.earlier = ["1", "2"]
    first = run(service("aws"), past=History("2", kept(["1", "2"]), "1"), cloud=cloud)

    assert [one["Qualifier"] for one in deletions(first)] == ["1"]
    past = History("3", tuple(first.outputs["releases"]), "2")
    later = Cloud()
    later.earlier = ["1", "2", "3"]
    second = deletions(run(service("aws"), past=past, cloud=later))
    assert {one["Qualifier"] for one in second} == {"1", "2"}


@pytest.mark.parametrize("pin", ["1", "sha256:1"])
def test_a_version_that_was_deleted_cannot_be_pinned(pin: str) -> None:
    past = History("3", (*kept(["1"], removed="yes"), *kept(["2", "3"])), "2")

    with pytest.raises(
        pulumi.RunError, match=rf"^pin: it is '{pin}', whose snapshot nobody needed, so that version was rem"
    ):
        past.primary(service("aws", snapStart=True, pin=pin))
    with pytest.raises(pulumi.RunError, match=r"no release of this stack \(2, 3\)"):
        past.primary(service("aws", snapStart=True, pin="9"))
    assert past.primary(service("aws", snapStart=True, pin="2")) == "2"


def test_a_preview_of_something_new_leaves_what_is_deleted_already(cloud: Cloud) -> None:
    """What becomes unneeded is known when the newest version is."""
    cloud.earlier = ["1", "2", "3"]
    past = History("3", (*kept(["1"], removed="yes"), *kept(["2", "3"])), "2")

    graph = run(service("aws", snapStart=True), past=past, cloud=cloud, preview=True)

    assert [node.name for node in graph.of(SCHEDULE) if "remove" in node.name] == ["demo-aws-remove-1"]


@PATIENT
@given(st.lists(st.sampled_from(["new", "canary", "promote", "back"]), max_size=40))
def test_at_most_three_snapshots_are_paid_for_and_all_that_has_traffic_has_one(
    changes: list[str],
) -> None:
    """Whatever is released, shown, promoted and rolled back, in any order."""
    past, newest = History("1", kept(["1"])), 1
    for what in changes:
        newest += what in ("new", "canary")
        promoted = {
            "new": str(newest),
            "promote": str(newest),
            "canary": past.promoted,
            "back": past.promoted_before or past.promoted,
        }[what]
        (release,) = kept([str(newest)])
        before = past.before(promoted)
        past = History(promoted, tuple(past.after(release, promoted)), before)
        paid = {one["version"] for one in past.releases if "removed" not in one}
        assert paid == {str(newest), promoted, before} - {""}
        assert len(paid) <= 3


def test_other_platforms_say_why_they_have_no_snapshots() -> None:
    assert problems("gcp", snapStart=True) == [
        (
            "snapStart: it is true; Cloud Run has no such setting: it starts containers and restores none; "
            "minInstances keeps some ready. Type `pulumi config rm snapStart`"
        )
    ]


def test_the_price_where_the_key_is_set_is_that_of_the_price_file() -> None:
    """A month of 512 MB in us-east-1, rounded to whole dollars."""
    cache = tomllib.loads(PRICES.read_text(encoding="utf-8"))["aws"]["snapstart_cache"]["price"]["us-east-1"]
    month = Decimal(cache) * 730 * 3600 / 2

    assert f"about ${month:.0f} a month at 512 MB" in PROJECT.read_text(encoding="utf-8")


def test_moto_takes_the_setting_and_the_schedule(moto: Moto) -> None:
    """It keeps no snapshots, and says so of every version."""
    moto.earlier = ["2", "3"]
    past = History("3", kept(["1", "2", "3"]), "2")
    run(service("aws", snapStart=True), past=past, cloud=moto)
    schedules = [
        moto.clients["scheduler"].get_schedule(Name=one["Name"])
        for one in moto.clients["scheduler"].list_schedules()["Schedules"]
        if "remove" in one["Name"]
    ]

    assert [json.loads(schedule["Target"]["Input"])["Qualifier"] for schedule in schedules] == ["1"]
    assert schedules[0]["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0


def test_a_stack_with_snapshots_lives_on_the_engine(
    new_inline_stack: Callable[[str], InlineStack], cloud: Cloud
) -> None:
    """Switched on, released three times, rolled back, switched off, destroyed; a second `up` never changes anything."""
    stack = new_inline_stack("aws")
    stack.set(snapStart=True)

    def up() -> tuple[dict[int, int], set[str], str]:
        """Deploy twice; who gets the traffic, what is deleted within a day, and where a roll back would go."""
        stack.up()
        stack.up("--expect-no-changes")
        outputs: dict[str, Any] = stack.outputs()
        return traffic(cloud), a_day_passes(cloud), outputs["promotedBefore"]

    assert up() == ({1: 100}, set(), "")
    stack.change_app("second")
    assert up() == ({2: 100}, set(), "1")
    stack.change_app("third")
    assert up() == ({3: 100}, {"1"}, "2")
    stack.set(pin=2)
    assert up() == ({2: 100}, {"1"}, "3")
    stack.set(pin=1)
    assert "pin: it is '1', whose snapshot nobody needed" in stack.up(fails=True)
    stack("config", "rm", "pin")
    stack.set(canaryPercent=10)
    stack.change_app("fourth")
    assert up() == ({2: 90, 4: 10}, {"1"}, "3")
    stack.set(canaryPercent=100, snapStart=False)
    assert up() == ({5: 100}, {"1", "3", "4"}, "2")

    stack("destroy", "--yes", "--skip-preview")
    assert cloud.resources == {}
