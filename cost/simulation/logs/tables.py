"""Tables into records: CSV with a line of names, whatever its separator, and W3C's `#Fields:`."""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from urllib.parse import unquote

from cost.simulation.logs import names, times

DELIMITERS = ",;\t|"
LONGEST_CELL = 1 << 24
LONGEST_HEAD = 4096
FIELDS = b"#fields"


def peeked(blocks: Iterator[list[bytes]]) -> tuple[bytes, Iterator[list[bytes]]]:
    """The first line that is neither blank nor a comment, and all blocks."""
    first = next((block for block in blocks if any(map(bytes.strip, block))), [])
    head = next((line for line in first if line.strip() and not line.startswith(b"#")), b"")
    return head, chain([first], blocks)


def delimiter(line: bytes) -> str | None:
    """The separator of the columns of a table with this first line; None if the line names no column of times."""
    head = line[:LONGEST_HEAD].decode("utf-8", "replace").strip()
    if not head or times.of_text(head) is not None or "{" in head:
        return None
    for candidate in DELIMITERS:
        cells = [cell.strip('" ') for cell in head.split(candidate)]
        if any(times.of_text(cell) is not None for cell in cells):
            return None
        if any(_is_time(cell) for cell in cells) and all(len(cell) < 80 for cell in cells):  # noqa: PLR2004 -- a name
            return candidate
    return None


def rows(blocks: Iterable[list[bytes]], parted_by: str) -> Iterator[dict[str, str]]:
    """The rows of a table, the first of whose lines has the names. An empty one for what is no row."""
    csv.field_size_limit(LONGEST_CELL)
    lines = (
        line.decode("utf-8", "replace").replace("\0", "")
        for block in blocks
        for line in block
        if line.strip()
    )
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=parted_by)
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error:  # what seemed to be names has the end of a line, or is too long
        header = []
        yield {}
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            yield {}
            continue
        if row is None:
            return
        if row and any(row):
            yield dict(zip(header, row, strict=False))


def fields(line: bytes) -> list[str]:
    """The names that a line of `#Fields:` gives."""
    return line.decode("utf-8", "replace").split()[1:]


def parted(line: str, header: list[str]) -> dict[str, str] | None:
    """A line below `#Fields:` as a record; None if it has not as many columns."""
    cells = line.split("\t") if "\t" in line else line.split()
    return (
        {name: unquote(cell) for name, cell in zip(header, cells, strict=True)}
        if len(cells) == len(header)
        else None
    )


def _is_time(cell: str) -> bool:
    name = names.plain(cell)
    return (
        name in names.TIMES
        or name.startswith(("timestamp", "timegenerated", "bin1m", "binmin"))
        or name in names.COUNTED_BY
    )
