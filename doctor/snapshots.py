"""Checks which values instances of the app would share with Lambda's SnapStart, which is off unless it is asked for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from appfolder.settings import ROOT, App, has
from doctor.finding import Finding, some
from local import Settings, SettingsError
from local.uniqueness import Fault, shared

_PAGE = "docs/snapstart.md"
# Lines about values of the app's own modules.
_MOST = 3


def findings(settings: Settings) -> Iterator[Finding]:
    """Restore instances from snapshots of the app that `settings` name, and compare what they have in memory."""
    try:
        faults = shared(settings=settings)
    except SettingsError as problem:
        yield _note(str(problem))
        return
    yield from told(faults, settings.app_dir or ROOT)


def told(faults: Sequence[Fault], folder: Path) -> Iterator[Finding]:
    """The faults as notes: one each for the app's own modules in `folder`, one for all values of libraries.

    Nobody has SnapStart without asking for it, and a framework alone may have dozens of such values.
    """
    of_the_app = [fault for fault in faults if not fault.place or _is_in(folder, _top(fault))]
    for fault in of_the_app[:_MOST]:
        yield _note(str(fault))
    if len(of_the_app) > _MOST:
        yield _note(
            f"{len(of_the_app) - _MOST} more values of the app are the same; local.uniqueness.shared() lists them"
        )
    if libraries := [fault for fault in faults if fault not in of_the_app]:
        names = some(list(dict.fromkeys(map(_top, libraries))))
        values = f"{len(libraries)} values" if len(libraries) > 1 else "value"
        yield _note(
            f"every instance of a snapshot has the same {values} of libraries ({names}): is there one that is to be an "
            "instance's own? local.uniqueness.shared() lists them"
        )


def _top(fault: Fault) -> str:
    """The package in which the value is."""
    return fault.place.partition(":")[0].partition(".")[0]


def _is_in(folder: Path, package: str) -> bool:
    return has(folder / App(folder, f"{package}:app").source, package)


def _note(text: str) -> Finding:
    return Finding("note", f"with SnapStart ({_PAGE}): {text}")
