"""Whole logs: what counts as a request, what is left out and named, and files of every packing."""

import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commandline import UserError
from cost.simulation import logs
from cost.simulation.arrivals import DAY_S
from cost.simulation.logs.log import Log
from tests.cost.simulation.logs.lines import BEGIN, EVERY_HOUR, as_json, common


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
