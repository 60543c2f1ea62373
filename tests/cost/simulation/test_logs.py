"""Logs: the formats that are understood, the lines that are not, and how a month is made of what was read."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandline import UserError
from cost.simulation import logs
from cost.simulation.arrivals import DAY_S

MOMENT = datetime(2026, 11, 2, 10, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        '203.0.113.7 - - [02/Nov/2026:10:30:15 +0000] "GET /hello HTTP/1.1" 200 31',
        '203.0.113.7 - alice [02/Nov/2026:12:30:15 +0200] "GET / HTTP/1.1" 200 5 "-" "curl/8"',
        '{"time": "2026-11-02T10:30:15Z", "status": 200}',
        '{"timestamp": "2026-11-02T10:30:15.000000Z", "httpRequest": {"status": 200}}',
        '{"@timestamp": "2026-11-02T11:30:15+01:00"}',
        '{"requestTime": "02/Nov/2026:10:30:15 +0000", "status": "200"}',
        '{"requestTimeEpoch": "1793615415000"}',
        '{"ts": 1793615415.0}',
        '{"time": null, "date": "2026-11-02 10:30:15"}',
        "1793615415",
        "1793615415000",
        "1793615415000000",
        "1793615415000000000",
        "2026-11-02T10:30:15",
        "2026-11-02 10:30:15 GET /hello",
        "2026-11-02T10:30:15Z GET /hello 200",
    ],
)
def test_the_time_of_a_line_is_found(line: str) -> None:
    assert logs.time_of(line) == MOMENT.timestamp()


@pytest.mark.parametrize(
    "line",
    [
        "GET /hello",
        "{",
        '{"status": 200}',
        "[]",
        '{"time": []}',
        "[02/Foo/2026:10:30:15 +0000]",
        "nan",
        "12",
        '"x"',
    ],
)
def test_a_line_without_a_time_has_none(line: str) -> None:
    assert logs.time_of(line) is None


@given(st.text(min_size=1).filter(str.strip))
def test_no_line_breaks_the_reading(line: str) -> None:
    found = logs.time_of(line.strip())

    assert found is None or isinstance(found, float)


def test_a_log_is_sorted_and_its_unread_lines_are_counted_and_shown() -> None:
    lines = ["1793615420\n", "# a comment\n", "\n", "1793615410\n", "1793615415\n", "x" * 200]

    log = logs.parse(lines, "access.log")

    assert log.arrivals.times.tolist() == [0, 5, 10]
    assert (log.requests, log.unread, log.examples) == (3, 2, ("# a comment", "x" * 80))
    assert log.arrivals.rate == pytest.approx(3 / 15)
    assert not log.arrivals.days


def test_a_log_of_two_days_is_resampled_by_days() -> None:
    begin = int(MOMENT.timestamp())
    log = logs.parse([str(begin + int(part * DAY_S / 10)) for part in range(25)], "long.log")

    assert log.arrivals.days
    assert (
        log.arrivals.description
        == "long.log, 25 requests in 2.5 days (0.417 requests an hour), its days in random order"
    )


def test_a_gzipped_log_is_read(tmp_path: Path) -> None:
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(b"1793615410\n1793615420\n"))

    assert logs.read(path).requests == 2


@pytest.mark.parametrize("lines", [[], ["\n"], ["1793615410"], ["nothing", "here"]])
def test_a_log_with_fewer_than_two_times_is_refused_with_what_is_understood(lines: list[str]) -> None:
    with pytest.raises(
        UserError, match=r"at least 2 are needed, in the common log format, as JSON with one of timestamp"
    ):
        logs.parse(lines, "empty.log")


def test_a_log_without_any_time_shows_its_lines() -> None:
    with pytest.raises(UserError, match=r"0 lines with a time and 1 without; (.|\n)*\n  GET /hello"):
        logs.parse(["GET /hello"], "odd.log")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gz"
    broken.write_bytes(b"no gzip")

    with pytest.raises(UserError, match=r"nowhere.log cannot be read"):
        logs.read(tmp_path / "nowhere.log")
    with pytest.raises(UserError, match=r"broken.gz cannot be read"):
        logs.read(broken)


def test_requests_of_one_second_only_have_a_rate() -> None:
    log = logs.parse(["1793615410", "1793615410"], "burst.log")

    assert log.arrivals.rate == 2
