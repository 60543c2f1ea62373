"""CPU time of reading a log, by its format, beside the least that reading can take; and memory of ten million lines.

The least is a loop over the file's lines: for JSON it decodes each by orjson, for text it looks for a date.
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from benchmarks.paired import measure, report
from cost.simulation import logs

LINES, MOST = 200_000, 10_000_000
ROUNDS = 5
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
DATE = re.compile(rb"\[(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})\]")
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Safari/537.36"


def _common(time: datetime, number: int) -> str:
    return f'198.51.100.7 - - [{time:%d/%b/%Y:%H:%M:%S} +0000] "GET /items/{number % 500} HTTP/1.1" 200 {number % 9000}'


def _combined(time: datetime, number: int) -> str:
    return f'{_common(time, number)} "-" "{AGENT}"'


def _json(**fields: Callable[[datetime, int], Any]) -> Callable[[datetime, int], str]:
    return lambda time, number: orjson.dumps(
        {name: value(time, number) for name, value in fields.items()}
    ).decode()


FORMATS: dict[str, Callable[[datetime, int], str]] = {
    "common log format": _common,
    "combined": _combined,
    "JSON, of an app": _json(
        timestamp=lambda time, _: time.isoformat(),
        method=lambda *_: "GET",
        path=lambda _, number: f"/items/{number % 500}",
        status=lambda *_: 200,
        duration_ms=lambda _, number: number % 1000 / 10,
    ),
    "JSON, of an HTTP API": _json(
        requestId=lambda _, number: f"{number:032x}",
        ip=lambda *_: "198.51.100.7",
        requestTime=lambda time, _: f"{time:%d/%b/%Y:%H:%M:%S} +0000",
        httpMethod=lambda *_: "GET",
        routeKey=lambda *_: "$default",
        status=lambda *_: "200",
        protocol=lambda *_: "HTTP/1.1",
        responseLength=lambda _, number: str(number % 9000),
    ),
}


def main() -> None:
    """Measure and print."""
    print(f"  orjson {orjson.__version__}, load {os.getloadavg()[0]:.1f}, microseconds of CPU a line")
    with tempfile.TemporaryDirectory() as folder:
        for name, line in FORMATS.items():
            path = Path(folder, "log")
            path.write_text("".join(_lines(line)), encoding="utf-8")
            print(f"  {name}, {path.stat().st_size / LINES:.0f} bytes a line")
            least = _decoded if line(BEGIN, 0).startswith("{") else _dated
            report(
                measure(
                    {
                        "the least": _timed(least, path),
                        "the least, again": _timed(least, path),
                        "ours": _timed(_read, path),
                    },
                    ROUNDS,
                )
            )
    # In a process of its own, so that its peak of memory is its own.
    subprocess.run([sys.executable, "-c", "import benchmarks.logs as b; b.many()"], check=True)


def many() -> None:
    """Print time and memory of ten million lines of the common log format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log")
        with path.open("w", encoding="utf-8") as file:
            for _ in range(MOST // LINES):
                file.writelines(_lines(_common))
        begin = time.process_time()
        _read(path)
        seconds = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {MOST:,} lines of the common log format: {seconds:.1f} s, {peak:.0f} MB")


def _lines(line: Callable[[datetime, int], str]) -> Iterator[str]:
    for number in range(LINES):
        yield f"{line(BEGIN + timedelta(seconds=3 * number), number)}\n"


def _timed(subject: Callable[[Path], object], path: Path) -> Callable[[], dict[str, float]]:
    def one() -> dict[str, float]:
        begin = time.process_time()
        subject(path)
        return {"CPU": (time.process_time() - begin) / LINES * 1e6}

    return one


def _read(path: Path) -> None:
    read = logs.read([path])
    if read.requests % LINES:
        raise AssertionError(f"{read.requests} requests were read, of {LINES} lines")


def _decoded(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for line in file if orjson.loads(line))


def _dated(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for line in file if DATE.search(line))
