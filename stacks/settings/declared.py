"""The keys of a stack as Pulumi.yaml declares them: the engine reads their types and defaults there, and so do we."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

Value = str | int | float | bool

FILE = Path(__file__).parents[2] / "Pulumi.yaml"
# The value of a key without a default, by the type that it is declared with.
EMPTY: dict[str, Value] = {"string": "", "integer": 0, "boolean": False}


def declared(project: Mapping[str, Any]) -> dict[str, Value]:
    """The neutral value of each key of `project`, what Pulumi.yaml holds, in its order; no maps and no lists.

    The engine copies a default into the configuration of every stack. So a neutral value says nothing, and "" or 0
    leaves the choice to the platform. Keys of providers ("aws:region") are not the project's and are left out.
    """
    defaults = dict[str, Value]()
    for key, entry in (project.get("config") or {}).items():
        # A value alone is short for a default: https://www.pulumi.com/docs/iac/concepts/config/
        schema: Mapping[str, Any] = entry if isinstance(entry, dict) else {"default": entry}
        default = schema.get("default", EMPTY.get(schema.get("type", "string")))
        if ":" not in key and isinstance(default, str | int | float):
            defaults[key] = default
    return defaults


KEYS = declared(yaml.safe_load(FILE.read_text(encoding="utf-8")))
