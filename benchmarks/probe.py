"""What the probe adds to a measured latency, beside a client in C, hey, wrk and aiohttp on the same server.

The server (probe.c) answers after 20 ms, to some 0.01 ms by its own clock. A client that measures more has that error.
Server and clients run on different CPUs if there are two. A tool that is not there is named and left out.
"""

import asyncio
import csv
import io
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import numpy as np
import pycurl

from benchmarks.paired import Sample, describe_machine, measure, report
from compare.measure.experiment import Done, Experiment
from compare.measure.probe import Probe
from compare.measure.stop import Stop
from compare.measure.together import Connections, OpenLoop
from compare.targets.endpoints import Endpoint
from compare.targets.request import Filled
from runs.plan import Plan
from runs.sample import Connection, Source
from runs.sample import Sample as Measured

DELAY_MS = 20.0
REQUESTS = 40
ROUNDS = 9
TARGETS = 20
RATE, SECONDS, CONNECTIONS = 500, 4, 32
Subject = Callable[[], Sample]


def main() -> None:
    """Measure and print; without a C compiler print one line."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        print("  a C compiler is needed for the server and the client to compare with: install gcc")
        return
    describe_machine()
    for tool in ("hey", "wrk"):
        if shutil.which(tool) is None:
            print(f"  {tool} is not on PATH and left out")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "probe"
        source = Path(__file__).with_name("probe.c")
        subprocess.run([compiler, "-O2", "-pthread", "-o", str(program), str(source)], check=True)
        with _server(program, TARGETS) as ports:
            connections: tuple[Connection, ...] = ("kept", "fresh")
            for connection in connections:
                print(f"error on a server that takes {DELAY_MS:g} ms, {connection} connection, microseconds")
                report(measure(_clients(program, ports[0], connection), ROUNDS))
            print(
                "error with targets side by side, in random order, kept connections, microseconds (p50 of all)"
            )
            report(
                measure(
                    {f"{n} target{'s' if n > 1 else ''}": _side_by_side(ports[:n]) for n in (1, 5, TARGETS)},
                    ROUNDS,
                )
            )
            print(
                f"open loop, {RATE} requests a second for {SECONDS} s, microseconds beyond the server's {DELAY_MS:g} ms"
            )
            report(measure(_loops(ports[0]), ROUNDS // 3))


def _clients(program: Path, port: int, connection: Connection) -> dict[str, Subject]:
    url = f"http://127.0.0.1:{port}/"
    clients: dict[str, Subject] = {
        "C": lambda: _error(_lines([str(program), "client", str(port), connection, str(REQUESTS)])),
        "ours": lambda: _error(_probed(url, connection)),
        "pycurl alone": lambda: _error(_pycurl(url, connection)),
        "aiohttp": lambda: _error(asyncio.run(_aiohttp(url, connection))),
    }
    if shutil.which("hey"):
        clients["hey"] = lambda: _error(_hey(url, connection))
    if shutil.which("wrk") and connection == "kept":
        clients["wrk"] = lambda: {"p50": _wrk(url, 1, 1)[50] - DELAY_MS * 1000}
    return clients


def _loops(port: int) -> dict[str, Subject]:
    url = f"http://127.0.0.1:{port}/"
    loops: dict[str, Subject] = {"ours, from the intended send": lambda: _tail(_open_loop(url))}
    # These two reach the rate by the number of connections that it takes if every answer takes 20 ms.
    busy = round(RATE * DELAY_MS / 1000)
    if shutil.which("wrk"):
        loops["wrk, a closed loop"] = lambda: {
            f"p{p}": micros - DELAY_MS * 1000
            for p, micros in _wrk(url, busy, SECONDS).items()
            if p in {50, 99}
        }
    if shutil.which("hey"):
        each = ["-c", str(busy), "-q", str(RATE // busy), "-z", f"{SECONDS}s"]
        loops["hey, at that rate"] = lambda: _tail(_hey_times(url, each))
    return loops


def _error(micros: Sequence[float]) -> Sample:
    return {"p50": float(np.median(micros)) - DELAY_MS * 1000}


def _tail(micros: Sequence[float]) -> Sample:
    values = np.quantile(micros, [0.5, 0.99]) - DELAY_MS * 1000
    return {"p50": float(values[0]), "p99": float(values[1])}


def _probed(url: str, connection: Connection) -> list[float]:
    with Probe(Filled("GET", url, (), None, 200, ()), connection) as probe:
        answers = [probe.measure() for _ in range(REQUESTS)]
    return [answer.times.total * 1000 for answer in answers[1:] if answer and not answer.error]


def _pycurl(url: str, connection: Connection) -> list[float]:
    """The library with nothing of ours: no headers kept, no way to stop it."""
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.WRITEDATA, io.BytesIO())
    if connection == "fresh":
        curl.setopt(pycurl.FRESH_CONNECT, 1)
        curl.setopt(pycurl.FORBID_REUSE, 1)
    times: list[float] = []
    for _ in range(REQUESTS):
        curl.perform()
        times.append(float(curl.getinfo(pycurl.TOTAL_TIME_T)))
    curl.close()
    return times[1:]


async def _aiohttp(url: str, connection: Connection) -> list[float]:
    times: list[float] = []
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=connection == "fresh")
    ) as session:
        for _ in range(REQUESTS):
            began = time.perf_counter()
            async with session.get(url) as response:
                await response.read()
            times.append((time.perf_counter() - began) * 1e6)
    return times[1:]


def _hey(url: str, connection: Connection) -> list[float]:
    fresh = ["-disable-keepalive"] if connection == "fresh" else []
    return _hey_times(url, ["-c", "1", "-n", str(REQUESTS), *fresh])[1:]


def _hey_times(url: str, options: list[str]) -> list[float]:
    printed = subprocess.run(
        ["hey", *options, "-o", "csv", url], check=True, capture_output=True, text=True
    ).stdout
    return [float(row["response-time"]) * 1e6 for row in csv.DictReader(printed.splitlines())]


def _wrk(url: str, connections: int, seconds: int) -> dict[int, float]:
    """Microseconds by percentile."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    units = {"us": 1.0, "ms": 1e3, "s": 1e6}
    percentiles = re.findall(r"^\s+(\d+)%\s+([\d.]+)(us|ms|s)$", printed, re.MULTILINE)
    return {int(p): float(value) * units[unit] for p, value, unit in percentiles}


