"""Turns a stack's state from before its removal into one by which Pulumi finds out what is still there."""

import copy
from collections.abc import Mapping
from typing import Any

State = Mapping[str, Any]


def to_look_at(state: State) -> dict[str, Any]:
    """`state` with only what a refresh can ask its cloud for by itself: nothing that was only read or lives in another.

    An image goes with its registry, which is asked for. References to what is left out would make the state invalid.
    """
    looked: dict[str, Any] = copy.deepcopy(dict(state))
    deployment = looked["deployment"]
    deployment["resources"] = [
        {key: value for key, value in of.items() if key not in ("dependencies", "propertyDependencies")}
        for of in deployment.get("resources") or []
        if not of.get("external") and not of.get("retainOnDelete")
    ]
    deployment.pop("pending_operations", None)
    return looked


def there(state: State) -> list[str]:
    """What `state` holds that exists outside of it, a line each: "aws:iam/role:Role NAME (id)"."""
    return [_line(of) for of in _real(state)]


def stays(state: State) -> list[str]:
    """The lines of what is meant to stay: Google's APIs, which are not switched off with a stack."""
    return [_line(of) for of in _real(state) if _is_kept(of)]


def goes(state: State) -> list[str]:
    """The lines of what should have gone with the stack."""
    return [_line(of) for of in _real(state) if not _is_kept(of)]


def unknown(state: State) -> list[str]:
    """What was being made when Pulumi was ended; nobody knows whether it is there."""
    pending = state["deployment"].get("pending_operations") or []
    return [_line(of["resource"]) for of in pending if of["type"] == "creating"]


def _real(state: State) -> list[Mapping[str, Any]]:
    return [
        of
        for of in state["deployment"].get("resources") or []
        if of.get("custom") and not of.get("external") and not of["type"].startswith("pulumi:")
    ]


def _is_kept(resource: Mapping[str, Any]) -> bool:
    return (resource.get("inputs") or {}).get("disableOnDestroy") is False


def _line(resource: Mapping[str, Any]) -> str:
    name = str(resource.get("urn", "")).rpartition("::")[2]
    return f"{resource.get('type')} {name} ({resource.get('id') or 'of unknown id'})"
