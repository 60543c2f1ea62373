"""Checks which values instances of the app would share with Lambda's SnapStart, which is off unless it is asked for."""

from collections.abc import Iterator

from doctor.finding import Finding
from local import Settings, SettingsError
from local.uniqueness import shared

_PAGE = "docs/snapstart.md"


def findings(settings: Settings) -> Iterator[Finding]:
    """Restore instances from snapshots of the app that `settings` name, and compare what they have in memory."""
    try:
        for fault in shared(settings=settings):
            yield Finding("note", f"with SnapStart ({_PAGE}): {fault}")
    except SettingsError as problem:
        yield Finding("note", f"with SnapStart ({_PAGE}): {problem}")
