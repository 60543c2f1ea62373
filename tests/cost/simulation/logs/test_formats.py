"""The formats that logs have: two lines or more of each, with the right second, and what else the line says."""

import json
from pathlib import Path

import pytest

from cost.simulation.logs import text
from cost.simulation.logs.request import Kind, Request, Unread
from cost.simulation.logs.tally import HEALTH_AGENT

MOMENT = 1793615415.0
"""2026-11-02 10:30:15 UTC."""

UUID = "8f507cfc-0123-4697-b07a-ac58fc914c95"


REPORT = {
    "time": "2026-11-02T10:30:15.000Z",
    "type": "platform.report",
    "record": {"requestId": UUID, "metrics": {"durationMs": 48.0, "billedDurationMs": 49}},
}


def sections() -> dict[str, list[str]]:
    """The lines of formats.txt by format. Each is a GET of /hello at MOMENT, of 31 bytes and 48 ms if it says them."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in Path(__file__).with_name("formats.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            name = line.removeprefix("== ")
            found[name] = []
        else:
            found[name].append(line.replace("\\x1b", "\x1b").replace("\\t", "\t"))
    return found


REQUESTS = sections()
LINES = [(name, line) for name, lines in REQUESTS.items() for line in lines]


@pytest.mark.parametrize(
    ("name", "line"), LINES, ids=[f"{name} {place}" for place, (name, _) in enumerate(LINES)]
)
def test_a_line_is_a_request_at_its_second_with_its_path_bytes_and_duration(name: str, line: str) -> None:
    found = text.request(line)

    assert isinstance(found, Request), name
    path = (found.path or "").removeprefix("https://shop.run.app").partition("?")[0]
    assert (found.time, found.kind) == (MOMENT, Kind.REQUEST)
    assert path.endswith("/hello")
    assert found.sent in (31, None)
    assert found.seconds is None or found.seconds == pytest.approx(0.048)


def test_a_line_within_a_record_keeps_the_time_of_its_own_in_the_common_format() -> None:
    """Docker's and CloudWatch's times say when the line was taken over; without a zone, a line's own time says less."""
    line = '203.0.113.7 - - [02/Nov/2026:10:30:15 +0000] "GET /hello HTTP/1.1" 200 31'
    local = line.replace(" +0000", "")
    found = [text.request(json.dumps({"log": one, "time": "2026-11-02T10:30:17Z"})) for one in (line, local)]

    assert [one.time for one in found if isinstance(one, Request)] == [MOMENT, MOMENT + 2]


@pytest.mark.parametrize(
    ("name", "sizes", "durations"),
    [
        ("AWS's load balancers", 2, 2),
        ("Envoy and Istio", 3, 3),
        ("HAProxy", 2, 2),
        ("Traefik", 2, 2),
        ("nginx as JSON", 1, 3),
        ("Caddy", 2, 2),
        ("Cloud Run", 1, 1),
        ("combined", 2, 0),
        ("frameworks", 1, 4),
    ],
)
def test_bytes_and_durations_are_taken_where_a_format_has_them(name: str, sizes: int, durations: int) -> None:
    found = [text.request(line) for line in REQUESTS[name]]

    assert sum(isinstance(one, Request) and one.sent is not None for one in found) == sizes
    assert sum(isinstance(one, Request) and one.seconds is not None for one in found) == durations


@pytest.mark.parametrize(
    "line",
    [
        "1793615415",
        "1793615415000",
        "1793615415000000",
        "1793615415000000000",
        "1.793615415E9",
        "2026-11-02T10:30:15",
        "2026-11-02 10:30:15,000 INFO worker started",
        "20261102T103015Z",
        "Mon, 02 Nov 2026 10:30:15 GMT",
        "[Mon Nov 02 10:30:15.000000 2026] [core:notice] [pid 7] resuming normal operations",
        "2026-11-02 10:30:15 UTC",
        '{"ts": 1793615415.0}',
        '{"@timestamp": "2026-11-02T11:30:15+01:00"}',
        '{"time": null, "date": "2026-11-02 10:30:15"}',
        '{"requestTimeEpoch": "1793615415000"}',
        '{"created": {"$date": "2026-11-02T10:30:15Z"}}',
        '{"event_time_utc": "2026-11-02T10:30:15Z", "expires": "2027-01-01T00:00:00Z"}',
        '{"date": "2026-11-02", "time": "10:30:15"}',
    ],
)
def test_a_line_with_nothing_but_a_time_has_it(line: str) -> None:
    found = text.request(line)

    assert isinstance(found, Request)
    assert (found.time, found.kind) == (MOMENT, Kind.LINE)


