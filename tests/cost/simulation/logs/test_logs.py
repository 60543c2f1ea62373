"""Whole logs: what counts as a request, what is left out and named, and files of every packing."""

import bz2
import gzip
import io
import json
import lzma
import random
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commandline import UserError
from cost.simulation import logs
from cost.simulation.arrivals import DAY_S
from cost.simulation.logs.files import BLOCK
from cost.simulation.logs.log import Log
from tests.soak import drawn

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
EVERY_HOUR = [BEGIN + timedelta(hours=hour) for hour in range(100)]


def common(time: datetime, request: str = "GET /a HTTP/1.1", more: str = "") -> str:
    return f'198.51.100.7 - - [{time:%d/%b/%Y:%H:%M:%S} +0000] "{request}" 200 12{more}'


def as_json(time: datetime, **more: object) -> str:
    return json.dumps({"timestamp": time.isoformat(), "path": "/a", "status": 200, **more})


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Log]:
    """A function from the lines of a log to what it says."""

    def of(lines: Sequence[str], **options: Sequence[str]) -> Log:
        path = tmp_path / "access.log"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return logs.read([path], **options)

    return of


def test_a_log_is_sorted_and_its_unread_lines_are_counted_by_kind_and_shown(read: Callable[..., Log]) -> None:
    log = read(["1793615420", "# a comment", "", "1793615410", '{"a": 1}', "x" * 200, "1793615415", "oops"])

    assert log.arrivals.times.tolist() == [0, 5, 10]
    assert log.arrivals.rate == pytest.approx(3 / 15)
    assert not log.arrivals.days
    assert log.requests == 3
    notes = "\n".join(log.notes)
    assert f"lines of text without a time: 2 not counted, such as {'x' * 80}\n" in notes
    assert "lines that begin with #: 1 not counted, such as # a comment\n" in notes
    assert 'JSON records without a time: 1 not counted, such as {"a": 1}\n' in notes


def test_a_log_of_two_days_is_resampled_by_days(read: Callable[..., Log]) -> None:
    log = read([str(int(BEGIN.timestamp() + part * DAY_S / 10)) for part in range(25)])

    assert log.arrivals.days
    assert log.arrivals.description.endswith(
        "access.log, 25 requests in 2.5 days (0.417 requests an hour), its days in random order"
    )


def test_health_checks_and_excluded_paths_are_left_out_and_counted(read: Callable[..., Log]) -> None:
    lines = [
        *(common(time) for time in EVERY_HOUR),
        *(common(time, "GET /health HTTP/1.1") for time in EVERY_HOUR),
        *(as_json(time, path="/api/healthz?full=1") for time in EVERY_HOUR),
        *(common(time, "GET / HTTP/1.1", ' "-" "ELB-HealthChecker/2.0"') for time in EVERY_HOUR),
        *(as_json(time, httpUserAgent="kube-probe/1.31") for time in EVERY_HOUR),
        *(as_json(time, path="https://shop.example/static/a.css") for time in EVERY_HOUR[:50]),
        common(BEGIN, "GET /healthy-food HTTP/1.1"),
    ]

    log = read(lines, exclude=["/static/*"])

    assert log.requests == 101
    assert "the log: health checks: 400 left out" in log.notes
    assert "the log: requests that --exclude names: 50 left out" in log.notes


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_records_of_one_lambda_request_count_once(read: Callable[..., Log], shuffled: bool) -> None:
    lines: list[str] = []
    for place, time in enumerate(EVERY_HOUR):
        same, prefix = f"00000000-0000-4000-8000-{place:012d}", f"{time.isoformat()} 2026/11/02/shop[3]0123 "
        report = {"requestId": same, "metrics": {"durationMs": 2.0}}
        end = (time + timedelta(seconds=1)).isoformat()
        lines += [
            prefix
            + json.dumps({"time": time.isoformat(), "type": "platform.start", "record": {"requestId": same}}),
            prefix + as_json(time, requestId=same, path="/health" if place % 10 == 0 else "/a"),
            prefix + json.dumps({"time": end, "type": "platform.report", "record": report}),
            prefix + json.dumps({"time": end, "type": "platform.initStart", "record": {}}),
        ]
    if shuffled:
        random.Random(0).shuffle(lines)

    log = read(lines)

    wanted = [time for place, time in enumerate(EVERY_HOUR) if place % 10]
    assert log.arrivals.times.tolist() == [(time - wanted[0]).total_seconds() for time in wanted]
    assert log.handling.tolist() == [0.002] * 90
    assert "the log: health checks: 10 left out" in log.notes
    assert "the log: further records of the same requests: 200, counted once" in log.notes


