"""The names and tags of Pulumi's AWS provider as AWS's own interfaces spell them."""

from collections.abc import Mapping
from typing import Any

Inputs = Mapping[str, Any]


def upper(values: Inputs | None) -> dict[str, Any] | None:
    """{"memorySize": 1} to {"MemorySize": 1}, at every depth."""
    if values is None:
        return None
    return {
        key[0].upper() + key[1:]: upper(item) if isinstance(item, Mapping) else item
        for key, item in values.items()
    }


def tags(of: Mapping[str, str]) -> list[dict[str, str]]:
    """{"a": "b"} to [{"Key": "a", "Value": "b"}]."""
    return [{"Key": key, "Value": value} for key, value in of.items()]
