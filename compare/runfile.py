"""Records into lines of samples.jsonl as they are measured, and such a file back into records."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from compare.errors import CompareError
from compare.sample import Sample

FORMAT = 1
SAMPLES = "samples.jsonl"


class RunFile:
    """An open samples.jsonl. Each line is one write, on disk before the next request; never a half line.

    `redact` strikes secrets out of every line. OSError (a full disk) is the caller's to handle: lines before it stand.
    """

    def __init__(self, path: Path, redact: Callable[[str], str] = lambda text: text) -> None:
        self._redact = redact
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._size = os.fstat(self._file).st_size
        self._mend(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def write(self, record: Mapping[str, Any]) -> None:
        """Append one record as one line; after a failure the file ends with the line before."""
        text = self._redact(json.dumps(record, separators=(",", ":"), ensure_ascii=True))
        self._append(f"{text}\n".encode())

    def _append(self, line: bytes) -> None:
        left = memoryview(line)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(line)

    def _mend(self, path: Path) -> None:
        """Begin a new line after one that a killed process left unfinished."""
        if self._size and not path.read_bytes().endswith(b"\n"):
            self._append(b"\n")


@dataclass(frozen=True)
class Run:
    """A samples.jsonl as read: what was asked for, every sample, how it ended (None: killed), unreadable lines."""

    path: Path
    head: dict[str, Any]
    samples: tuple[Sample, ...]
    notes: tuple[dict[str, Any], ...]
    end: dict[str, Any] | None
    damaged: int

    @property
    def measured_s(self) -> float:
        """Seconds spent measuring, until its last sample or its end."""
        return max([sample.at_s for sample in self.samples] + [self.end["at_s"] if self.end else 0.0])


def read(directory: Path) -> Run:
    """The run saved in `directory`; CompareError when it is not one or was written by a newer version."""
    path = directory / SAMPLES
    if not path.is_file():
        raise CompareError(
            f"{directory} is not a saved run: it has no {SAMPLES}; runs are the folders in results/"
        )
    head: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    samples: list[Sample] = []
    notes: list[dict[str, Any]] = []
    damaged = 0
    for record in _records(path):
        match record:
            case {"record": "run"} if head is None:
                head = record
            case {"record": "sample"} if (sample := _sample(record)) is not None:
                samples.append(sample)
                end = None  # a run that goes on after its end was resumed
            case {"record": "end"}:
                end = record
            case {"record": "note"}:
                notes.append(record)
            case _:
                damaged += 1
    if head is None or not isinstance(head.get("format"), int):
        raise CompareError(
            f"{path} does not begin with a run's record; is it a samples.jsonl written by `compare run`?"
        )
    if head["format"] > FORMAT:
        raise CompareError(
            f"{path} has format {head['format']}, this version reads up to {FORMAT}; update and try again"
        )
    return Run(directory, head, tuple(samples), tuple(notes), end, damaged)


def _records(path: Path) -> Iterator[dict[str, Any] | None]:
    with path.open("rb") as lines:
        for line in lines:
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError:
                yield None
            else:
                yield record if isinstance(record, dict) else None


def _sample(record: Mapping[str, Any]) -> Sample | None:
    try:
        return Sample.from_record(record)
    except (KeyError, TypeError, ValueError):
        return None
