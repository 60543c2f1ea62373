"""SIGTERM loses nothing: a request that has begun is answered and its output written, in both modes."""

import os
import select
import shutil
import signal
import socket
import subprocess
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.serve.doors import Gunicorn, Start
from tests.serve.lambda_events import payload_v2
from tests.serve.runtime import runtime_api

SLOW = "tests.serve.apps:slow"
SLOW_ASGI = "tests.serve.apps:slow_asgi"


def wait_until_begun(process: "subprocess.Popen[str]") -> None:
    assert process.stderr is not None
    assert any(line == "begun\n" for line in process.stderr)


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """While this file is there, the slow app does not answer."""
    gate = tmp_path / "gate"
    gate.touch()
    return gate


@pytest.mark.parametrize("app", [SLOW, SLOW_ASGI])
def test_in_lambda_mode_a_request_that_has_begun_is_answered_before_the_end(
    start: Start, gate: Path, app: str
) -> None:
    with runtime_api([payload_v2(query=str(gate)), payload_v2()]) as api:
        process = start(AWS_LAMBDA_RUNTIME_API=api.address, APP=app, LOG_LEVEL="warning")
        wait_until_begun(process)

        process.send_signal(signal.SIGTERM)
        gate.unlink()
        out, _ = process.communicate(timeout=30)

    assert (process.returncode, out) == (0, "finished\n")
    assert [(path.split("/")[-2:], body["body"]) for path, body in api.heard] == [
        (["request-0", "response"], "finished")
    ]


def test_in_lambda_mode_an_idle_instance_ends_at_once(start: Start) -> None:
    with runtime_api([payload_v2()]) as api:
        process = start(AWS_LAMBDA_RUNTIME_API=api.address, APP=SLOW)
        assert api.idle.wait(timeout=30)

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=30) == -signal.SIGTERM


@pytest.mark.process
def test_in_lambda_mode_no_signal_is_lost_just_as_a_request_has_ended(start: Start, tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler on PATH: install gcc")
    source, library = Path(__file__).with_name("sigterm_amid_change.c"), tmp_path / "amid.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)

    with runtime_api([payload_v2()]) as api:
        process = start(AWS_LAMBDA_RUNTIME_API=api.address, LD_PRELOAD=str(library))
        _, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (-signal.SIGTERM, "")
    assert [path.split("/")[-2:] for path, _ in api.heard] == [["request-0", "response"]]


@pytest.mark.parametrize("app", [SLOW, SLOW_ASGI])
def test_in_gunicorn_mode_a_request_that_has_begun_is_answered_before_the_end(
    gunicorn: Gunicorn, gate: Path, app: str
) -> None:
    process, url = gunicorn(APP=app)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(lambda: urllib.request.urlopen(f"{url}/?{gate}", timeout=30).read())
        wait_until_begun(process)

        process.send_signal(signal.SIGTERM)
        gate.unlink()

        assert answer.result(30) == b"finished"
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "finished\n")


BOTH = ["app:create_app()", "examples.fastapi_app:app"]


def worker_of(process: "subprocess.Popen[str]") -> int:
    """The one worker of gunicorn."""
    [worker] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(worker)


def is_closed_within(client: socket.socket, seconds: float) -> bool:
    return bool(select.select([client], [], [], seconds)[0])


@pytest.mark.parametrize("app", BOTH)
def test_in_gunicorn_mode_a_connection_that_came_with_the_end_has_its_request_answered(
    gunicorn: Gunicorn, app: str
) -> None:
    """The worker takes the connection when it has been told to end already, and before the first bytes are there."""
    process, url = gunicorn(APP=app, LOG_LEVEL="error")
    worker, address = worker_of(process), urlsplit(url)
    os.kill(worker, signal.SIGSTOP)
    with socket.create_connection((address.hostname, address.port), timeout=30) as client:
        for number in (signal.SIGTERM, signal.SIGCONT):
            os.kill(worker, number)
        assert not is_closed_within(client, 0.5)

        client.sendall(b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

        with client.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("app", BOTH)
def test_in_gunicorn_mode_a_request_on_a_kept_connection_that_crosses_the_end_is_answered(
    gunicorn: Gunicorn, app: str
) -> None:
    process, url = gunicorn(APP=app, LOG_LEVEL="error")
    address = urlsplit(url)
    with closing(HTTPConnection(address.hostname or "", address.port, timeout=30)) as kept:
        kept.request("GET", "/hello")
        kept.getresponse().read()
        os.kill(worker_of(process), signal.SIGTERM)
        # It notices that within a second.
        assert not is_closed_within(kept.sock, 1.5)

        kept.request("GET", "/hello")

        answer = kept.getresponse()
        assert (answer.status, answer.headers["Connection"]) == (200, "close")


def test_a_lifespan_ends_although_a_front_end_keeps_its_connection_open(gunicorn: Gunicorn) -> None:
    process, url = gunicorn(APP="examples.fastapi_app:app")
    address = urlsplit(url)
    with closing(HTTPConnection(address.hostname or "", address.port, timeout=30)) as kept:
        kept.request("GET", "/hello")
        kept.getresponse().read()

        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert "lifespan ended" in out.splitlines()


@pytest.mark.parametrize("app", BOTH)
def test_a_rolling_restart_of_gunicorn_under_load_loses_no_request(gunicorn: Gunicorn, app: str) -> None:
    process, url = gunicorn(APP=app, WEB_CONCURRENCY="2", LOG_LEVEL="error")
    answers: list[int | OSError] = []
    came, done = threading.Condition(), threading.Event()

    def ask_until_done() -> None:
        while not done.is_set():
            try:
                with urllib.request.urlopen(f"{url}/hello", timeout=30) as response:
                    answer = response.status
            except OSError as lost:
                answer = lost
            with came:
                answers.append(answer)
                came.notify()

    def wait_until_both_workers_have_booted_and_answers_came() -> None:
        assert process.stderr is not None
        booting = (line for line in process.stderr if "Booting worker" in line)
        assert len(list(islice(booting, 2))) == 2
        with came:
            enough = len(answers) + 20
            assert came.wait_for(lambda: len(answers) >= enough, timeout=60)

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask_until_done) for _ in range(4)]
        try:
            wait_until_both_workers_have_booted_and_answers_came()
            for _ in range(3):
                process.send_signal(signal.SIGHUP)
                wait_until_both_workers_have_booted_and_answers_came()
        finally:
            done.set()
        for client in clients:
            client.result(60)

    assert set(answers) == {200}


@pytest.mark.process
def test_no_process_of_gunicorn_looks_through_all_that_it_has_loaded_at_its_end(
    gunicorn: Gunicorn, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, gc, sys\n"
        "atexit.register(lambda: sys.stderr.write(f'frozen: {gc.get_freeze_count() > 10_000}\\n'))\n"
    )
    process, _ = gunicorn(APP="app:create_app()", PYTHONPATH=str(tmp_path))

    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)

    assert [line for line in errors.splitlines() if line.startswith("frozen")] == ["frozen: True"] * 2
