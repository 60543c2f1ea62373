"""What a trial has done so far, line by line on disk, so that the next one goes on where it ended, however it ended."""

import fcntl
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from commandline import UserError

FILE = "journal.jsonl"
FORMAT = 1


class Journal:
    """The record of one trial, in a folder of its own.

    Records are {"record": "trial" | "step" | "cleaning" | "end", ...}: the head with what is tried, a step that was
    done with its `name`, `seconds`, `problems`, `notes` and `facts`, why the steps ended, and the end.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records = _read(folder / FILE)

    @property
    def head(self) -> Mapping[str, Any]:
        """What is tried."""
        return self.records[0]

    @property
    def steps(self) -> dict[str, Mapping[str, Any]]:
        """The steps that were done, by name; of one that was done again, the last time."""
        return {of["name"]: of for of in self.records if of["record"] == "step"}

    @property
    def cleaning(self) -> Mapping[str, Any] | None:
        """Why the steps ended and the stack is taken away; None while they go on."""
        return next((of for of in self.records if of["record"] == "cleaning"), None)

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do."""
        return any(of["record"] == "end" for of in self.records)

    def write(self, record: str, **values: Any) -> None:
        """Add one record, on disk before this returns."""
        line = {"record": record, "at": _now(), **values}
        with (self.folder / FILE).open("a+b") as file:
            cut_off = file.tell() and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n"
            file.write(b"\n" * bool(cut_off) + json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.records.append(line)


def unfinished(results: Path, stack: str) -> Journal | None:
    """The last trial of `stack` below `results` that has not ended, if there is one."""
    journals = [Journal(path.parent) for path in sorted(results.glob(f"trial-{stack}-*/{FILE}"))]
    going_on = [of for of in journals if of.records and of.head["stack"] == stack and not of.ended]
    return going_on[-1] if going_on else None


def begun(results: Path, stack: str, **head: Any) -> Journal:
    """A new trial's journal with its head."""
    folder = results / f"trial-{stack}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    try:
        folder.mkdir(parents=True)
        journal = Journal(folder)
        journal.write("trial", format=FORMAT, stack=stack, **head)
    except OSError as failure:
        raise UserError(
            f"cannot write to {folder}: {failure.strerror}; choose a folder with --results"
        ) from None
    return journal


@contextmanager
def alone(results: Path, stack: str) -> Generator[int]:
    """Hold a lock that one trial of `stack` can have at a time; a Pulumi that has outlived its trial holds it too.

    Gives the file descriptor, for Pulumi to hold too. UserError if another has it.
    """
    path = results / f"trial-{stack}.lock"
    try:
        results.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as failure:
        raise UserError(f"cannot write {path}: {failure.strerror}; choose a folder with --results") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"another trial of {stack} goes on, or the pulumi of one that was ended does; wait for its end",
                1,
            ) from None
        yield file.fileno()


def _read(path: Path) -> list[dict[str, Any]]:
    """The records; a line that was cut off counts as not written."""
    records = list[dict[str, Any]]()
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        with suppress(ValueError):
            records.append(json.loads(line))
    return records


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