def test_the_text_records_of_lambda_count_once_too(read: Callable[..., Log]) -> None:
    lines: list[str] = []
    for place, time in enumerate(EVERY_HOUR):
        moment, same = f"{time:%Y-%m-%dT%H:%M:%S}.000Z", f"00000000-0000-4000-8000-{place:012d}"
        lines += [
            f"{moment} START RequestId: {same} Version: $LATEST",
            f"{moment} [INFO]\t{moment}\t{same}\tGET /a 200",
            f"{moment} END RequestId: {same}",
            f"{moment} REPORT RequestId: {same}\tDuration: 2.00 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB",
        ]

    assert read(lines).requests == 100


def test_an_id_that_many_requests_share_is_none_of_theirs(read: Callable[..., Log]) -> None:
    log = read([as_json(time, request_id="N/A", bytes=12) for time in EVERY_HOUR])

    assert (log.requests, log.response_kb) == (100, 12 / 1024)
    assert not [note for note in log.notes if "same requests" in note]


def test_a_record_spread_over_lines_that_is_cut_off_loses_only_itself(read: Callable[..., Log]) -> None:
    lines = [f"{time.isoformat()} shop {as_json(time)}" for time in EVERY_HOUR]

    assert read([*lines, f"{EVERY_HOUR[-1].isoformat()} shop {{", '    "path": "/a",']).requests == 100


def test_what_an_app_says_besides_its_requests_is_left_out(read: Callable[..., Log]) -> None:
    lines = [common(time) for time in EVERY_HOUR]
    lines += [f"{time:%Y-%m-%d %H:%M:%S},000 INFO cache filled" for time in EVERY_HOUR]

    log = read(lines)

    assert log.requests == 100
    assert (
        "the log: lines with a time that show no request (a method, a path or a status): 100 left out"
        in log.notes
    )


def test_what_an_app_logs_in_cloud_logging_does_not_count_beside_the_platforms_own_records(
    read: Callable[..., Log],
) -> None:
    entries: list[object] = []
    for time in EVERY_HOUR:
        entry = {"insertId": "a", "timestamp": time.isoformat()}
        entries += [
            entry | {"httpRequest": {"requestUrl": "https://a/b", "status": 200, "latency": "0.5s"}},
            entry | {"jsonPayload": {"method": "GET", "path": "/b", "status": 200, "message": "GET /b 200"}},
        ]

    assert read([json.dumps(entries, indent=2)]).requests == 100
    assert read([json.dumps(entry) for entry in entries[1::2]]).requests == 100


def test_times_far_from_all_others_are_named_and_left_out(read: Callable[..., Log]) -> None:
    lines = [common(time) for time in EVERY_HOUR]
    far = ['{"ts": "0001-01-01T00:00:00Z", "status": 200}', common(datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC))]

    log = read([*far, *lines, common(datetime(2098, 1, 1, tzinfo=UTC))])

    assert log.arrivals.times.tolist() == [hour * 3600.0 for hour in range(100)]
    assert log.notes[0].endswith("2 left out, 0001-01-01 00:00:00, 1970-01-01 00:00:07")
    assert log.notes[1].endswith("1 left out, 2098-01-01 00:00:00")


def test_traffic_that_comes_in_seasons_is_whole(read: Callable[..., Log]) -> None:
    times = [
        BEGIN + timedelta(days=90 * season, minutes=minute) for season in range(4) for minute in range(30)
    ]

    assert read([common(time) for time in times]).requests == 120