def _lines(command: list[str]) -> list[float]:
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(line) for line in printed.split()][1:]


def _side_by_side(ports: Sequence[int]) -> Subject:
    def run() -> Sample:
        results: list[Measured] = []
        plan = Plan(cold="none", rounds=max(2, REQUESTS // len(ports)), connections=("kept",), seed=1)
        with Stop() as stop:
            experiment = Experiment(
                plan,
                [_endpoint(port) for port in ports],
                results.append,
                stop=stop,
                view=_Silent(),
                began=time.monotonic(),
            )
            experiment.run(Done(), lambda _: None)
        return _error([sample.ms.total * 1000 for sample in results if sample.kind == "warm"])

    return run


def _open_loop(url: str) -> list[float]:
    endpoint = _endpoint(int(url.rsplit(":", 1)[1].strip("/")))
    with OpenLoop(Connections(endpoint, "kept", 10.0, lambda: False), CONNECTIONS) as loop:
        for _ in loop.opened():
            pass
        begin = time.monotonic() + 0.1
        sent = loop.run([begin + n / RATE for n in range(RATE * SECONDS)])
        return [((request.late_s or 0.0) * 1000 + request.answer.times.total) * 1000 for request in sent]


def _endpoint(port: int) -> Endpoint:
    url = f"http://127.0.0.1:{port}/"
    return Endpoint(
        Source(f"target-{port}", None, emulated=False), Filled("GET", url, (), None, 200, ()), None, url
    )


class _Silent:
    """A view of nothing."""

    def stage(self, name: str, number: int, of: int | None, *, about: bool = False) -> None:
        """Say nothing."""

    def doing(self, what: str) -> None:
        """Say nothing."""

    def tick(self) -> None:
        """Draw nothing."""


@contextmanager
def _server(program: Path, ports: int) -> Generator[list[int]]:
    """The ports of the server, which has the last CPU to itself if there are two or more."""
    cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
    command = [str(program), "server", str(DELAY_MS), str(ports)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if len(cpus) > 1:
            os.sched_setaffinity(process.pid, cpus[-1:])
            os.sched_setaffinity(0, cpus[:-1])
        try:
            yield [int(process.stdout.readline()) for _ in range(ports)]
        finally:
            process.kill()
            if len(cpus) > 1:
                os.sched_setaffinity(0, cpus)
