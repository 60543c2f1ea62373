"""The time and CPU that a command takes until it has answered its first request."""

import http.client
import json
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import tree
from benchmarks.paired import Sample

TIMEOUT = 60
DEADLINE = "99999999999999"


def lambda_start(
    command: Sequence[str], variables: dict[str, str], event: dict[str, Any], expected: str
) -> Sample:
    """Milliseconds of time and of CPU from the start of `command` to its answer to `event`, posted to a Runtime API.

    The Runtime API is the smallest possible, and the same for all: one event, one answer.
    """
    with socket.create_server(("127.0.0.1", 0)) as api:
        api.settimeout(TIMEOUT)
        variables = {**variables, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.getsockname()[1]}"}
        begun = time.perf_counter()
        process = start(command, variables)
        try:
            answer = serve_once(api, json.dumps(event).encode())
            wall = time.perf_counter() - begun
        finally:
            cpu = end(process, signal.SIGKILL)
    # The app's JSON is in JSON, so its quotes are escaped.
    if expected not in answer.replace("\\", ""):
        raise RuntimeError(f"{' '.join(command)} answered {answer[:500]}")
    return {"wall ms": wall * 1000, "CPU ms": cpu * 1000}


def gunicorn_start(command: Sequence[str], variables: dict[str, str], path: str, expected: str) -> Sample:
    """Milliseconds from the start of `command` to its answer to GET `path` on $PORT, and those of CPU until its end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begun = time.perf_counter()
    process = start(command, {**variables, "HOST": "127.0.0.1", "PORT": str(port)})
    try:
        answer = _get(port, path, process)
        wall = time.perf_counter() - begun
    finally:
        cpu = end(process, signal.SIGTERM)
    if expected not in answer:
        raise RuntimeError(f"{' '.join(command)} answered {answer[:500]}")
    return {"wall ms": wall * 1000, "CPU ms": cpu * 1000}


def cpu_seconds(processes: "Sequence[subprocess.Popen[bytes]]") -> float:
    """Seconds of CPU that the processes, their children and all their threads have taken up to now."""
    total = 0
    for process in processes:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid in [str(process.pid), *children]:
            for task in Path(f"/proc/{pid}/task").iterdir():
                # In nanoseconds; the times of /proc/PID/stat are hundredths of a second.
                total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def start(command: Sequence[str], variables: dict[str, str]) -> "subprocess.Popen[bytes]":
    """The command in the tree of the benchmarks, silent."""
    return subprocess.Popen(
        command,
        env=tree.environment(variables),
        cwd=tree.CACHE / "srv",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def end(process: "subprocess.Popen[bytes]", number: int) -> float:
    """Seconds of CPU that the process and the children that it waited for took."""
    # Popen's own method would collect a process that has ended by itself, and its usage would be lost.
    os.kill(process.pid, number)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def serve_once(api: socket.socket, event: bytes) -> str:
    """The body that the runtime posts after it was given `event`, on the same connection or on another.

    Raises TimeoutError if it posts none.
    """
    with selectors.DefaultSelector() as waiting, ExitStack() as connections:
        waiting.register(api, selectors.EVENT_READ)
        while ready := waiting.select(TIMEOUT):
            for key, _ in ready:
                if key.fileobj is api:
                    connection = connections.enter_context(api.accept()[0])
                    stream = connections.enter_context(connection.makefile("rb"))
                    waiting.register(connection, selectors.EVENT_READ, stream)
                elif (posted := _request(key.fileobj, key.data, event, waiting)) is not None:
                    return posted
    raise TimeoutError("the runtime posted no answer")


def _request(connection: Any, stream: Any, event: bytes, waiting: selectors.BaseSelector) -> str | None:
    """The body that a request posts; None if it asks for an event, or if the connection has ended."""
    line = stream.readline()
    if not line:
        waiting.unregister(connection)
        return None
    headers = http.client.parse_headers(stream)
    if line.startswith(b"GET"):
        connection.sendall(_next(event))
        return None
    length = headers["content-length"]
    return stream.read(int(length)).decode() if length else _read_chunks(stream)


def _next(event: bytes) -> bytes:
    lines = (
        *("HTTP/1.1 200 OK", "Content-Type: application/json", "Lambda-Runtime-Aws-Request-Id: 1"),
        *(
            f"Lambda-Runtime-Deadline-Ms: {DEADLINE}",
            "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:function",
        ),
        *(f"Content-Length: {len(event)}", "", ""),
    )
    return "\r\n".join(lines).encode() + event


def _read_chunks(stream: Any) -> str:
    chunks = b""
    while size := int(stream.readline(), 16):
        chunks += stream.read(size)
        stream.readline()
    return chunks.decode()


def _get(port: int, path: str, process: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        except ConnectionRefusedError:
            time.sleep(0.001)
        finally:
            connection.close()
    raise RuntimeError(f"no answer on port {port}")