def test_bytes_and_durations_are_averaged_where_most_requests_have_them(read: Callable[..., Log]) -> None:
    lines = [
        as_json(time, bytes=2048 * (place % 2), duration_ms=place) for place, time in enumerate(EVERY_HOUR)
    ]

    log = read(lines)

    assert log.response_kb == 1
    assert log.handling.mean() == pytest.approx(0.0495)
    assert log.notes == (
        "the log: a response has 1 KB on average",
        "the log: a request takes 50 ms on average there, 95% of them 94 ms at most",
    )
    few = read([*lines[:10], *(as_json(time) for time in EVERY_HOUR)])
    assert (few.response_kb, few.handling.tolist()) == (None, [])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "has no request with a time, and a rate takes two: a line needs a date and a time of day"),
        (["1793615410"], "has only one request with a time, and a rate takes two"),
        (["nothing", "here"], "lines of text without a time: 2 not counted, such as nothing"),
        (
            [common(BEGIN)] * 2,
            "has 2 requests within a second, which is no rate: a log of some days shows one",
        ),
        ([common(time, "GET /health HTTP/1.1") for time in EVERY_HOUR], "; health checks: 100 left out"),
        (['{"a":' * 100000 + "1" + "}" * 100000], "lines of JSON that are cut off or damaged: 1 not counted"),
        (
            ["\x1b]0;owned\x07\x1b[31mred \u202e\x9b", "[02/Nov/2026"],
            r"such as \x1b]0;owned\x07\x1b[31mred \u202e\x9b",
        ),
        (["\0" * 5000], "no request with a time"),
    ],
)
def test_a_log_without_a_rate_is_refused_in_one_line_that_says_what_was_read(
    read: Callable[..., Log], lines: list[str], message: str
) -> None:
    with pytest.raises(UserError) as refused:
        read(lines)

    assert message in str(refused.value)
    assert str(refused.value).isprintable()


WEEK = "\n".join(common(time) for time in EVERY_HOUR).encode()


def zipped(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        half = data.index(b"\n", len(data) // 2)
        archive.writestr("a.log", data[:half])
        archive.writestr("b/c.log.gz", gzip.compress(data[half:]))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        WEEK,
        b"\xef\xbb\xbf" + WEEK,
        WEEK.replace(b"\n", b"\r\n"),
        b"\0" * 100 + WEEK,
        WEEK.decode().encode("utf-16"),
        WEEK.decode().encode("utf-16-le"),
        WEEK.decode().encode("utf-16-be"),
        gzip.compress(WEEK[:3000]) + gzip.compress(WEEK[3000:]),
        gzip.compress(gzip.compress(WEEK)),
        bz2.compress(WEEK),
        lzma.compress(WEEK),
        zipped(WEEK),
        b"\xfe\xfa not text \x00\x01\n" + WEEK,
        b"x" * (3 * BLOCK) + b"\n" + WEEK,
    ],
)
def test_the_content_decides_and_not_the_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "access.gz"
    path.write_bytes(content)

    assert logs.read([path]).arrivals.times.tolist() == [hour * 3600.0 for hour in range(100)]


def test_files_and_folders_are_one_log_and_none_counts_twice(tmp_path: Path) -> None:
    (tmp_path / "logs" / "deep").mkdir(parents=True)
    first, second = tmp_path / "logs" / "a.log", tmp_path / "logs" / "deep" / "b.gz"
    first.write_text("\n".join(common(time) for time in EVERY_HOUR[:60]), encoding="utf-8")
    second.write_bytes(gzip.compress("\n".join(as_json(time) for time in EVERY_HOUR[60:]).encode()))
    (tmp_path / "logs" / ".hidden").write_text(
        "\n".join(common(time) for time in EVERY_HOUR), encoding="utf-8"
    )

    log = logs.read([tmp_path / "logs", first])

    assert log.requests == 100
    assert log.arrivals.description.startswith("2 files, 100 requests in 4.17 days")


def test_a_file_that_breaks_off_counts_as_far_as_it_goes_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(
        gzip.compress(random.Random(0).randbytes(4 * BLOCK).hex().encode() + b"\n" + WEEK)[:-2000]
    )
    whole = tmp_path / "whole.log"
    whole.write_bytes(WEEK)

    log = logs.read([path, whole])

    assert log.requests == 100
    assert log.notes[0].startswith(f"the log: {path} breaks off: ")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nowhere.log", None, r"nowhere.log cannot be read: No such file or directory"),
        ("a.zst", b"\x28\xb5\x2f\xfd" + b"\0" * 600, r"is packed by zstd: unpack it, zstd -dc FILE \| "),
        ("a.tar", b"\0" * 257 + b"ustar" + b"\0" * 600, r"is a tar archive: unpack it, and name the folder"),
        ("b.gz", b"\x1f\x8b no gzip", r"b.gz breaks off: "),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UserError, match=message):
        logs.read([path])


def test_a_folder_without_files_and_a_device_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder without files: name a log, or a folder of logs"):
        logs.read([tmp_path])
    with pytest.raises(
        UserError, match="/dev/zero is a device, and has no end: name a file, or - for standard input"
    ):
        logs.read(["/dev/zero"])


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
