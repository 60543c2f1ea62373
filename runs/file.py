"""Writes records as lines of samples.jsonl while they are measured, and reads such a file back."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from commandline import UserError
from runs.head import FORMAT, Head
from runs.sample import Sample

SAMPLES = "samples.jsonl"
# The names of values that hold words of a target or of a user. Secrets are struck out only there: a secret may look
# like a number or a word of this file, and striking that out would make the line unreadable.
_WORDS = frozenset({"error", "instance", "build", "text", "command", "url", "request", "headers", "body"})


class RunFile:
    """An open samples.jsonl. Each line is one write before the next request; no half line stays.

    `redact` strikes secrets out of the words in it. The caller handles OSError (a full disk): the lines before it stay.
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
        """Append one record as one line. If that fails, the file ends with the line before."""
        redacted = _redacted(record, self._redact)
        self._append(f"{json.dumps(redacted, separators=(',', ':'), ensure_ascii=True)}\n".encode())

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
        """Begin a new line if a killed process left the last line unfinished."""
        if self._size and not path.read_bytes().endswith(b"\n"):
            self._append(b"\n")


@dataclass(frozen=True)
class Note:
    """Something to say of a run in its report; `problem` makes a command that reports it end with status 1."""

    text: str
    problem: bool = False

    def record(self) -> dict[str, Any]:
        """The JSON object of one line."""
        return {"record": "note", **asdict(self)}


@dataclass(frozen=True)
class End:
    """How a run ended, "complete", "interrupted" or "failed: " and why, and after how many seconds of measuring."""

    status: str
    at_s: float

    def record(self) -> dict[str, Any]:
        """The JSON object of one line."""
        return {"record": "end", "status": self.status, "at_s": round(self.at_s, 6)}


@dataclass(frozen=True)
class Run:
    """A samples.jsonl as read. `end` is None if the run was killed; `damaged` counts the lines that cannot be read."""

    path: Path
    head: Head
    samples: tuple[Sample, ...]
    notes: tuple[Note, ...] = ()
    end: End | None = None
    damaged: int = 0

    @property
    def measured_s(self) -> float:
        """Seconds spent measuring, until its last sample or its end."""
        return max([sample.at_s for sample in self.samples] + [self.end.at_s if self.end else 0.0])


def read(directory: Path) -> Run:
    """The run saved in `directory`; UserError when it is not one or was written by a newer version."""
    path = directory / SAMPLES
    if not path.is_file():
        raise UserError(
            f"{directory} is not a saved run: it has no {SAMPLES}; runs are the folders in results/"
        )
    head: Head | None = None
    end: End | None = None
    samples: list[Sample] = []
    notes: list[Note] = []
    names: set[str] = set()
    damaged = 0
    for record in _records(path):
        match record:
            case {"record": "run"} if head is None:
                head = _head(path, record)
                names = {endpoint.name for endpoint in head.endpoints}
            case {"record": "sample"} if (sample := _sample(record)) is not None and sample.target in names:
                samples.append(sample)
                end = None  # samples after an end: the run was resumed
            case {"record": "end", "status": str(status), "at_s": int() | float() as at_s}:
                end = End(status, at_s)
            case {"record": "note", "text": str(text)}:
                notes.append(Note(text, problem=bool(record.get("problem"))))
            case _:
                damaged += 1
    if head is None:
        raise UserError(_no_head(path))
    return Run(directory, head, tuple(samples), tuple(notes), end, damaged)


def _redacted(value: Any, redact: Callable[[str], str], name: str = "") -> Any:
    """The value of `name` with secrets struck out of the words in it."""
    match value:
        case Mapping():
            return {name: _redacted(item, redact, name) for name, item in value.items()}
        case list() | tuple():
            return [_redacted(item, redact, name) for item in value]
        case str() if name in _WORDS:
            return redact(value)
        case _:
            return value


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


def _head(path: Path, record: Mapping[str, Any]) -> Head:
    """The head of the run in `path`; UserError if a newer version wrote it, or reports cannot be made from it."""
    if isinstance(record.get("format"), int) and record["format"] > FORMAT:
        raise UserError(
            f"{path} has format {record['format']}, this version reads up to {FORMAT}; update and try again"
        )
    try:
        return Head.from_record(record)
    except KeyError as failure:
        raise UserError(f"{_no_head(path)} ({failure} is missing)") from failure
    except (AttributeError, UserError, TypeError, ValueError) as failure:
        raise UserError(f"{_no_head(path)} ({failure})") from failure


def _no_head(path: Path) -> str:
    return f"{path} does not begin with a run's record; is it a samples.jsonl written by `compare run`?"


def _sample(record: Mapping[str, Any]) -> Sample | None:
    try:
        return Sample.from_record(record)
    except (KeyError, TypeError, ValueError):
        return None
