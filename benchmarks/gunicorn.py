"""Requests a second in gunicorn mode, beside gunicorn alone with the same app; by wrk, one connection a thread."""

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

from benchmarks.paired import Sample, describe_machine, measure, report
from benchmarks.process import cpu_seconds

ROUNDS = 12
SECONDS = 2
CONNECTIONS = 4
ROOT = Path(__file__).parents[1]
OPTIONS = ("--preload", "--worker-class=gthread", "--threads=8", "--keep-alive=620", "--log-level=warning")


def main() -> None:
    """Measure and print; more requests and less CPU are better."""
    describe_machine()
    if not shutil.which("wrk"):
        print("  left out: wrk is not there (Debian: apt-get install wrk)")
        return
    servers: list[subprocess.Popen[bytes]] = []
    try:
        subjects = {}
        for name, command, variables in (
            ("gunicorn alone", ["gunicorn", *OPTIONS, "benchmarks.gunicorn:app()"], {}),
            ("the same again", ["gunicorn", *OPTIONS, "benchmarks.gunicorn:app()"], {}),
            (
                "ours, IDENTITY_HEADERS=off",
                [str(ROOT / "serve" / "entrypoint.sh")],
                {"IDENTITY_HEADERS": "off"},
            ),
            ("ours, with identity headers", [str(ROOT / "serve" / "entrypoint.sh")], {}),
        ):
            port = _free_port()
            servers.append(_start(command, port, variables))
            _wait(port)
            subjects[name] = partial(_load, port, servers[-1])
        report(measure(subjects, ROUNDS))
    finally:
        for server in servers:
            server.send_signal(signal.SIGTERM)
            server.wait()


def app() -> object:
    """The app without its log, as all of them serve it."""
    from app import create_app  # noqa: PLC0415 - only in a server

    created = create_app()
    created.wsgi_app = type(created).wsgi_app.__get__(created)
    return created


def _start(command: list[str], port: int, variables: dict[str, str]) -> "subprocess.Popen[bytes]":
    if command[0] == "gunicorn":
        command = [sys.executable, "-m", *command, "--bind", f"127.0.0.1:{port}"]
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "APP": "benchmarks.gunicorn:app()"}
    environment |= {"HOST": "127.0.0.1", "PORT": str(port), "PYTHONPATH": str(ROOT), **variables}
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)


def _load(port: int, server: "subprocess.Popen[bytes]") -> Sample:
    before = cpu_seconds([server])
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", f"http://127.0.0.1:{port}/hello"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    if rate is None or "Non-2xx" in printed:
        raise RuntimeError(printed)
    count = re.search(r"(\d+) requests in", printed)
    if count is None:
        raise RuntimeError(printed)
    cpu = (cpu_seconds([server]) - before) / int(count[1])
    return {"requests/s": float(rate[1]), "CPU µs a request": cpu * 1e6}


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/hello", timeout=60):
                return
        except urllib.error.URLError:
            time.sleep(0.05)
    raise RuntimeError(f"no server on port {port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
