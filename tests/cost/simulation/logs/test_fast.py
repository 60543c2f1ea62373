"""The fast way counts what the rule counts, for lines that are usual and for lines that almost are."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cost.simulation.logs import text
from cost.simulation.logs.lines import Lines
from cost.simulation.logs.request import Kind
from cost.simulation.logs.tally import Tally
from tests.soak import drawn

TIMES = st.integers(1735689600, 1798675200).map(lambda second: datetime.fromtimestamp(second, UTC))
PATHS = st.sampled_from([
    "/", "/a", "/health", "/a?b=/health", "/static/a.css", "", 'a\\"b', "/ä", "/a;b", "/health;v=1", "/a'b", "/a|b",
    "/a?took=5s", "/a?x=healthcheck", "/healthcheck-guide", "http://a/b", "*", "/a b", "/[b]", "/{}",
])  # fmt: skip
PREFIXES = st.sampled_from([
    "203.0.113.7 - - ", "", "shop:443 ::1 - - ", "web-1  | ::1 - - ", "[pod/a] ::1 - - ", 'x "y" - ', "rt=0.048 ",
    "2026-11-02T10:30:15Z ", "[01/Jan/2026:00:00:00 +0000] ", "\x1b[31m", "kube-probe - - ", "\\ ",
])  # fmt: skip
METHODS = st.sampled_from(["GET", "POST", "DELETE", "PROPFIND", "get", ""])
STAMPS = st.sampled_from([
    "%d/%b/%Y:%H:%M:%S +0000", "%d/%b/%Y:%H:%M:%S -0530", "%d/%b/%Y:%H:%M:61 +0000", "%d/Foo/%Y:%H:%M:%S +0000",
    "%d/%b/%Y:24:%M:%S +0000", "%d/%b/%Y %H:%M:%S +0000", "31/Feb/%Y:%H:%M:%S +0000", "%d/%b/%Y:%H:%M:%S UTC",
    "%d/%b/0001:00:%M:%S +2300", "%d/%b/%Y:%H:%M:%S +9900", "%d/%b/%Y:%H-%M:%S +0000",
])  # fmt: skip
ISO = st.sampled_from([
    "2026-11-02T10:30:15", "2026-11-02", "2026-11-02T10:30:15.1Z", "2026-11-02 10:30:15.123456789+02:00",
    "2026-11-02T10:30:15,123Z", "2026-11-02T24:00:00Z", "2026-02-30T10:30:15Z", "2026-11-02T10:30:15.Z",
    "2026-11-02T10:30:15.999999-0530", "2026-11-02T10:30:15+05:30:15", "2026-W45-1T10:30:15Z", "2026-11-02T10:30Z",
    "٢٠٢٦-11-02T10:30:15Z", "0001-01-01T00:00:00+10:00", "2026-11-02T10:30:60Z",
])  # fmt: skip
AGENTS = st.sampled_from(
    ["curl/8", "kube-probe/1.31", "ELB-HealthChecker/2.0", "GoogleHC/1.0", "-", 'a \\" b', "x [y]"]
)
ENDS = st.sampled_from(["", "\r", " 0.048", ' "-"', " rt=0.048", ' "a" "b" "c"'])
NUMBERS = st.sampled_from(
    ["2.1", "7", "0", "1.2.3", ".5", "5.", "", "48 ms", "1\n2", "٣", "-1", "1e3", "99999999999"]
)
ODD = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10**16)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["200", "-", "48 ms", "x"])
)


@st.composite
def common(draw: st.DrawFn) -> str:
    time, when, path, method = draw(TIMES), draw(STAMPS), draw(PATHS), draw(METHODS)
    size = draw(st.sampled_from(["12", "-", "0", "x", "", "007", "1234567890123456", "12 "]))
    status = draw(st.sampled_from(["200", "404", "20", "2000", "-"]))
    referrer = draw(st.sampled_from(["-", "https://a/?took=5s", "healthcheck"]))
    more = draw(st.just("") | AGENTS.map(lambda agent: f' "{referrer}" "{agent}"'))
    prefix, end = draw(PREFIXES), draw(ENDS)
    return f'{prefix}[{time:{when}}] "{method} {path} HTTP/1.1" {status} {size}{more}{end}'


@st.composite
def flat(draw: st.DrawFn) -> str:
    when = draw(
        TIMES.map(datetime.isoformat)
        | TIMES.map(datetime.timestamp)
        | TIMES.map(lambda time: f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond:03}Z")
        | TIMES.map(lambda time: f"{time:%d/%b/%Y:%H:%M:%S} +0000")
        | TIMES.map(lambda time: str(round(time.timestamp() * 1000)))
        | ISO
        | ODD
    )
    record: dict[str, object] = {draw(st.sampled_from(["time", "requestTime"])): when}
    record |= draw(st.fixed_dictionaries({}, optional={
        "path": PATHS | ODD,
        "method": st.just("GET") | ODD,
        "status": st.integers(100, 600) | st.just("200") | ODD,
        "bytes": st.integers(0, 10**6) | st.integers(0, 10**6).map(str) | ODD,
        "duration_ms": st.floats(0, 1e4) | NUMBERS | ODD,
        "user_agent": AGENTS | ODD,
        "message": st.just("GET /a 200"),
        "requestId": st.integers(0, 3).map(str) | st.uuids().map(str) | ODD,
        "type": st.sampled_from(["access", "platform.start", "platform.report", "platform.end"]) | ODD,
        "request": st.sampled_from(["GET /a HTTP/1.1", "POST /health", "GET", "get /a HTTP/1.1", ""]) | ODD,
        "headers": st.just({"a": 1}),
        "logName": st.just("projects/p/logs/run"),
    }))  # fmt: skip
    return json.dumps(record)


def counted(tally: Tally) -> object:
    tally.finish()
    columns = [
        (kind, sorted(column.times), column.sized, column.sent, sorted(column.seconds.values.tolist()))
        for kind, column in tally.columns.items()
    ]
    return columns, tally.left, sum(tally.unread.values())


@given(st.lists(common() | flat(), max_size=12) | st.lists(flat(), max_size=12))
@example(['{"time": "2026-11-02T10:30:15.999999-0530", "method": "GET"}'])
@settings(deadline=None, max_examples=drawn(50))
def test_the_fast_way_counts_what_the_rule_counts(lines: list[str]) -> None:
    tally, plain = Tally(["/static/*"]), Tally(["/static/*"])
    Lines(tally).read([line.encode() for line in lines])
    for line in lines:
        plain.add(text.request(line.strip()))

    assert counted(tally) == counted(plain)


def test_most_usual_lines_take_the_fast_way() -> None:
    """Else it would be a fast way for nothing."""
    begin = datetime(2026, 11, 2, tzinfo=UTC)
    tally = Tally()
    lines = Lines(tally)
    lines._other = lambda line: tally.miss("slow", line.decode())  # type: ignore[method-assign]
    lines.read(
        [
            f'::1 - - [{begin + timedelta(seconds=second):%d/%b/%Y:%H:%M:%S} +0000] "GET / HTTP/1.1" 200 1'.encode()
            for second in range(500)
        ]
    )
    lines.read([json.dumps({"time": begin.isoformat(), "path": "/a", "status": 200}).encode()] * 500)
    # As an HTTP API writes them, with values that are all texts, in the project's own form and in the guide's.
    millis = round(begin.timestamp() * 1000)
    own = {
        "method": "GET",
        "path": "/a",
        "status": "200",
        "responseLength": "12",
        "integrationLatencyMs": "7",
    }
    guide = {
        "requestTime": "02/Nov/2026:10:30:15 +0000",
        "httpMethod": "GET",
        "status": "200",
        "responseLength": "12",
    }
    lines.read([json.dumps({"time": str(millis), "requestId": f"a{n}", **own}).encode() for n in range(500)])
    lines.read([json.dumps({"requestId": f"b{n}", **guide}).encode() for n in range(500)])
    # As many people have nginx write them.
    nginx = {
        "time_iso8601": begin.isoformat(),
        "request": "GET /a HTTP/1.1",
        "status": "200",
        "request_time": "0.007",
    }
    lines.read([json.dumps(nginx).encode()] * 500)
    tally.finish()

    assert (len(tally.columns[Kind.REQUEST].times), sum(tally.unread.values())) == (2500, 0)
