"""The SQL of docs/logs.md, run by DuckDB over sample rows, makes counts that are read."""

import re
from pathlib import Path

import duckdb
import pytest

from cost.simulation.logs import counts

TEXT = (Path(__file__).parents[4] / "docs" / "logs.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n((?:.|\n)*?)```", TEXT)

ATHENA = """
CREATE MACRO from_iso8601_timestamp(text) AS CAST(replace(text, 'Z', '') AS TIMESTAMP);
CREATE TABLE alb_access_logs AS SELECT * FROM (VALUES
  ('2026-11-02T10:30:15.123456Z', 2048, 0.25, 'https://a:443/b'),
  ('2026-11-02T10:30:16.123456Z', 0, -1.0, 'https://a:443/b'),
  ('2026-11-02T10:31:15.123456Z', 1024, 0.5, 'https://a:443/b'),
  ('2026-11-02T10:31:15.123456Z', 9, 9.0, 'https://a:443/health')
) AS rows(time, sent_bytes, target_processing_time, request_url)
"""
BIGQUERY = """
CREATE TABLE run_googleapis_com_requests AS SELECT * FROM (VALUES
  (TIMESTAMP '2026-11-02 10:30:15', {'responseSize': 2048, 'latency': 0.25, 'requestUrl': 'https://a/b'}),
  (TIMESTAMP '2026-11-02 10:30:16', {'responseSize': 0, 'latency': 0.0, 'requestUrl': 'https://a/b'}),
  (TIMESTAMP '2026-11-02 10:31:15', {'responseSize': 1024, 'latency': 0.5, 'requestUrl': 'https://a/b'}),
  (TIMESTAMP '2026-11-02 10:31:15', {'responseSize': 9, 'latency': 9.0, 'requestUrl': 'https://a/health'})
) AS rows(timestamp, httpRequest)
"""


@pytest.mark.parametrize(
    ("tables", "query"), list(zip([ATHENA, BIGQUERY], QUERIES, strict=True)), ids=["Athena", "BigQuery"]
)
def test_a_shown_query_makes_counts_that_are_read(tmp_path: Path, tables: str, query: str) -> None:
    path = tmp_path / "counts.csv"
    with duckdb.connect() as database:
        database.execute(tables)
        # BigQuery's own name for what DuckDB calls date_trunc.
        plain = query.replace("TIMESTAMP_TRUNC(timestamp, MINUTE)", "date_trunc('minute', timestamp)")
        rows = database.execute(plain).fetchall()
    lines = [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join(["minute,requests,bytes,seconds", *lines]), encoding="utf-8")

    log = counts.read(path)

    assert (log.requests, log.arrivals.span, log.response_kb) == (3, 120, 1)
    assert log.handling.tolist() == [pytest.approx(0.25)]
