"""Counts lines of the common and of the combined log format, many at a time, and hands every other line back.

The counts are those of the rule (text.py) for the same lines; a test compares the two. Each line is checked at the
columns where the format has its marks, by arithmetic on the bytes of all lines at once.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cost.simulation.arrivals import Floats
from cost.simulation.logs import moments, text
from cost.simulation.logs.moments import Bools, Bytes, Ints
from cost.simulation.logs.request import Kind
from cost.simulation.logs.tally import HEALTH_AGENT, HEALTH_CHECKS, PATHS_KEPT, Tally

BATCH = 4096
"""Lines at a time: the bytes of more do not stay near the processor."""
SAMPLED = 512
"""The first of this many lines is looked at, to see whether the format may be there."""
MARK = b'] "'
STAMP = np.frombuffer(b'[02/Nov/2026:10:30:15 +0000] "', np.uint8)
WRITTEN, MARKS = slice(1, 27), (0, 27, 28, 29)
TARGET = re.compile(rf"(?:{'|'.join(text.METHODS)}) (/[!-~]*)".encode()).fullmatch
PARTED = re.compile(rb"[\"'?,;|<]").search
"""What ends a path in the rule."""
PLAIN, COMBINED = 2, 6
"""Quotation marks in a line of the common format, and in one of the combined."""
STATUS = len('" 200 ')
LONGEST_LINE, LONGEST_SIZE = 1 << 14, 15
AGENTS = (b"ealth", b"GoogleHC", b"kube-probe")
"""Each text that HEALTH_AGENT finds has one of these in it."""
UNKNOWN = "unknown"
ZERO, SPACE, QUOTE, DASH, RETURN = b'0 "-\r'


@dataclass(frozen=True)
class Fields:
    """The places of the fields of some lines, in the bytes of all lines; `line`: the numbers of these lines.

    begin, end: of the line. asked, answered: the quotation marks around the request. sent: bytes of the response, -1 if
    there is a dash.
    """

    line: Ints
    begin: Ints
    end: Ints
    asked: Ints
    answered: Ints
    time: Floats
    sent: Ints

    def of(self, chosen: Bools) -> "Fields":
        return Fields(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def count(lines: Sequence[bytes], tally: Tally) -> list[bytes]:
    """Count the lines of the common and of the combined log format; the other lines."""
    if not any(MARK in line for line in lines[::SAMPLED]):
        return list(lines)
    others: list[bytes] = []
    for begin in range(0, len(lines), BATCH):
        others += _counted(lines[begin : begin + BATCH], tally)
    return others


def _counted(lines: Sequence[bytes], tally: Tally) -> list[bytes]:
    block = b"\n".join([*lines, b""])
    fields = _fields(block)
    whys = _reasons(block, fields, tally)
    unlike = np.fromiter((why == UNKNOWN for why in whys), np.bool_, len(whys)) if UNKNOWN in whys else None
    if unlike is not None:
        whys = [why for why in whys if why != UNKNOWN]
        fields = fields.of(~unlike)
    is_other = np.ones(len(lines), np.bool_)
    is_other[fields.line] = False
    for place in _checks(block, fields):
        whys[place] = whys[place] or HEALTH_CHECKS
    if any(whys):
        tally.left.update(why for why in whys if why)
        fields = fields.of(np.fromiter((why is None for why in whys), np.bool_, len(whys)))
    tally.columns[Kind.REQUEST].extend(fields.time, fields.sent[fields.sent >= 0].tolist(), ())
    return [lines[place] for place in np.flatnonzero(is_other).tolist()]


def _fields(block: bytes) -> Fields:
    """The lines that have the format, whatever the request in them says."""
    data = np.frombuffer(block, np.uint8)
    ends = _places(data, b"\n")
    begins = np.concatenate([[0], ends[:-1] + 1])
    quotes = np.append(_places(data, b'"'), [len(data) - 1] * COMBINED)
    first = np.searchsorted(quotes, begins)
    many = np.searchsorted(quotes, ends) - first
    asked = quotes[first]
    stamp = asked - (len(STAMP) - 1)
    good = ((many == PLAIN) | (many == COMBINED)) & (stamp >= begins) & (ends - begins < LONGEST_LINE)
    good &= _next(data, b"[", begins) == stamp
    good &= _next(data, b"=", begins) > stamp
    good &= _next(data, b"\\", begins) > ends
    line = np.flatnonzero(good)
    begins, ends, first, many, asked, stamp = (
        array[line] for array in (begins, ends, first, many, asked, stamp)
    )
    time, good = _times(data[stamp[:, None] + np.arange(len(STAMP))])
    answered = quotes[first + 1]
    end = ends - (data[ends - 1] == RETURN)
    good &= _is_ended(data, quotes, first, end) | (many == PLAIN)
    end = np.where(many == PLAIN, end, quotes[first + 2] - 1)
    begin = answered + STATUS
    good &= end > begin
    head = data[np.minimum(answered[:, None] + np.arange(1, STATUS), len(data) - 1)]
    good &= (head[:, 0] == SPACE) & (head[:, -1] == SPACE) & (head[:, 1:-1] - ZERO <= 9).all(1)  # noqa: PLR2004 -- digits
    sent, are_sizes = _sizes(data, begin, end)
    return Fields(line, begins, ends, asked, answered, time, sent).of(good & are_sizes)


def _places(data: Bytes, mark: bytes) -> Ints:
    return np.flatnonzero(data == mark[0])


def _next(data: Bytes, mark: bytes, begins: Ints) -> Ints:
    """The first place of a mark at or after each of `begins`; the length of all if there is none."""
    places = np.append(_places(data, mark), len(data))
    return places[np.searchsorted(places, begins)]


def _is_ended(data: Bytes, quotes: Ints, first: Ints, end: Ints) -> Bools:
    """Whether two quoted texts, parted by a space, and nothing else stand between the size and the end."""
    third, fourth, fifth, sixth = (
        quotes[np.minimum(first + place, len(quotes) - 1)] for place in range(2, 6)
    )
    return (
        (data[third - 1] == SPACE)
        & (fifth == fourth + 2)
        & (data[np.minimum(fourth + 1, len(data) - 1)] == SPACE)
        & (sixth == end - 1)
    )


def _times(rows: Bytes) -> tuple[Floats, Bools]:
    seconds, good = moments.of_stamps(rows[:, WRITTEN])
    return seconds, good & (rows[:, MARKS] == STAMP[list(MARKS)]).all(1)


def _sizes(data: Bytes, begin: Ints, end: Ints) -> tuple[Ints, Bools]:
    """The numbers from `begin` to `end`, -1 for a dash, and which places hold either."""
    length = end - begin
    good = (length >= 1) & (length <= LONGEST_SIZE)
    sizes = np.zeros(len(begin), np.int64)
    no_size = (length == 1) & (data[np.minimum(begin, len(data) - 1)] == DASH)
    for place in range(min(LONGEST_SIZE, int(length.max(initial=0)))):
        inside = place < length
        digits = np.where(inside & ~no_size, data[end - 1 - place] - ZERO, 0)
        good &= digits <= 9  # noqa: PLR2004 -- the last digit
        sizes += digits * np.int64(10**place)
    sizes[no_size] = -1
    return sizes, good


def _reasons(block: bytes, fields: Fields, tally: Tally) -> list[str | None]:
    """Why each request does not count, None if it does, UNKNOWN if it is written in an unusual way."""
    data = np.frombuffer(block, np.uint8)
    spaces = np.append(_places(data, b" "), [len(data)] * 2)
    second = spaces[np.searchsorted(spaces, fields.asked) + 1]
    ends = np.minimum(np.minimum(second, fields.answered), _next(data, b"?", fields.asked))
    targets = [
        block[begin:end] for begin, end in zip((fields.asked + 1).tolist(), ends.tolist(), strict=True)
    ]
    reasons = tally.targets
    missing = set(targets) - reasons.keys()
    if missing and len(reasons) > PATHS_KEPT:
        reasons.clear()
        missing = set(targets)
    for target in missing:
        match = TARGET(target)
        reasons[target] = UNKNOWN if not match or PARTED(match[1]) else tally.reason(match[1])
    return [reasons[target] for target in targets]


def _checks(block: bytes, fields: Fields) -> set[int]:
    """The places in `found` of the requests of a health check's user agent."""
    words = np.array(
        [match.start() for word in AGENTS if word in block for match in re.finditer(word, block)]
    )
    if not len(words) or not len(fields.line):
        return set()
    places = np.searchsorted(fields.begin, words, side="right") - 1
    apart = (words > fields.answered[places]) | (words < fields.asked[places])
    checks: set[int] = set()
    for place in set(places[apart & (places >= 0) & (words < fields.end[places])].tolist()):
        begin, asked, answered, end = (
            int(offsets[place]) for offsets in (fields.begin, fields.asked, fields.answered, fields.end)
        )
        said = block[begin:asked] + block[answered:end]
        if HEALTH_AGENT.search(said.decode("utf-8", "replace")):
            checks.add(place)
    return checks
