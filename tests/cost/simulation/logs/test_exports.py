"""A log in each form of export gives its requests back, whatever else is in it."""

import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commandline import UserError
from cost.simulation import logs
from tests.cost.simulation.logs.lines import BEGIN, EVERY_HOUR, as_json, common
from tests.soak import drawn


def insights(times: Sequence[datetime]) -> str:
    """Messages with quotation marks, commas and line ends."""
    rows = [f'{time:%Y-%m-%d %H:%M:%S}.000,"""GET /a, HTTP/1.1"" 200\n"' for time in times]
    return "\n".join(["@timestamp,@message", *rows])


def cloudfront(times: Sequence[datetime]) -> str:
    rows = [
        f"{time:%Y-%m-%d}\t{time:%H:%M:%S}\tFRA6\t12\t203.0.113.7\tGET\td1.cloudfront.net\t/a\t200"
        for time in times
    ]
    names = "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status"
    return "\n".join(["#Version: 1.0", f"#Fields: {names}", *rows])


def milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def cloud_logging(times: Sequence[datetime]) -> list[object]:
    return [
        {"httpRequest": {"status": 200}, "timestamp": time.isoformat(), "labels": {"a": "}{"}}
        for time in times
    ]


def cloudwatch(times: Sequence[datetime]) -> dict[str, object]:
    events = [{"timestamp": milliseconds(time), "message": common(time), "eventId": "1"} for time in times]
    return {"events": events, "searchedLogStreams": []}


def insights_results(times: Sequence[datetime]) -> dict[str, object]:
    rows = [
        [
            {"field": "@timestamp", "value": f"{time:%Y-%m-%d %H:%M:%S}.000"},
            {"field": "@message", "value": "GET /a 200"},
        ]
        for time in times
    ]
    return {"results": rows, "statistics": {"recordsMatched": 3.0}}


def subscription(time: datetime) -> str:
    event = {"id": "1", "timestamp": milliseconds(time), "message": common(time)}
    return json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [event]})


def cloud_logging_yaml(times: Sequence[datetime]) -> str:
    """As gcloud prints without --format."""
    documents = (
        f"""---
httpRequest:
  latency: 0.002s
  requestMethod: GET
  requestUrl: https://shop.run.app/a
  status: 200
insertId: 65f0a{place}
labels:
  instanceId: '00'
receiveTimestamp: '{time + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}.123456Z'
timestamp: '{time:%Y-%m-%dT%H:%M:%S}Z'
"""
        for place, time in enumerate(times)
    )
    return "".join(documents)


def tail_as_json(times: Sequence[datetime]) -> str:
    """As `aws logs tail --format json` prints a function's log: each record is spread over lines."""
    lines: list[str] = []
    for place, time in enumerate(times):
        same, end = f"00000000-0000-4000-8000-{place:012d}", (time + timedelta(seconds=1)).isoformat()
        records = (
            {"time": time.isoformat(), "type": "platform.start", "record": {"requestId": same}},
            {"timestamp": time.isoformat(), "requestId": same, "path": "/a", "status": 200},
            {"time": end, "type": "platform.report", "record": {"requestId": same}},
        )
        lines += [f"{time.isoformat()} shop[3]0123 {json.dumps(record, indent=4)}" for record in records]
    return "\n".join(lines)


Writer = Callable[[Sequence[datetime]], str]
WRITERS: dict[str, Writer] = {
    "gcloud logging read --format=json": lambda times: json.dumps(cloud_logging(times), indent=2),
    "gcloud logging read": cloud_logging_yaml,
    "aws logs tail --format json": tail_as_json,
    "one array": lambda times: json.dumps(cloud_logging(times)),
    "aws logs filter-log-events": lambda times: json.dumps(cloudwatch(times), indent=4),
    "aws logs get-query-results": lambda times: json.dumps(insights_results(times), indent=4),
    "a subscription of CloudWatch, without line ends": lambda times: "".join(map(subscription, times)),
    "CloudWatch Insights as CSV": insights,
    "CloudFront": cloudfront,
    "semicolons": lambda times: "\n".join(["Status;Time", *(f"200;{time.isoformat()}" for time in times)]),
    "quoted": lambda times: "\n".join(
        ['"path","timestamp"', *(f'"/a","{milliseconds(time)}"' for time in times)]
    ),
    "common log format": lambda times: "\n".join(map(common, times)),
    "combined": lambda times: "\n".join(common(time, more=' "-" "curl/8"') for time in times),
    "JSON lines": lambda times: "\n".join(map(as_json, times)),
    "timestamps": lambda times: "\n".join(f"{time.timestamp():.0f}" for time in times),
    "syslog": lambda times: "\n".join(f"{time:%b %e %H:%M:%S} host web: GET /a 200" for time in times),
}
SHUFFLED = ("common log format", "combined", "JSON lines", "timestamps", "syslog")
NOISE = (
    "",
    "Traceback (most recent call last):",
    '  File "a.py"',
    "{",
    "}",
    "\x1b[31m",
    '{"a": 1}',
    "[info] ok",
    "\0\0",
)


@pytest.mark.parametrize("name", WRITERS)
def test_a_log_in_each_form_of_export_gives_its_requests_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / "export"
    path.write_text(WRITERS[name](EVERY_HOUR), encoding="utf-8")

    assert logs.read([path]).arrivals.times.tolist() == [hour * 3600.0 for hour in range(100)]


@given(
    st.sampled_from(SHUFFLED),
    st.lists(st.integers(0, 86_000), min_size=2, max_size=60).filter(
        lambda seconds: max(seconds) > min(seconds)
    ),
    st.lists(st.sampled_from(NOISE), max_size=20),
    st.randoms(use_true_random=False),
)
@settings(deadline=None, max_examples=100)
def test_drawn_arrivals_come_back_from_a_shuffled_log_with_noise(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    seconds: list[int],
    noise: list[str],
    shuffle: random.Random,
) -> None:
    times = [BEGIN + timedelta(seconds=second) for second in seconds]
    lines = [*WRITERS[name](times).split("\n"), *noise]
    shuffle.shuffle(lines)
    path = tmp_path_factory.getbasetemp() / "drawn.log"
    path.write_text("\n".join(lines), encoding="utf-8")

    log = logs.read([path])

    assert log.arrivals.times.tolist() == sorted(float(second - min(seconds)) for second in seconds)


@given(st.binary(max_size=2000) | st.text(max_size=500).map(lambda text: f"{{{text}".encode()))
@example(b"\rT")  # for a table, a line that ends within its first cell
@settings(deadline=None, max_examples=drawn(150))
def test_no_content_breaks_the_reading(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "drawn.bin"
    path.write_bytes(content)

    said: Sequence[str]
    try:
        said = logs.read([path]).notes
    except UserError as error:
        said = [str(error)]
    assert all(one.isprintable() for one in said)
