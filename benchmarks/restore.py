"""Our code after a restore, emulated: from the order to restore until the first answer. This is not AWS's restore."""

import json
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import tree
from benchmarks.events import APPS
from benchmarks.paired import Sample, describe_machine, measure, report
from benchmarks.process import TIMEOUT, cpu_seconds, end, lambda_start, serve_once, start
from benchmarks.start import peer

if TYPE_CHECKING:
    import subprocess

ROUNDS = 40
APP = "hello"
ENTRYPOINT = ["sh", "serve/entrypoint.sh"]
SNAPSTART = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
FORKING = Path(__file__).parents[1] / "local" / "aws" / "restoring"


def main() -> None:
    """Measure and print."""
    describe_machine()
    tree.prepare()
    print(f"our code after a restore, emulated, {APP} app, {ROUNDS} rounds; this is not AWS's restore")
    with forked(APP) as by_fork:
        subjects: dict[str, Callable[[], Sample]] = {
            "apig-wsgi, a whole start": peer(APP, "apig-wsgi"),
            "apig-wsgi again": peer(APP, "apig-wsgi"),
            "ours, a whole start": partial(_whole, APP),
            "restored by a fork": by_fork,
            "restored in the same process": partial(in_the_same_process, APP),
        }
        report(measure(subjects, ROUNDS))


def in_the_same_process(app: str) -> Sample:
    """Milliseconds from the answer to restore/next until the process has posted its answer to an event."""
    spec, event, expected = APPS[app]
    with _listening() as api:
        process = start(ENTRYPOINT, {"APP": spec, **SNAPSTART, "AWS_LAMBDA_RUNTIME_API": _address(api)})
        try:
            connection, _ = api.accept()
            with connection, connection.makefile("rb") as stream:
                while stream.readline().strip():
                    pass
                spent = _Spent(process)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            answer = serve_once(api, json.dumps(event).encode())
            sample = spent.since()
        finally:
            end(process, signal.SIGKILL)
    return _checked(sample, answer, expected)


@contextmanager
def forked(app: str) -> Generator[Callable[[], Sample]]:
    """One initialised process; a call forks it and gives the milliseconds until the fork has posted its answer."""
    spec, event, expected = APPS[app]
    word = secrets.token_hex(8)
    with _listening() as control, _listening() as unused:
        python_path = os.pathsep.join(
            filter(None, (str(FORKING), tree.environment({}).get("PYTHONPATH", "")))
        )
        variables = {
            "APP": spec,
            **SNAPSTART,
            "AWS_LAMBDA_RUNTIME_API": _address(unused),
            "SNAPSTART_CONTROL": f"{_address(control)}:{word}",
            "PYTHONPATH": python_path,
        }
        process = start(ENTRYPOINT, variables)
        orders, _ = control.accept()
        with orders, orders.makefile("rb") as lines:
            assert lines.readline() == f"{word} snapshot\n".encode()
            assert lines.readline().startswith(b"ready")
            yield partial(_restored, process, control, orders, lines, json.dumps(event).encode(), expected)
        # It ends by itself when nobody gives it orders any more.
        process.wait(TIMEOUT)


def _restored(
    process: "subprocess.Popen[bytes]",
    control: socket.socket,
    orders: socket.socket,
    lines: Any,
    event: bytes,
    expected: str,
) -> Sample:
    with _listening() as api:
        spent = _Spent(process)
        orders.sendall(f"restore 1 {_address(api)}\n".encode())
        output, _ = control.accept()
        with output:
            answer = serve_once(api, event)
            sample = spent.since()
            # Nothing of this turn runs on into the next one.
            assert lines.readline().startswith(b"forked 1 ")
            orders.sendall(f"signal 1 {signal.SIGKILL:d}\n".encode())
            assert lines.readline().startswith(b"exited 1 ")
    return _checked(sample, answer, expected)


class _Spent:
    """From here on, the time that passes and the CPU time that a process and its children take."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._cpu = cpu_seconds([process])
        self._begun = time.perf_counter()

    def since(self) -> Sample:
        wall = time.perf_counter() - self._begun
        return {"wall ms": wall * 1000, "CPU ms": (cpu_seconds([self._process]) - self._cpu) * 1000}


def _whole(app: str) -> Sample:
    spec, event, expected = APPS[app]
    return lambda_start(ENTRYPOINT, {"APP": spec}, event, expected)


def _listening() -> socket.socket:
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(TIMEOUT)
    return server


def _address(server: socket.socket) -> str:
    return f"127.0.0.1:{server.getsockname()[1]}"


def _checked(sample: Sample, answer: str, expected: str) -> Sample:
    if expected not in answer.replace("\\", ""):
        raise RuntimeError(f"the restored instance answered {answer[:500]}")
    return sample
