"""The doctor's findings, a line each."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

# Characters of what a process said.
_LONGEST = 300
# The names that serve/logs.py gives to an exception, by platform.
_TRACES = ("stack_trace", "stackTrace", "exception")
# The last line of a traceback.
_ERROR = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception)\b")


@dataclass(frozen=True)
class Finding:
    """One line. kind: "stops" (does not work), "differs" (works, but not as at home), "note"."""

    kind: Literal["stops", "differs", "note"]
    text: str


def some(names: Sequence[str]) -> str:
    """The first three names, and how many more there are."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - a few


def last_words(printed: str) -> str:
    """The last error that a process printed, else its last line; of JSON the message and what was raised."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    for line in reversed(lines):
        said, is_error = _words(line)
        if is_error:
            return said
    return _words(lines[-1])[0] if lines else "nothing"


def _words(line: str) -> tuple[str, bool]:
    """What a line says, and whether that is an error."""
    try:
        entry: Any = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        # AWS's client writes a trace in one line, and the emulator writes its line ends in that as \x0d.
        line = line.partition(r"\x0d")[0].removeprefix("[ERROR] ")
        return line[:_LONGEST], _ERROR.match(line) is not None
    raised = next((str(entry[name]) for name in _TRACES if entry.get(name)), "")
    message, last = str(entry.get("message", "")), raised.strip().rpartition("\n")[2]
    return (last if message in last else f"{message}: {last}" if last else message)[:_LONGEST], bool(last)
