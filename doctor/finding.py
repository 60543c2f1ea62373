"""What the doctor found, a line each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

# Characters of what a process said.
_LONGEST = 300
# As serve/logs.py calls what was raised, by platform.
_TRACES = ("stack_trace", "stackTrace", "exception")


@dataclass(frozen=True)
class Finding:
    """One line. kind: "stops" (does not work), "differs" (works, but not as at home), "note"."""

    kind: Literal["stops", "differs", "note"]
    text: str


def some(names: Sequence[str]) -> str:
    """The first three names, and how many more there are."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - a few


def last_words(printed: str) -> str:
    """The last thing that a process printed, in one line; of a structured line its message and what was raised."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    for line in reversed(lines):
        try:
            entry: Any = json.loads(line)
        except ValueError:
            return line[:_LONGEST]
        if not isinstance(entry, dict):
            return line[:_LONGEST]
        raised = next((str(entry[name]) for name in _TRACES if entry.get(name)), "")
        message, last = str(entry.get("message", "")), raised.strip().rpartition("\n")[2]
        return (last if message in last else f"{message}: {last}" if last else message)[:_LONGEST]
    return "nothing"
