"""Threads that an app starts when it is imported: they run, or are named; and they hold up neither start nor end."""

import os
import signal
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from local.instances.ports import free_port
from tests.serve.doors import Gunicorn, Start

APPS = ["tests.serve.threads:app", "tests.serve.threads:asgi"]


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as response:
        return response.read()


@pytest.mark.parametrize("app", APPS)
def test_in_one_process_they_run_once_and_lose_no_line(gunicorn: Gunicorn, tmp_path: Path, app: str) -> None:
    ticks = tmp_path / "ticks"
    process, url = gunicorn(APP=app, TICKS=str(ticks))

    assert get(url) == b"runs"
    process.terminate()
    out, _ = process.communicate(timeout=30)

    assert out == "asked\n"
    assert len(ticks.read_text().splitlines()) == 1


def test_in_several_processes_they_are_named_at_the_start(start: Start, tmp_path: Path) -> None:
    process = start(APP=APPS[0], WEB_CONCURRENCY="2", PORT="0", GUNICORN_LOG_LEVEL="info")
    assert process.stderr is not None

    said = process.stderr.readline()

    assert said.startswith(
        "Warning: threads that the app started when it was loaded do not run in its processes: scheduler, "
    )
    assert said.endswith("; start them in the first request, or set WEB_CONCURRENCY=1\n")


def test_an_app_without_threads_is_not_warned_of(start: Start) -> None:
    process = start(WEB_CONCURRENCY="2", PORT="0", GUNICORN_LOG_LEVEL="info")
    assert process.stderr is not None

    assert "Starting gunicorn" in process.stderr.readline()


@pytest.mark.parametrize("count", ["1", "2"])
def test_the_port_opens_when_the_app_is_loaded_and_sigterm_ends_the_loading(
    start: Start, tmp_path: Path, count: str
) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    port = free_port()
    process = start(APP=APPS[0], WEB_CONCURRENCY=count, PORT=str(port), GATE=str(gate))
    assert process.stderr is not None
    assert any(line == "loading\n" for line in process.stderr)

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=30)
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=5) == 0


@pytest.mark.parametrize("count", ["1", "2"])
def test_one_that_is_no_daemon_does_not_hold_the_end_up(gunicorn: Gunicorn, count: str) -> None:
    process, url = gunicorn(
        APP=APPS[0], DAEMON="no", WEB_CONCURRENCY=count, GUNICORN_CMD_ARGS="--graceful-timeout=2"
    )
    assert get(url) == (b"runs" if count == "1" else b"dead")

    began = time.monotonic()
    process.terminate()
    _, err = process.communicate(timeout=30)

    # gunicorn itself would wait for it for ever. A second for a busy machine.
    assert time.monotonic() - began < 3
    assert process.returncode == 0
    assert "Warning: ended while threads of the app were running: scheduler" in err
    assert "SIGKILL" not in err


@pytest.mark.parametrize(
    ("code", "status", "last"),
    [
        ("raise ValueError('no tea')", 1, "Error: the app cannot be loaded: ValueError: no tea"),
        ("import sys; sys.exit(7)", 7, None),
        ("import sys; sys.exit('no tea')", 1, "no tea"),
        ("raise SystemExit", 0, None),
        ("import a_module_that_is_not_there", 1, "Error: the app cannot be loaded: ModuleNotFoundError: "),
    ],
)
@pytest.mark.parametrize("count", ["1", "2"])
def test_an_app_that_cannot_be_loaded_ends_gunicorn_at_once(
    start: Start, tmp_path: Path, count: str, code: str, status: int, last: str | None
) -> None:
    (tmp_path / "failing_shop.py").write_text(f"{code}\n")

    process = start(APP="failing_shop:app", WEB_CONCURRENCY=count, PORT="0", PYTHONPATH=str(tmp_path))
    _, err = process.communicate(timeout=30)

    assert process.returncode == status
    lines = err.splitlines()
    assert lines[-1].startswith(last) if last else not lines
    assert err.count("Traceback") == (1 if last and last.startswith("Error") else 0)


def test_a_worker_that_is_killed_is_back_as_the_same_instance(gunicorn: Gunicorn) -> None:
    process, url = gunicorn()
    with urllib.request.urlopen(f"{url}/hello", timeout=30) as response:
        first = response.headers
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("the kernel does not list a process's children: CONFIG_PROC_CHILDREN")
    [worker] = children.read_text().split()

    os.kill(int(worker), signal.SIGKILL)
    with urllib.request.urlopen(f"{url}/hello", timeout=30) as response:
        second = response.headers

    assert second["X-Instance-Id"] == first["X-Instance-Id"]
    assert second["X-Instance-Request"] == "2"
