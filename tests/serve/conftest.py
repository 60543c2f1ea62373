"""The doors as processes: entrypoint.sh with this environment's Python, on loopback."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local import Emulator, Settings
from local.instances.ports import free_port
from tests.rie import emulator
from tests.serve.doors import Gunicorn, Invoke, Start
from tests.serve.lambda_events import SHAPES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def _forked(emulators: None) -> None:
    """No test here is about how an emulator starts."""


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> str:
    """Each shape of HTTP event, by its name."""
    return request.param


@contextmanager
def starting() -> Generator[Start]:
    """Start entrypoint.sh, or a command around it, with these variables; every process is ended at the end."""
    processes: list[subprocess.Popen[str]] = []

    def start(*command: str, **variables: str) -> "subprocess.Popen[str]":
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        process = subprocess.Popen(
            [*command, str(ROOT / "serve" / "entrypoint.sh")],
            # A list of its own: a door must not depend on what the developer's shell happens to hold.
            env={"PATH": path, "HOST": "127.0.0.1", "PYTHONUNBUFFERED": "1", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A process group of its own, so that what a command starts ends with it.
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def start(processes: None) -> Iterator[Start]:
    with starting() as start:
        yield start


def listening(process: "subprocess.Popen[str]") -> str:
    """The URL of a gunicorn that logs at info, once its port is open."""
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"Listening at: (https?://\S+)", line)
        if found:
            return found[1]
    raise AssertionError(f"gunicorn ended with {process.wait()} before it listened")


@contextmanager
def drained(process: "subprocess.Popen[str]") -> Generator[str]:
    """`listening`, and what the process says from then on is read, so that it never waits for a reader."""
    url = listening(process)
    assert process.stderr is not None
    reader = threading.Thread(target=process.stderr.read)
    reader.start()
    yield url
    process.terminate()
    reader.join()


@pytest.fixture
def gunicorn(start: Start) -> Gunicorn:
    """Start gunicorn mode on a free port; the process and its URL, once the port is open."""

    def gunicorn(**variables: str) -> tuple["subprocess.Popen[str]", str]:
        process = start(PORT="0", GUNICORN_LOG_LEVEL="info", **variables)
        return process, listening(process)

    return gunicorn


@pytest.fixture
def rie(start: Start) -> Callable[..., Invoke]:
    """Start Lambda mode under AWS's own Runtime Interface Emulator; gives what invokes it."""
    return lambda **variables: under_rie(start, variables)


@pytest.fixture(scope="module")
def hello_under_rie(processes: None) -> Iterator[Invoke]:
    """The project's own app under AWS's emulator, without identity headers, for many events."""
    with starting() as start:
        yield under_rie(start, {"IDENTITY_HEADERS": "off"})


def under_rie(start: Start, variables: dict[str, str], read: Callable[[bytes], Any] = json.loads) -> Invoke:
    address, api = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    # It reads LOG_LEVEL too, which is the function's, and ends at a name of Python's logging that it has not.
    start(
        *(str(emulator()), "--runtime-interface-emulator-address", address, "--runtime-api-address", api),
        *("--log-level", "error"),
        AWS_LAMBDA_FUNCTION_NAME="function",
        **variables,
    )
    return lambda event: post(f"http://{address}/2015-03-31/functions/function/invocations", event, read)


def post(url: str, event: Any, read: Callable[[bytes], Any] = json.loads) -> Any:
    request = urllib.request.Request(url, json.dumps(event).encode())
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return read(response.read())
        except urllib.error.URLError as error:
            # The emulator has no other sign that it listens.
            if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > deadline:
                raise


@pytest.fixture(scope="module", params=["gunicorn", "local:aws", "local:gcp"])
def address(processes: None, request: pytest.FixtureRequest) -> Iterator[tuple[str | None, int | None]]:
    """Host and port of a door."""
    if request.param == "gunicorn":
        with (
            starting() as start,
            drained(start(PORT="0", GUNICORN_LOG_LEVEL="info", LOG_LEVEL="CRITICAL")) as address,
        ):
            url = urlsplit(address)
            yield url.hostname, url.port
        return
    with Emulator(
        request.param.partition(":")[2], Settings(idle_seconds=60, environment={"LOG_LEVEL": "CRITICAL"})
    ) as emulator:
        url = urlsplit(emulator.url)
        yield url.hostname, url.port
