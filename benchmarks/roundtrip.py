"""Warm round trips through a Runtime API, and streams: this door beside peers, gunicorn and AWS's Lambda Web Adapter.

All run from the same tree of files. In Lambda mode they take events from one Runtime API, in this process, which reads
what they post; gunicorn mode is asked over HTTP, without a Runtime API. AWS's adapter stands before gunicorn mode, and
is left out if `lambda-adapter` is not on PATH (cargo install lambda_web_adapter).
"""

import http.client
import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from benchmarks import tree
from benchmarks.events import event
from benchmarks.paired import Sample, describe_machine, measure, report
from benchmarks.process import cpu_seconds
from benchmarks.runtime_api import Api

ROUNDS = 40
CALLS = 30
STREAMS = 12
MIB = 1024 * 1024
ADAPTER = shutil.which("lambda-adapter")
OURS = ("sh", "serve/entrypoint.sh")
PEER = ("python3", "-m", "awslambdaric", "benchmarks.peers.handler")
STREAM = {"INVOKE_MODE": "response_stream"}
# apig-wsgi has neither identity headers nor a log.
BARE = {"IDENTITY_HEADERS": "off", "LOG_LEVEL": "WARNING"}
Process = subprocess.Popen[bytes]
Ask = Callable[[str, str], tuple[float, float]]


def main() -> None:
    """Measure and print."""
    describe_machine()
    if not ADAPTER:
        print("  AWS's Lambda Web Adapter is left out: cargo install lambda_web_adapter")
    tree.prepare()
    print(f"GET /hello, as served by default, {ROUNDS} rounds of {CALLS}")
    _compare({"APP": "app:create_app()"}, _round_trips, {}, ROUNDS)
    app = {"APP": "benchmarks.apps.streams:create_app()"}
    print(f"a response of 4 MiB, {STREAMS} rounds")
    _compare(app, partial(_stream, size=4), STREAM, STREAMS)
    print(f"a stream of 64 MiB, {STREAMS} rounds")
    _compare(app, partial(_stream, size=64), STREAM, STREAMS, whole=False)


def _compare(
    app: dict[str, str],
    sample: Callable[[Ask, Sequence[Process]], Sample],
    mode: dict[str, str],
    rounds: int,
    *,
    whole: bool = True,
) -> None:
    """Start the subjects and measure them in turn; ratios are to AWS's adapter, or else to gunicorn mode."""
    with ExitStack() as stack:
        started = {"gunicorn mode": _gunicorn(app)}
        if ADAPTER:
            started = {"AWS's adapter": _adapter(app, ADAPTER, mode), **started}
            started["AWS's adapter, again"] = _adapter(app, ADAPTER, mode)
        started["ours"] = _in_lambda(OURS, app | mode)
        if whole:
            started["ours, no headers, no log"] = _in_lambda(OURS, app | mode | BARE)
            started["apig-wsgi"] = _in_lambda(PEER, app | {"PEER": "apig-wsgi"})
        subjects = {name: partial(sample, *stack.enter_context(subject)) for name, subject in started.items()}
        report(measure(subjects, rounds))


def _round_trips(ask: Ask, processes: Sequence[Process]) -> Sample:
    before, begun = cpu_seconds(processes), time.perf_counter()
    for _ in range(CALLS):
        ask("/hello", "")
    wall = time.perf_counter() - begun
    return {"wall µs": wall / CALLS * 1e6, "CPU µs": (cpu_seconds(processes) - before) / CALLS * 1e6}


def _stream(ask: Ask, processes: Sequence[Process], size: int) -> Sample:
    before, begun = cpu_seconds(processes), time.perf_counter()
    first, last = ask("/big", str(size))
    cpu = cpu_seconds(processes) - before
    return {"first byte ms": (first - begun) * 1e3, "all ms": (last - begun) * 1e3, "CPU ms": cpu * 1e3}


@contextmanager
def _in_lambda(
    command: Sequence[str], variables: dict[str, str], *others: Process
) -> Generator[tuple[Ask, Sequence[Process]]]:
    """`command` under a Runtime API: a function that asks it, and the processes that take part."""
    api = Api()
    names = {"AWS_LAMBDA_RUNTIME_API": api.address, "AWS_LAMBDA_FUNCTION_NAME": "function"}
    names |= {"AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"}

    def ask(path: str, query: str) -> tuple[float, float]:
        request = event("GET", path)
        request["rawQueryString"] = query
        # The event is a function URL's, which takes pieces.
        host = "abcdefghij.lambda-url.eu-central-1.on.aws"
        request["headers"]["host"] = request["requestContext"]["domainName"] = host
        result = api.call(json.dumps(request).encode())
        if b'"statusCode":200' not in result.text.replace(b" ", b"") or result.size < int(query or 0) * MIB:
            raise RuntimeError(f"{' '.join(command)} answered {result.text[:500]!r}, {result.size} bytes")
        return result.first, result.last

    with _started(command, variables | names) as process:
        yield ask, [process, *others]
    api.close()


@contextmanager
def _gunicorn(app: dict[str, str]) -> Generator[tuple[Ask, Sequence[Process]]]:
    """Gunicorn mode, asked over one connection."""
    with _served(app) as (port, process):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

        def ask(path: str, query: str) -> tuple[float, float]:
            connection.request("GET", f"{path}?{query}")
            response = connection.getresponse()
            body = response.read(1)
            first, size = time.perf_counter(), len(body)
            while body := response.read(262144):
                size += len(body)
            if response.status != http.HTTPStatus.OK or size < int(query or 0) * MIB:
                raise RuntimeError(f"gunicorn mode answered {response.status}, {size} bytes")
            return first, time.perf_counter()

        yield ask, [process]
        connection.close()


@contextmanager
def _adapter(
    app: dict[str, str], program: str, mode: dict[str, str]
) -> Generator[tuple[Ask, Sequence[Process]]]:
    """AWS's adapter before a gunicorn mode of its own."""
    with _served(app) as (port, process):
        variables = {"AWS_LWA_PORT": str(port), "AWS_LWA_READINESS_CHECK_PATH": "/hello"}
        variables["AWS_LWA_INVOKE_MODE"] = mode.get("INVOKE_MODE", "buffered")
        with _in_lambda([program], variables, process) as subject:
            yield subject


@contextmanager
def _served(app: dict[str, str]) -> Generator[tuple[int, Process]]:
    """Gunicorn mode on a port of its own, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with _started(OURS, app | {"HOST": "127.0.0.1", "PORT": str(port)}) as process:
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
        yield port, process


@contextmanager
def _started(command: Sequence[str], variables: dict[str, str]) -> Generator[Process]:
    process = subprocess.Popen(
        command,
        env=tree.environment(variables),
        cwd=tree.CACHE / "srv",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
