"""Counts whole lines of any mix of formats."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from cost.simulation.logs import common, documents, fields, flat, tables, text
from cost.simulation.logs.request import BROKEN, Request, Unread
from cost.simulation.logs.tally import Tally

LONGEST = 1 << 14
"""Characters of a line of text that are looked at."""
LONGEST_JSON = 1 << 24
LISTS = (
    "events",
    "logEvents",
    "Records",
    "records",
    "results",
    "hits",
    "entries",
    "items",
    "logs",
    "data",
    "value",
    "rows",
)
"""Fields in which exports keep the records themselves."""
DEEPEST = 4
OPENING = re.compile(rb"^[^\s{\"].*\d\d:\d\d.*\s\{\s*$")
"""Where `aws logs tail --format json` begins a record that it spreads over lines: a time, a stream and a brace."""
MOST_LINES = 10_000
DECODER = json.JSONDecoder()


class Lines:
    """Reads lines into a tally."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._header: list[str] = []
        self._open: list[bytes] = []

    def read(self, lines: Sequence[bytes]) -> None:
        """Count each line; blank ones do not count."""
        for line in flat.count(common.count(lines, self.tally), self.tally):
            self._other(line)

    def finish(self) -> None:
        """Count what is left of a record that the end of the file cut off."""
        lines, self._open = self._open, []
        for line in lines:
            self._whole(line)

    def _other(self, line: bytes) -> None:
        """Count a line, unless it is one of a record that is spread over several."""
        if self._open:
            self._open.append(line)
            if line.rstrip() == b"}":
                lines, self._open = self._open, []
                self._whole(b"".join(map(bytes.strip, lines)))
            elif not line.startswith((b" ", b"\t")) or len(self._open) > MOST_LINES:
                self.finish()
        elif OPENING.search(line):
            self._open = [line]
        else:
            self._whole(line)

    def _whole(self, line: bytes) -> None:
        line = line.strip()
        if not line:
            return
        if line.startswith((b"{", b"[{", b"[[")):
            self._json(line)
        elif line[: len(tables.FIELDS)].lower() == tables.FIELDS:
            self._header = tables.fields(line)
        else:
            said = line[:LONGEST].decode("utf-8", "replace")
            row = tables.parted(said, self._header) if self._header else None
            if row is not None:
                self.record(row, line)
            else:
                self.tally.add(text.request(said), said)

    def _json(self, line: bytes) -> None:
        try:
            self._value(orjson.loads(line), line)
        except orjson.JSONDecodeError:
            values = list(_values(line[:LONGEST_JSON].decode("utf-8", "replace")))
            for value in values:
                self._value(value, line)
            if not values:
                said = line[:LONGEST].decode("utf-8", "replace")
                request = text.request(said)
                self.tally.add(Unread(BROKEN) if isinstance(request, Unread) else request, said)

    def _value(self, value: Any, line: bytes, depth: int = 0) -> None:
        """Count a value of JSON: a record, or a list of records."""
        if isinstance(value, dict):
            self.record(value, line, depth)
        elif isinstance(value, list):
            for record in documents.unwrapped(value):
                self._value(record, line, depth + 1)
        else:
            said = str(value)
            self.tally.add(text.request(said), said)

    def record(self, record: Mapping[str, Any], line: bytes = b"", depth: int = 0) -> None:
        """Count an object of JSON, or a row of a table. If it has no time, it may be an export's wrapper of others."""
        request = fields.request(record, None, text.request)
        if isinstance(request, Request):
            self.tally.add(request)
            return
        inside = next((record[key] for key in LISTS if isinstance(record.get(key), list | dict)), None)
        if inside and depth < DEEPEST:
            self._value(inside, line, depth + 1)
        else:
            self.tally.add(request, line[:LONGEST].decode("utf-8", "replace"))


def _values(said: str) -> Iterator[Any]:
    """The values of a line of JSON, which are several if they were written without line ends; none if damaged."""
    place = 0
    while place < len(said):
        try:
            value, place = DECODER.raw_decode(said, place)
        except (ValueError, RecursionError):
            return
        yield value
        while said[place : place + 1].isspace():
            place += 1
