"""Blocks of lines of the two commonest forms into a tally, column by column. Every other line is handed back.

What is counted here is what the rule (text.py, fields.py) would say of the same line: a test holds the two together.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from cost.simulation.logs import fields, times
from cost.simulation.logs.plan import Quick, plan_of
from cost.simulation.logs.request import Kind
from cost.simulation.logs.tally import HEALTH_AGENT, HEALTH_CHECKS, Tally

COMMON = re.compile(
    rb'[^"\[]*\[(../.{3}/.{4}:.{5}):(..) (.{5})\] "[A-Z]+ (/[^ ?"\\]*)[^"\\]*" \d\d\d (\d+|-)(.*)', re.DOTALL
).match
"""The common log format. What follows it is looked at apart: nothing, or as in the combined format two quoted texts."""
QUOTATION_MARKS, ENDS = 4, b'"\r'
BATCH = 200
"""Lines at a time: the values of more do not stay near the processor."""
SECONDS = {b"%02d" % second: float(second) for second in range(60)}

Row = tuple[bytes, ...]
Record = Mapping[str, Any]
fromisoformat = datetime.fromisoformat


def common(lines: Sequence[bytes], tally: Tally) -> list[bytes]:
    """Count the lines of the common log format; the other lines."""
    matches = list(map(COMMON, lines))
    rows = [match.groups() for match in matches if match]
    others = [line for line, match in zip(lines, matches, strict=True) if not match]
    if not rows:
        return others
    minutes, seconds, zones, paths, _, rests = zip(*rows, strict=True)
    keys = set(zip(minutes, zones, strict=True))
    begins = {key: begin for key in keys if (begin := _minute(*key)) is not None}
    reasons = {path: reason for path in set(paths) if (reason := tally.reason(path))}
    unlike = {rest for rest in set(rests) if rest and not _is_combined(rest)}
    checks = {rest for rest in set(rests) - unlike if rest and HEALTH_AGENT.search(rest.decode("latin-1"))}
    if len(begins) < len(keys) or unlike or not SECONDS.keys() >= set(seconds):
        known = [row[5] not in unlike and row[1] in SECONDS and (row[0], row[2]) in begins for row in rows]
        matched = (line for line, match in zip(lines, matches, strict=True) if match)
        others += [line for line, is_known in zip(matched, known, strict=True) if not is_known]
        rows = [row for row, is_known in zip(rows, known, strict=True) if is_known]
    if reasons or checks:
        for row in rows:
            if why := reasons.get(row[3]) or (HEALTH_CHECKS if row[5] in checks else None):
                tally.left[why] += 1
        rows = [row for row in rows if row[3] not in reasons and row[5] not in checks]
    _count_common(rows, begins, tally)
    return others


def _count_common(rows: Sequence[Row], begins: Mapping[tuple[bytes, bytes], float], tally: Tally) -> None:
    if not rows:
        return
    minutes, seconds, zones, _, sizes, _ = zip(*rows, strict=True)
    column = tally.columns[Kind.REQUEST]
    begin = [begins[key] for key in zip(minutes, zones, strict=True)]
    column.times.extend([one + SECONDS[second] for one, second in zip(begin, seconds, strict=True)])
    sized = [size for size in sizes if size != b"-"]
    column.sized += len(sized)
    column.sent += sum(map(int, sized))


@lru_cache(maxsize=4096)
def _minute(minute: bytes, zone: bytes) -> float | None:
    return times.of_text(f"{minute.decode('latin-1')}:00 {zone.decode('latin-1')}")


def _is_combined(rest: bytes) -> bool:
    """Whether what follows a line of the common log format is what the combined one has, and nothing else."""
    return rest == b"\r" or (
        rest.count(b'"') == QUOTATION_MARKS and rest[-1] in ENDS and rest[:2] == b' "' and b"\\" not in rest
    )


def flat(lines: Sequence[bytes], tally: Tally) -> list[bytes]:
    """Count the lines that are flat objects of JSON, of requests with the usual fields; the other lines."""
    groups: dict[Quick, list[tuple[bytes, Record]]] = defaultdict(list)
    others: list[bytes] = []
    for line in lines:
        if line[:1] == b"{":
            try:
                record = orjson.loads(line)
                if (keys := plan_of(record).quick) is not None:
                    groups[keys].append((line, record))
                    continue
            except orjson.JSONDecodeError:
                pass
        others.append(line)
    for keys, found in groups.items():
        others += _count_flat(keys, found, tally)
    return others


def _count_flat(keys: Quick, found: list[tuple[bytes, Record]], tally: Tally) -> list[bytes]:
    checks = _checks(keys)
    others: list[bytes] = []
    for key, is_usual in checks:
        usual = [is_usual(record[key]) for _, record in found]
        if not all(usual):
            others += [line for (line, _), good in zip(found, usual, strict=True) if not good]
            found = [one for one, good in zip(found, usual, strict=True) if good]
    records = [record for _, record in found]
    left = {
        path: reason for path in {record[keys.path] for record in records} if (reason := tally.reason(path))
    }
    if keys.agent:
        agents = {agent for record in records if isinstance(agent := record[keys.agent], str)}
        left |= {agent: HEALTH_CHECKS for agent in agents if HEALTH_AGENT.search(agent)}
    if left:
        whys = [
            _why(left, record[keys.path], record[keys.agent] if keys.agent else None) for record in records
        ]
        tally.left.update(why for why in whys if why)
        records = [record for record, why in zip(records, whys, strict=True) if not why]
    column = tally.columns[Kind.REQUEST]
    column.times.extend([fromisoformat(record[keys.time]).timestamp() for record in records])
    if keys.size:
        column.sized += len(records)
        column.sent += sum(record[keys.size] for record in records)
    if keys.duration:
        column.seconds.extend([record[keys.duration] * keys.scale for record in records])
    return others


def _why(left: Mapping[str, str], path: str, agent: Any) -> str | None:
    return left.get(path) or (left.get(agent) if isinstance(agent, str) else None)


def _checks(keys: Quick) -> Iterable[tuple[str, Callable[[Any], bool]]]:
    """What the values of a record have to be for it to be counted here, by their keys."""
    yield keys.time, _is_zoned
    yield keys.path, lambda path: type(path) is str and path != ""
    if keys.method:
        yield keys.method, lambda method: type(method) is str and method.isalpha()
    elif keys.status:
        yield keys.status, fields.is_status
    if keys.size:
        yield keys.size, lambda size: type(size) is int and 0 <= size < fields.LARGEST
    if keys.duration:
        yield (
            keys.duration,
            lambda lasted: type(lasted) in (int, float) and 0 <= lasted * keys.scale < fields.LONGEST_S,
        )


def _is_zoned(when: Any) -> bool:
    """Whether a value is a time in ISO 8601 with its zone."""
    if type(when) is not str or len(when) <= len("2026-11-02T10:30"):
        return False
    try:
        return fromisoformat(when).tzinfo is not None
    except ValueError:
        return False
