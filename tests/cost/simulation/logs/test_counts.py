"""Counts a minute, as Athena, BigQuery and CloudWatch Insights print them."""

import json
from pathlib import Path

import numpy as np
import pytest

from commandline import UserError
from cost.simulation.logs import counts

ATHENA = """"minute","requests","bytes","seconds"
"2026-11-02 10:30:00.000","120","122880","12"
"2026-11-02 10:31:00.000","60","61440","6"
"""
CSV = "minute,requests\n2026-11-02 10:30:00 UTC,120\n2026-11-02 10:33:00 UTC,60\n2026-11-02 10:32:00 UTC,0\n"
INSIGHTS = (
    "bin(1m),count(*)\n2026-11-02 10:30:00.000,120\n2026-11-02 10:33:00.000,60\n2026-11-02 10:34:00.000,0\n"
)
BIGQUERY = json.dumps(
    [
        {"minute": "2026-11-02 10:30:00", "requests": "120"},
        {"minute": "2026-11-02 10:31:00", "requests": "60"},
    ],
    indent=2,
)
RESULTS = json.dumps(
    {"results": [
        [{"field": "bin(1m)", "value": f"2026-11-02 10:3{minute}:00.000"}, {"field": "count(*)", "value": "60"}]
        for minute in range(3)
    ]},
    indent=4,
)  # fmt: skip


@pytest.mark.parametrize(
    ("content", "requests", "minutes"),
    [(CSV, 180, 4), (INSIGHTS, 180, 5), (BIGQUERY, 180, 2), (RESULTS, 180, 3)],
)
def test_counts_in_each_form_are_arrivals_within_their_minutes(
    tmp_path: Path, content: str, requests: int, minutes: int
) -> None:
    path = tmp_path / "counts"
    path.write_text(content, encoding="utf-8")

    log = counts.read(path)

    assert log.requests == requests
    assert log.arrivals.resolution == 60
    assert log.arrivals.span == 60 * minutes
    drawn = np.concatenate(list(log.arrivals.chunks(np.random.default_rng(0), 0.0, log.arrivals.span * 50)))
    assert len(drawn) == pytest.approx(50 * requests, rel=0.05)


def test_sums_of_bytes_and_seconds_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "athena.csv"
    path.write_text(ATHENA, encoding="utf-8")

    log = counts.read(path)

    assert log.response_kb == 1
    assert log.handling.tolist() == [pytest.approx(0.1)]
    assert (
        log.arrivals.description
        == f"{path}, 180 requests in 2 minutes (1.5 requests a second), counted every 60 s, repeated"
    )


@pytest.mark.parametrize(
    "content",
    [
        "",
        "minute,requests\n",
        "minute,requests\nx,y\n",
        "hello\n",
        "minute,requests\n2026-11-02 10:30:00,0\n",
    ],
)
def test_a_file_without_counts_is_refused_with_an_example(tmp_path: Path, content: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(
        UserError, match=r"counts.csv has no counts: it needs a column of times and one of whole numbers"
    ):
        counts.read(path)


def test_rows_that_say_nothing_are_counted_and_shown(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(
        "minute,requests\n2026-11-02 10:30:00,5\ntotal,5\x1b\n2026-11-02 10:31:00,-3\n", encoding="utf-8"
    )

    assert (
        r"the counts: rows without a time or a whole number: 2 not counted, such as total, 5\x1b"
        in counts.read(path).notes
    )
