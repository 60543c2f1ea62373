"""Makes lines whole: an object of JSON that is spread over several lines becomes one line.

So what `gcloud logging read --format=json` and `aws logs filter-log-events` print is read as it comes, however long it
is: an array of objects, or an object that begins with one, each object indented.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

SPREAD = re.compile(rb"\s*(?:\[\s*(?:[\[{]|$)|\{\s*$)")
"""The first line of JSON that is spread over lines, or that is one array."""
ENVELOPE = re.compile(rb'\s*"\w+": ?\[\s*$')
CLOSING = re.compile(rb"\s*[\]}],?\s*$")
MOST_LINES = 100_000
DEEPEST = 8
YAML = b"---"
KEY = re.compile(r"(?P<indent> *)(?:- )?(?P<name>[^\s:'\"{\[][^:]*):(?: (?P<value>.*))?$")


def is_spread(line: bytes) -> bool:
    """Whether a file with this first line holds JSON that is spread over lines."""
    return SPREAD.match(line) is not None


def joined(blocks: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
    """The blocks with each indented object in one line, and without what is around the objects."""
    open_: list[bytes] = []
    indent, begun = 0, False
    for block in blocks:
        done: list[bytes] = []
        for line in block:
            text = line.strip()
            if open_ and len(open_) == 1 and not begun and ENVELOPE.match(line):
                open_, begun = [], True
            elif open_ and CLOSING.match(line) and _indent(line) == indent:
                done.append(b"".join([*open_, text]).rstrip(b","))
                open_, begun = [], True
            elif open_ and (_indent(line) > indent or not text) and len(open_) < MOST_LINES:
                open_.append(text)
            elif open_:  # no JSON: each line for itself
                done += [*open_, line]
                open_ = []
            elif text == b"[" and not begun:
                begun = True
            elif text.startswith((b"{", b"[")) and not _closed(text):
                open_, indent = [text], _indent(line)
            elif text not in (b"", b"]", b"}", b",", b"],", b"},"):
                done.append(text.rstrip(b","))
        yield done
    yield open_


def unwrapped(value: Any) -> Iterator[Any]:
    """The items of lists, one by one. A list of fields and values is a row of CloudWatch Insights, so one record."""
    if not isinstance(value, list):
        yield value
    elif value and all(isinstance(item, dict) and {"field", "value"} <= item.keys() for item in value):
        yield {str(item["field"]): item["value"] for item in value}
    else:
        for item in value:
            yield from unwrapped(item)


def records(blocks: Iterator[list[bytes]]) -> Iterator[Mapping[str, Any]]:
    """The objects in lines of JSON; an empty one for a line that is none."""
    for block in joined(blocks):
        for line in block:
            try:
                values = list(unwrapped(orjson.loads(line)))
            except orjson.JSONDecodeError:
                values = [{}]
            yield from (value if isinstance(value, dict) else {} for value in values)


def is_yaml(line: bytes) -> bool:
    """Whether a file with this first line holds documents of YAML, as gcloud prints without --format."""
    return line.strip() == YAML


def yaml_records(blocks: Iterator[list[bytes]]) -> Iterator[dict[str, Any]]:
    """The documents of YAML as objects, whose values are texts. What is in lists is not kept apart."""
    lines: list[str] = []
    for block in blocks:
        for line in block:
            if line.strip() == YAML or len(lines) > MOST_LINES:
                if lines:
                    yield _yaml_record(lines)
                lines = []
            else:
                lines.append(line.decode("utf-8", "replace"))
    if any(map(str.strip, lines)):
        yield _yaml_record(lines)


def _yaml_record(lines: Sequence[str]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    inside: list[tuple[int, dict[str, Any]]] = [(-1, record)]
    for match in filter(None, map(KEY.match, lines)):
        indent, value = len(match["indent"]), (match["value"] or "").strip()
        while indent <= inside[-1][0]:
            inside.pop()
        if value:
            inside[-1][1][match["name"]] = value[1:-1] if value[0] == value[-1] in "'\"" else value
        elif len(inside) < DEEPEST:
            inside.append((indent, inside[-1][1].setdefault(match["name"], {})))
    return record


def _closed(text: bytes) -> bool:
    """Whether an object or array ends in the line in which it begins."""
    return text.rstrip(b",").endswith((b"}", b"]")) and len(text) > 1


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip())