@pytest.mark.parametrize(
    ("line", "kind", "same", "seconds"),
    [
        (f"2026-11-02T10:30:15.000Z START RequestId: {UUID} Version: $LATEST", Kind.INVOCATION, UUID, None),
        (f"2026-11-02T10:30:15.000Z END RequestId: {UUID}", Kind.INVOCATION, UUID, None),
        (
            f"2026-11-02T10:30:15.000Z REPORT RequestId: {UUID}\tDuration: 48.00 ms\tBilled Duration: 49 ms\tMemory",
            Kind.INVOCATION,
            UUID,
            0.048,
        ),
        (
            f"2026-11-02T10:30:15+00:00 [1]0 {json.dumps(REPORT)}",
            Kind.INVOCATION,
            UUID,
            0.048,
        ),
        (
            f'{{"time":"2026-11-02T10:30:15.000Z","type":"platform.start","record":{{"requestId":"{UUID}"}}}}',
            Kind.INVOCATION,
            UUID,
            None,
        ),
        (f"[INFO]\t2026-11-02T10:30:15.000Z\t{UUID}\thello", Kind.LINE, UUID, None),
    ],
)
def test_a_record_of_lambdas_own_names_its_request(
    line: str, kind: Kind, same: str, seconds: float | None
) -> None:
    assert text.request(line) == Request(MOMENT, kind, same, seconds=seconds)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("GET /hello", "lines of requests without a time"),
        ('INFO:     127.0.0.1:54321 - "GET /hello HTTP/1.1" 200 OK', "lines of requests without a time"),
        ('203.0.113.7 "GET / HTTP/1.1" 200 5 "-" "[02/Nov/2026:10:30:15 +0000]"', "lines of requests without a time"),
        ('203.0.113.7 "GET /?from=2026-11-02T10:30:15Z HTTP/1.1" 200 5', "lines of requests without a time"),
        ("GET /?from=2026-11-02T10:30:15Z 200", "lines of requests without a time"),
        ('{"status": 200}', "lines of requests without a time"),
        ('{"userAgent": "2026-11-02T10:30:15Z"}', "JSON records without a time"),
        ("[02/Foo/2026:10:30:15 +0000]", "lines of text without a time"),
        ("2026-11-02", "lines of text without a time"),
        ("2026-02-30T10:30:15Z", "lines of text without a time"),
        ("nan", "lines of text without a time"),
        ("12", "lines of text without a time"),
        ('"x"', "lines of text without a time"),
        ("#Version: 1.0", "lines that begin with #"),
        ("2026-11-02T10:30:15Z INIT_START Runtime Version: x", "records of Lambda's own that are no requests"),
        (
            '{"time":"2026-11-02T10:30:15Z","type":"platform.initStart","record":{}}',
            "records of Lambda's own that are no requests",
        ),
    ],
)  # fmt: skip
def test_a_line_without_a_requests_time_says_what_it_is(line: str, reason: str) -> None:
    assert text.request(line) == Unread(reason)


@pytest.mark.parametrize(
    "line",
    [
        '203.0.113.7 - - [02/Nov/2026:10:30:15 +0000] "GET / HTTP/1.1" 200 5 "-" "[01/Jan/2020:00:00:00 +0000]"',
        '2026-11-02T10:30:15Z 203.0.113.7 "GET / HTTP/1.1" 200 "bot [01/Jan/2020:00:00:00 +0000]"',
        '{"time": "2026-11-02T10:30:15Z", "method": "GET", "userAgent": "2020-01-01T00:00:00Z", "status": 200}',
        '{"time": "2026-11-02T10:30:15Z", "message": "GET /a expires 2030-01-01 00:00:00"}',
        '{"updated_at": "2020-01-01T00:00:00Z", "path": "/", "status": 200, "log_time": "2026-11-02T10:30:15Z"}',
    ],
)
def test_a_time_elsewhere_in_a_line_is_not_taken(line: str) -> None:
    found = text.request(line)

    assert isinstance(found, Request)
    assert found.time == MOMENT


@pytest.mark.parametrize(
    "line",
    [
        '203.0.113.7 - - [02/Nov/2026:10:30:15 +0000] "GET /kube-probe-guide?took=5s HTTP/1.1" 200 31',
        '203.0.113.7 - - [02/Nov/2026:10:30:15 +0000] "GET /a HTTP/1.1" 200 31 "https://a/?took=5s" "-"',
        "2026-11-02 10:30:15 GET /docs/healthcheck?took=5s 200",
    ],
)
def test_a_path_or_a_referrer_is_neither_a_health_checks_agent_nor_a_duration(line: str) -> None:
    found = text.request(line)

    assert isinstance(found, Request)
    assert found.seconds is None
    assert HEALTH_AGENT.search(found.agent or "") is None
