"""A line of text into the request that it records.

One rule for all formats: the request's time is the first that stands outside of quotation marks, and the common log
format's before any other. Prefixes of containers and of syslog are thus passed over, and so is a time that a user agent
or a path holds. A line with a method, a path or a status is a request. Named exceptions: POSITIONS.
"""

import re
from typing import Any

import orjson

from cost.simulation.logs import fields, times
from cost.simulation.logs.request import COMMENTS, OWN, TIMELESS, TIMELESS_REQUESTS, Kind, Request, Unread

COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
QUOTED = re.compile(r'(^|[,;\t=]|)"((?:[^"\\]|\\.)*)"')

_CLOCK = r"\d{2}:\d{2}:\d{2}(?:[.,]\d+)?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\b)?"
_COMMON = rf"\d{{1,2}}/[A-Z][a-z]{{2}}/\d{{4}}[: ]{_CLOCK}{_ZONE}"
_DATED = "|".join(
    (
        rf"\d{{4}}([-/])\d{{2}}\2\d{{2}}(?:[T ]| - ){_CLOCK}{_ZONE}",
        rf"(?:[A-Z][a-z]{{2}}, ?)?\d{{1,2}}[ -][A-Z][a-z]{{2}}[ -]\d{{4}} {_CLOCK}{_ZONE}",
        rf"(?:[A-Z][a-z]{{2}} )?[A-Z][a-z]{{2}} +\d{{1,2}} {_CLOCK}(?: UTC| GMT)? \d{{4}}",
        rf"\d{{8}}T\d{{6}}(?:[.,]\d+)?{_ZONE}",
    )
)
_YEARLESS = rf"[A-Z][a-z]{{2}} [ \d]?\d {_CLOCK}"
_KEYS = r"(?:@?time|time_?stamp|ts|t|at|date|date_?time|msec|start_time)"
_BEFORE = rf"(?:^|[\s\[|,;(>'\"]|\b{_KEYS}[=:]\"?)"
_AFTER = r"(?=$|[\s\]|,;)<'\"]|:(?:\s|$))"
SHAPES = re.compile(
    rf"{_BEFORE}(?:(?P<common>{_COMMON})|(?P<dated>{_DATED}))"
    rf"{_AFTER}".replace(r"\2", r"\3")
)
COMMON = re.compile(rf"{_BEFORE}(\d{{1,2}}/[A-Z][a-z]{{2}}/\d{{4}}:{_CLOCK} [+-]\d{{4}}){_AFTER}")
YEARLESS = re.compile(rf"(?:^|[\s>])({_YEARLESS}){_AFTER}")
NUMBERS = re.compile(
    r"(?:^|\b(?:ts|time|timestamp|msec)=)(\d{9,10}(?:\.\d+)?|\d{13}(?:\.\d+)?|\d{16}|\d{19})(?=$|[\s,;|])"
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE")
METHOD = re.compile(
    rf"(?:^|[\s\"'|,;=>\[(:])(?:{'|'.join(METHODS)})(?=[\s\"'|,;<\]])"
    r"[\s\"'|,;\]:]*(?:\d{3}[\s,|]+)?(?P<path>(?:https?://[^\s/\"']*)?/[^\s\"'?,;|<]*)?"
)
PATH = re.compile(
    r"\b(?:path|uri|url|request_uri|resourcePath)[=>]\"?(?P<path>(?:https?://[^\s/\"]*)?/[^\s\"?<]*)"
)
QUERY = re.compile(r'(?:\?[^\s"]*)?')
STATUS = re.compile(r'" [1-5]\d{2}(?: |$)')

LAMBDA = re.compile(
    r"\b(?P<what>START|END|REPORT) RequestId: (?P<id>[0-9a-f-]{36})(?:.*?\bDuration: (?P<ms>[\d.]+) ms)?"
)
LAMBDA_OWN = re.compile(r"\b(?:INIT_START|INIT_REPORT|EXTENSION|TELEMETRY|RESTORE_START|RESTORE_REPORT)\b")
ID = re.compile(r"(?:^|\s)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?=\s)")

POSITIONS = tuple(
    re.compile(form)
    for form in (
        # AWS's load balancers: request, target and response processing time, two statuses, received and sent bytes.
        # docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
        r'^(?:\w+ )?\d{4}-\S+ \S+ \S+ \S+ \S+ (?P<s>-1|[\d.]+) \S+ \S+ \S+ \d+ (?P<bytes>\d+) "',
        # HAProxy: Tq/Tw/Tc/Tr/Tt, status, bytes. docs.haproxy.org, "HTTP log format"
        r"\] \S+ \S+ -?\d+/-?\d+/-?\d+/(?P<ms>-?\d+)/\+?\d+ -?\d+ \+?(?P<bytes>\d+) ",
        # Envoy and Istio: status, flags, received and sent bytes, milliseconds.
        # envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#default-format-string
        r'^\[[^\]]*\] "[^"]*" \d+ \S+ (?:\S+ \S+ "?[^"]*"? )?\d+ (?P<bytes>\d+) (?P<ms>\d+) ',
        # Amazon S3: status, error, bytes, size of the object, milliseconds.
        # docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
        r'" \d{3} \S+ (?P<bytes>\d+|-) (?:\d+|-) (?P<ms>\d+|-) (?:\d+|-) "',
        # ingress-nginx: length of the request, seconds, upstream. kubernetes.github.io/ingress-nginx, "Log format"
        r'" \d{3} (?P<bytes>\d+) "[^"]*" "[^"]*" \d+ (?P<s>[\d.]+) \[',
    )
)
SENT = re.compile(
    r'(?:" \d{3}|\b(?:bytes|size|bytes_sent|body_bytes_sent|response_size)="?|<responseLength>) ?'
    r'(?P<bytes>\d+)(?=$|[\s"<,])'
)
LASTED = re.compile(
    r"\b(?P<key>u?rt|urt|request_time|upstream_response_time|duration|latency|service|elapsed|took|response_time)"
    r"(?:_(?P<suffix>ms|us|s))?[=:] ?\"?(?P<n>\d+(?:\.\d+)?)(?P<unit>ns|µs|us|ms|s)?\b"
)
UNIT = re.compile(r"(?:^|[\s|(])(?P<n>\d+(?:\.\d+)?) ?(?P<unit>ns|µs|us|ms|s)(?=$|[\s|),])")
SECONDS = ("rt", "urt", "request_time", "upstream_response_time")
"""Keys of nginx, whose times are in seconds."""
SCALE = {"ns": 1e-9, "µs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0}


def request(line: str, known: float | None = None) -> Request | Unread:
    """The request that a line of text records, or why it records none.

    known: when the line was taken over, if it is in a record. A time in the common log format is the request's own.
    """
    if "\x1b" in line:
        line = COLOURS.sub("", line)
    begin = line.find("{")
    if begin >= 0 and (record := _json(line[begin:])) is not None:
        return fields.request(record, known if known is not None else time_of(line[:begin]), request)
    time = time_of(line) if known is None else common_time(line) or known
    if (match := LAMBDA.search(line)) is not None:
        return _invocation(match, time)
    if LAMBDA_OWN.search(line) is not None:
        return Unread(OWN)
    asked = METHOD.search(line)
    if time is None:
        return Unread(TIMELESS_REQUESTS if asked else COMMENTS if line.startswith("#") else TIMELESS)
    if asked is None and STATUS.search(line) is None and PATH.search(line) is None:
        same = ID.search(line)
        return Request(time, Kind.LINE, same[1] if same else None)
    match = asked if asked and asked["path"] else PATH.search(line)
    path, others = (match["path"], _without(line, match)) if match else (None, line)
    return Request(time, Kind.REQUEST, None, path, others, *_measures(others))


def _without(line: str, match: "re.Match[str]") -> str:
    """A line without its path and query, in which anything may stand: the name of a health check, or a duration."""
    query = QUERY.match(line, match.end("path"))
    return line[: match.start("path")] + line[query.end() if query else len(line) :]


def common_time(line: str) -> float | None:
    """The time and zone of a line in the common log format; None if it has none."""
    match = COMMON.search(QUOTED.sub(_unquoted, line))
    return times.of_text(match[1]) if match else None


def time_of(line: str) -> float | None:
    """The time of a line, seconds since 1970; None if there is none outside of quotation marks."""
    bare = QUOTED.sub(_unquoted, line) if '"' in line else line
    first: str | None = None
    for match in SHAPES.finditer(bare):
        if match["common"]:
            first = match["common"]
            break
        first = first or match["dated"]
    if first is not None and (time := times.of_text(first)) is not None:
        return time
    for form in (NUMBERS, YEARLESS):
        if (match := form.search(bare)) and (time := times.of_text(match[1])) is not None:
            return time
    return times.of_text(bare.strip())


def _unquoted(match: "re.Match[str]") -> str:
    """A quoted text without its content, unless that is the time of a column or a key, and nothing else."""
    before, text = match[1], match[2]
    inside = before != "" or match.start() == 0
    return f"{before}{text}" if inside and times.of_text(text) is not None else f'{before}""'


def _json(text: str) -> dict[str, Any] | None:
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) else None


def _invocation(match: "re.Match[str]", time: float | None) -> Request | Unread:
    if time is None:
        return Unread(TIMELESS_REQUESTS if match["what"] == "START" else OWN)
    return Request(
        time, Kind.INVOCATION, match["id"], seconds=float(match["ms"]) / 1000 if match["ms"] else None
    )


def _measures(line: str) -> tuple[int | None, float | None]:
    """The response's bytes and the seconds of handling, if a line says them."""
    for form in POSITIONS:
        if match := form.search(line):
            parts = match.groupdict()
            return _count(parts["bytes"]), _seconds(parts.get("s"), 1.0) or _seconds(parts.get("ms"), 1e-3)
    sent = SENT.search(line)
    return _count(sent["bytes"]) if sent else None, lasted(line)


def lasted(text: str) -> float | None:
    """The seconds of handling that a text names by a key or a unit, outside of quoted texts such as a referrer."""
    keyed = QUOTED.sub(lambda match: match[0] if match[1] == "=" else f'{match[1]}""', text)
    if match := LASTED.search(keyed):
        unit = match["unit"] or match["suffix"] or ("s" if match["key"] in SECONDS else None)
        if unit:
            return float(match["n"]) * SCALE[unit]
    bare = QUOTED.sub('""', text)
    return float(match["n"]) * SCALE[match["unit"]] if (match := UNIT.search(bare)) else None


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _seconds(text: str | None, scale: float) -> float | None:
    """A time; -1 says that there was none."""
    return None if text is None or text.startswith("-") else float(text) * scale
