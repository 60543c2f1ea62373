"""The fast way counts what the rule counts, for lines that are usual and for lines that almost are."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cost.simulation.logs import text
from cost.simulation.logs.lines import Lines
from cost.simulation.logs.request import Kind
from cost.simulation.logs.tally import Tally

TIMES = st.integers(1735689600, 1798675200).map(lambda second: datetime.fromtimestamp(second, UTC))
PATHS = st.sampled_from(["/", "/a", "/health", "/a?b=/health", "/static/a.css", "", 'a\\"b', "/ä"])
AGENTS = st.sampled_from(
    ["curl/8", "kube-probe/1.31", "ELB-HealthChecker/2.0", "GoogleHC/1.0", "-", 'a \\" b', "x [y]"]
)
ENDS = st.sampled_from(["", "\r", " 0.048", ' "-"', " rt=0.048", ' "a" "b" "c"'])
ODD = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10**16)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["200", "-", "48 ms", "x"])
)


@st.composite
def common(draw: st.DrawFn) -> str:
    time, path, size = draw(TIMES), draw(PATHS), draw(st.sampled_from(["12", "-", "0", "x", ""]))
    when = draw(
        st.sampled_from(
            [
                "%d/%b/%Y:%H:%M:%S +0000",
                "%d/%b/%Y:%H:%M:%S -0530",
                "%d/%b/%Y:%H:%M:61 +0000",
                "%d/Foo/%Y:%H:%M:%S +0000",
            ]
        )
    )
    more = draw(st.just("") | AGENTS.map(lambda agent: f' "-" "{agent}"'))
    return f'203.0.113.7 - - [{time:{when}}] "GET {path} HTTP/1.1" 200 {size}{more}{draw(ENDS)}'


@st.composite
def flat(draw: st.DrawFn) -> str:
    when = draw(
        TIMES.map(datetime.isoformat)
        | TIMES.map(datetime.timestamp)
        | st.sampled_from(["2026-11-02T10:30:15", "2026-11-02"])
        | ODD
    )
    record: dict[str, object] = {"time": when, "path": draw(PATHS | ODD)}
    record |= draw(st.fixed_dictionaries({}, optional={
        "method": st.just("GET") | ODD,
        "status": st.integers(100, 600) | ODD,
        "bytes": st.integers(0, 10**6) | ODD,
        "duration_ms": st.floats(0, 1e4) | ODD,
        "user_agent": AGENTS | ODD,
        "message": st.just("GET /a 200"),
    }))  # fmt: skip
    return json.dumps(record)


def counted(tally: Tally) -> object:
    tally.finish()
    columns = [
        (kind, sorted(column.times), column.sized, column.sent, sorted(column.seconds.values.tolist()))
        for kind, column in tally.columns.items()
    ]
    return columns, tally.left, sum(tally.unread.values())


@given(st.lists(common() | flat(), max_size=12))
@settings(deadline=None, max_examples=100)
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

    assert (len(tally.columns[Kind.REQUEST].times), sum(tally.unread.values())) == (1000, 0)
