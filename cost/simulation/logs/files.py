"""Reads files, folders and standard input as blocks of whole lines, unpacked and in UTF-8; names do not matter."""

import bz2
import codecs
import gzip
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from commandline import UserError
from cost.simulation.logs.shown import shown

BLOCK = 1 << 20
LONGEST_LINE = 1 << 28
"""Bytes. A longer line is an array of JSON that does not fit, or no text at all."""
NESTED = 3
STDIN = "standard input"
GZIP, BZIP2, XZ, ZSTANDARD, ZIP = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
TAR_AT, TAR = 257, b"ustar"
HEAD = 512
BOM = codecs.BOM_UTF8


class DamagedError(Exception):
    """A file that cannot be read to its end; the text says why."""


@dataclass(frozen=True)
class Source:
    """A file to read. name: as it is shown."""

    path: Path
    name: str


def sources(paths: Sequence[str | Path]) -> list[Source]:
    """The files that paths name, each once; a folder stands for all in it. UserError for what is not there."""
    sources_found: dict[Path, Source] = {}
    for given in map(str, paths):
        path = Path(given)
        if given == "-":
            sources_found.setdefault(path, Source(path, STDIN))
        elif path.is_dir():
            inside = [file for file in sorted(path.rglob("*")) if file.is_file() and not _hidden(file, path)]
            if not inside:
                raise UserError(f"{shown(given)} is a folder without files: name a log, or a folder of logs")
            for file in inside:
                sources_found.setdefault(file.resolve(), Source(file, shown(str(file))))
        elif path.is_char_device():
            raise UserError(
                f"{shown(given)} is a device, and has no end: name a file, or - for standard input"
            )
        else:
            sources_found.setdefault(path.resolve(), Source(path, shown(given)))
    return list(sources_found.values())


def blocks(source: Source) -> Iterator[list[bytes]]:
    """The lines of a file, some at a time. UserError if it cannot be opened, DamagedError if it breaks off."""
    with _opened(source) as stream:
        try:
            for plain in _unpacked(io.BufferedReader(_Raw(stream), BLOCK), source.name):
                yield from _lines(_utf8(plain))
        except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
            raise DamagedError(f"{source.name} breaks off: {shown(str(error))}") from None


@contextmanager
def _opened(source: Source) -> Generator[IO[bytes]]:
    if source.name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        file = source.path.open("rb")
    except OSError as error:
        raise UserError(f"{source.name} cannot be read: {error.strerror}") from None
    with file:
        yield file


class _Raw(io.RawIOBase):
    """A stream of which the first bytes can be looked at."""

    def __init__(self, stream: gzip.GzipFile | IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _unpacked(stream: io.BufferedReader, name: str, depth: int = 0) -> Iterator[io.BufferedReader]:
    """The plain content of a stream; of an archive, that of each file in it."""
    head = stream.peek(HEAD)[:HEAD]
    opened: gzip.GzipFile | IO[bytes] | None = None
    if head.startswith(GZIP):
        opened = gzip.GzipFile(fileobj=stream)
    elif head.startswith(BZIP2) and head[4:10] == b"1AY&SY":
        opened = bz2.BZ2File(stream)
    elif head.startswith(XZ):
        opened = lzma.LZMAFile(stream)  # noqa: SIM115 -- closed with the stream
    elif head.startswith(ZSTANDARD):
        raise UserError(f"{name} is packed by zstd: unpack it, zstd -dc FILE | python -m cost advise --log -")
    elif head.startswith(ZIP):
        yield from _zipped(stream, name, depth)
        return
    if opened is None or depth >= NESTED:
        if head[TAR_AT : TAR_AT + len(TAR)] == TAR:
            raise UserError(f"{name} is a tar archive: unpack it, and name the folder")
        yield stream
    else:
        yield from _unpacked(io.BufferedReader(_Raw(opened), BLOCK), name, depth + 1)


def _zipped(stream: io.BufferedReader, name: str, depth: int) -> Iterator[io.BufferedReader]:
    # A zip's index is at its end, so a stream without random access has to be in memory.
    with zipfile.ZipFile(io.BytesIO(stream.read())) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                with archive.open(member) as opened:
                    yield from _unpacked(io.BufferedReader(_Raw(opened), BLOCK), name, depth + 1)


def _utf8(stream: io.BufferedReader) -> Iterator[bytes]:
    """The stream in pieces, in UTF-8; UTF-16, which Windows writes too, is translated."""
    head = stream.peek(HEAD)[:HEAD]
    encoding = _utf16(head)
    if encoding is None:
        first = stream.read(BLOCK)
        yield first.removeprefix(BOM)
        while piece := stream.read(BLOCK):
            yield piece
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    while piece := stream.read(BLOCK):
        yield decoder.decode(piece).lstrip("\ufeff").encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _utf16(head: bytes) -> str | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if head.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    even, odd = head[::2], head[1::2]
    if len(head) >= 8:  # noqa: PLR2004 -- four characters
        for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
            if zeros.count(0) > len(zeros) * 0.9 and others.count(0) < len(others) * 0.1:
                return encoding
    return None


def _lines(pieces: Iterator[bytes]) -> Iterator[list[bytes]]:
    open_: list[bytes] = []
    length = 0
    for piece in pieces:
        first, *more = piece.split(b"\n")
        if length + len(first) <= LONGEST_LINE:
            open_.append(first)
        length += len(first)
        if more:
            yield [b"".join(open_), *more[:-1]]
            open_, length = [more[-1]], len(more[-1])
    if length:
        yield [b"".join(open_)]
