"""The doors as processes: entrypoint.sh with this environment's Python, on loopback."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.doors import Gunicorn, Start
from tests.serve.lambda_events import SHAPES

ROOT = Path(__file__).parents[2]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start entrypoint.sh with these variables; every process is ended with the test."""
    processes: list[subprocess.Popen[str]] = []

    def start(**variables: str) -> "subprocess.Popen[str]":
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        # A list of its own: a door must not depend on what the developer's shell happens to hold.
        environment = {"PATH": path, "HOST": "127.0.0.1", "PYTHONUNBUFFERED": "1", **variables}
        process = subprocess.Popen(
            [ROOT / "entrypoint.sh"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def gunicorn(start: Start) -> Gunicorn:
    """Start gunicorn mode on a free port; the process and its URL, once the port is open."""

    def gunicorn(**variables: str) -> tuple["subprocess.Popen[str]", str]:
        process = start(PORT="0", GUNICORN_LOG_LEVEL="info", **variables)
        assert process.stderr is not None
        for line in process.stderr:
            listening = re.search(r"Listening at: (http://\S+)", line)
            if listening:
                return process, listening[1]
        raise AssertionError(f"gunicorn ended with {process.wait()} before it listened")

    return gunicorn


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> str:
    """Each shape of HTTP event, by its name."""
    return request.param
