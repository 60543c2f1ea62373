"""A state into what can be asked of a cloud, and what of it is still there."""

from typing import Any

from trial import left

ROLE = {
    "type": "aws:iam/role:Role",
    "urn": "urn:pulumi:t::p::aws:iam/role:Role::shop",
    "id": "shop-1",
    "custom": True,
}
API = {
    "type": "gcp:projects/service:Service",
    "urn": "urn:pulumi:t::p::gcp:projects/service:Service::shop-run",
    "id": "p/run.googleapis.com",
    "custom": True,
    "inputs": {"disableOnDestroy": False},
}
IMAGE = {
    "type": "docker-build:index:Image",
    "urn": "u::image",
    "id": "i",
    "custom": True,
    "retainOnDelete": True,
}
READ = {"type": "aws:lambda/alias:Alias", "urn": "u::live", "id": "a", "custom": True, "external": True}
STACK = {"type": "pulumi:pulumi:Stack", "urn": "u::stack", "custom": False}
PROVIDER = {"type": "pulumi:providers:aws", "urn": "u::default", "id": "x", "custom": True}


def state(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources), **more}}


def test_only_what_a_cloud_can_be_asked_for_is_looked_at() -> None:
    """References to what is left out would make the state invalid, and what was pending is told apart."""
    whole = state(
        STACK,
        PROVIDER,
        {**ROLE, "dependencies": ["u::image"], "propertyDependencies": {"a": ["u::image"]}},
        IMAGE,
        READ,
        pending_operations=[{"type": "creating", "resource": ROLE}],
    )

    assert left.to_look_at(whole) == state(STACK, PROVIDER, ROLE)
    assert "pending_operations" in whole["deployment"]


def test_what_stays_on_purpose_is_told_from_what_should_have_gone() -> None:
    found = state(STACK, PROVIDER, ROLE, API, READ)

    assert left.goes(found) == ["aws:iam/role:Role shop (shop-1)"]
    assert left.stays(found) == ["gcp:projects/service:Service shop-run (p/run.googleapis.com)"]
    assert left.there(found) == [*left.goes(found), *left.stays(found)]


def test_what_was_being_made_when_pulumi_was_killed_is_named() -> None:
    """What was being changed or deleted is in the state, and is asked for as all else."""
    made = {"type": "creating", "resource": {**ROLE, "id": ""}}
    found = state(pending_operations=[made, {"type": "updating", "resource": ROLE}])

    assert left.unknown(found) == ["aws:iam/role:Role shop (of unknown id)"]


def test_an_empty_state_has_nothing() -> None:
    """That of a stack on which no `up` ever was."""
    for empty in ({"version": 3, "deployment": {}}, state()):
        assert (left.goes(empty), left.stays(empty), left.unknown(empty)) == ([], [], [])
        assert left.to_look_at(empty)["deployment"]["resources"] == []
