"""Reads in the stack's own file which values of a map are secret; the engine says it only of a whole map."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

IsSecret = Callable[[str, str], bool]


def secrecy(file: Path, of_key: Callable[[str], bool]) -> IsSecret:
    """Whether a value was set with --secret, by the full key of its map, such as "demo:secretValues", and its name.

    `of_key` is the engine's answer, true if any value of the map is secret. It counts for values that `file` lacks.
    """
    content: Any = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None
    config: Any = content.get("config") if isinstance(content, dict) else None

    def is_secret(key: str, name: str) -> bool:
        entries: Any = config.get(key) if isinstance(config, dict) else None
        if not isinstance(entries, dict) or _is_encrypted(entries) or name not in entries:
            return of_key(key)
        return _is_encrypted(entries[name])

    return is_secret


def _is_encrypted(value: Any) -> bool:
    return isinstance(value, dict) and list(value) == ["secure"] and isinstance(value["secure"], str)
