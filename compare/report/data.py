"""A Report into JSON, and its samples into CSV."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict

from compare.report.model import Report
from runs.sample import Sample


def to_json(report: Report) -> str:
    """The report as JSON; docs/report.schema.json describes it. None of Python's NaN or Infinity is in it."""
    return json.dumps(asdict(report), indent=1, allow_nan=False) + "\n"


def to_csv(samples: Iterable[tuple[str, Sample]]) -> str:
    """One line a sample with its run, milliseconds in columns of their own (ms_total, ...); empty is "not known"."""
    text = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for run, sample in samples:
        row: dict[str, object] = {"run": run}
        row.update((name, value) for name, value in asdict(sample).items() if name != "ms")
        row.update((f"ms_{name}", value) for name, value in asdict(sample.ms).items())
        if writer is None:
            writer = csv.DictWriter(text, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)
    return text.getvalue()
