"""Emulated platforms as their users run them, and a plain client."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local import Emulator, Settings
from local.settings import ROOT

# Generous: the machine may be busy with the tests of others.
PATIENCE = 60


@dataclass(frozen=True)
class Got:
    """A response; `headers` are by their lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def instance(self) -> str:
        return self.headers["x-instance-id"]

    @property
    def number(self) -> int:
        """Which request of its instance it was."""
        return int(self.headers["x-instance-request"])


@dataclass(frozen=True)
class Running:
    """An emulated platform that answers at `url` and writes to `log_file`."""

    url: str
    log_file: Path
    pid: int
    threads: ThreadPoolExecutor

    def ask(
        self,
        target: str,
        method: str = "GET",
        body: bytes | Iterator[bytes] | None = None,
        **headers: str | bytes,
    ) -> Got:
        """Send a request on a connection of its own; a body in pieces goes without a Content-Length."""
        where = urlsplit(self.url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body, names)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Got(response.status, found, response.read())
        finally:
            connection.close()

    def begin(self, target: str, **options: Any) -> "Future[Got]":
        """`ask` in another thread."""
        return self.threads.submit(self.ask, target, **options)

    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")

    def wait_for_log(self, text: str, times: int = 1) -> None:
        until(lambda: self.log().count(text) >= times, f"{text!r} in the log")


Emulate = Callable[..., Running]


@contextmanager
def emulating(folder: Path) -> Generator[Emulate]:
    """Emulate platforms with these settings and the tests' app; they are gone at the end."""
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(64))

        def start(platform: str, **settings: Any) -> Running:
            log = folder / f"{platform}.log"
            given: dict[str, Any] = {"log": log, "app": "tests.local.apps:app"} | settings
            emulator = stack.enter_context(Emulator(platform, Settings(**given)))
            return Running(emulator.url, log, emulator.pid, threads)

        yield start


@pytest.fixture(scope="module", autouse=True)
def _forked(emulators: None) -> None:
    """No test here is about how an emulator starts, but those of test_cli.py."""


@pytest.fixture
def emulate(processes: None, tmp_path: Path) -> Iterator[Emulate]:
    """`emulating` for one test, which needs settings of its own."""
    with emulating(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def emulate_for_all(processes: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulate]:
    """`emulating` for all tests of a module."""
    with emulating(tmp_path_factory.mktemp("emulated")) as start:
        yield start


@contextmanager
def command(module: str, *arguments: str) -> Generator["subprocess.Popen[str]"]:
    """`python -m MODULE`, in a process group of its own, as a shell gives it one."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(is_so: Callable[[], Any], what: str) -> None:
    """Wait until `is_so`; fail where it never is."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has read its exit status yet."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.parent.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def get(url: str) -> dict[str, int]:
    """The answer to a GET, read as JSON."""
    with urllib.request.urlopen(url, timeout=PATIENCE) as response:
        return json.loads(response.read())


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]
