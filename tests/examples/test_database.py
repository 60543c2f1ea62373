"""The database recipe: no request fails where an instance was frozen, the database restarted, slept or was cut off."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from appfolder.environment import DOORS_NAME
from local import Emulator, Settings
from tests.examples.cluster import PATIENCE, Cluster, children, is_frozen, until

ROOT = Path(__file__).parents[2]
APPS = ["examples.database_app:app", "examples.sqlalchemy_app:app"]


def ask(url: str, note: str | None = None) -> tuple[int, Any, str]:
    """Status, body and instance of a request that reads the notes, or adds one."""
    body = None if note is None else json.dumps({"text": note}).encode()
    request = urllib.request.Request(f"{url}/notes", body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.status, json.load(response), response.headers["x-instance-id"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), ""


class Platform:
    """An emulated platform with an app on the database; `log` is what its instances print."""

    def __init__(self, emulator: Emulator, log: Path) -> None:
        self.url = emulator.url
        self.pid = emulator.pid
        self.log = log

    def instances(self) -> list[int]:
        """The processes of entrypoint.sh; each leads a group of its own."""
        doors = DOORS_NAME.encode()
        return [pid for pid in children(self.pid) if doors in Path(f"/proc/{pid}/cmdline").read_bytes()]


Serve = Callable[..., Platform]


@pytest.fixture
def serve(database: Cluster, tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(platform: str, app: str = APPS[0], **variables: str) -> Platform:
            log = tmp_path / "log"
            settings = Settings(
                app=app, idle_seconds=600, log=log, environment={"DATABASE_URL": database.url, **variables}
            )
            return Platform(stack.enter_context(Emulator(platform, settings)), log)

        yield start


@pytest.mark.parametrize("keep", ["off", "on"])
@pytest.mark.parametrize("app", APPS)
def test_a_lambda_instance_answers_after_a_freeze_in_which_the_database_restarted(
    serve: Serve, database: Cluster, app: str, keep: str
) -> None:
    lambda_ = serve("aws", app, DATABASE_KEEP=keep)
    answers = [ask(lambda_.url, "first")]
    for mode in ("immediate", "fast"):
        [instance] = lambda_.instances()
        until(lambda pid=instance: is_frozen(pid), "frozen between two requests")

        database.restart(mode)

        answers += [ask(lambda_.url, mode), ask(lambda_.url)]

    assert [status for status, _, _ in answers] == [201, 201, 200, 201, 200]
    assert answers[-1][1] == ["first", "immediate", "fast"]
    assert len({instance for _, _, instance in answers}) == 1


@pytest.mark.parametrize("keep", ["off", "on"])
@pytest.mark.parametrize("app", APPS)
def test_all_threads_of_gunicorn_answer_after_a_freeze_in_which_the_database_restarted(
    serve: Serve, database: Cluster, app: str, keep: str
) -> None:
    service = serve("gcp", app, DATABASE_KEEP=keep)
    notes = [f"{number}" for number in range(16)]
    with ThreadPoolExecutor(8) as clients:
        before = list(clients.map(lambda note: ask(service.url, note), notes))
        [instance] = service.instances()
        for mode in ("immediate", "fast"):
            os.killpg(instance, signal.SIGSTOP)
            until(lambda: is_frozen(instance), "frozen")
            database.restart(mode)
            os.killpg(instance, signal.SIGCONT)

            after = list(clients.map(lambda _: ask(service.url), notes))

            assert {status for status, _, _ in after} == {200}
            assert all(sorted(body, key=int) == notes for _, body, _ in after)
    assert {status for status, _, _ in before} == {201}
    assert len({instance for _, _, instance in before + after}) == 1


@pytest.mark.parametrize("keep", ["off", "on"])
def test_no_reader_fails_while_the_database_restarts_under_load(
    serve: Serve, database: Cluster, keep: str
) -> None:
    service = serve("gcp", DATABASE_KEEP=keep)
    ask(service.url, "first")
    done = False

    def read_until_done() -> set[tuple[int, str]]:
        answers: set[tuple[int, str]] = set()
        while not done:
            status, body, _ = ask(service.url)
            answers.add((status, json.dumps(body)))
        return answers

    with ThreadPoolExecutor(4) as clients:
        readers = [clients.submit(read_until_done) for _ in range(4)]
        for mode in ("fast", "immediate"):
            database.restart(mode)
            ask(service.url)
        done = True
        answers = set[tuple[int, str]]().union(*(reader.result(PATIENCE) for reader in readers))

    assert answers == {(200, '["first"]')}


def test_a_request_waits_for_a_database_that_wakes_up(serve: Serve, database: Cluster) -> None:
    lambda_ = serve("aws")
    database.stop()
    with ThreadPoolExecutor(1) as client:
        answer = client.submit(ask, lambda_.url, "awake")
        until(lambda: "The database does not answer yet" in lambda_.log.read_text(), "the app waits")

        database.start()

        assert answer.result(PATIENCE)[0] == 201
    assert database.query("SELECT text FROM notes") == ["awake"]


def test_a_database_that_stays_away_is_a_503_that_says_when_to_come_back(
    serve: Serve, database: Cluster
) -> None:
    lambda_ = serve("aws", DATABASE_WAIT="0.2")
    database.stop()
    try:
        status, body, _ = ask(lambda_.url)
    finally:
        database.start()
        database.wait()

    assert (status, body) == (
        503,
        {"error": "Service Unavailable", "message": "The database does not answer; try again"},
    )


def test_an_idle_instance_holds_no_connection_so_the_database_may_sleep(
    serve: Serve, database: Cluster
) -> None:
    lambda_ = serve("aws")

    assert ask(lambda_.url, "one")[0] == 201

    [instance] = lambda_.instances()
    until(lambda: is_frozen(instance), "frozen")
    until(lambda: database.others() == [], "no connection")


@pytest.mark.process
def test_a_switch_that_is_neither_on_nor_off_is_told() -> None:
    """Taken for off it would go unnoticed: everything works, a new connection at a time."""
    command = [sys.executable, "-c", "import examples.postgres"]
    variables = {**os.environ, "DATABASE_KEEP": "yes"}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)

    assert done.stderr.endswith("ValueError: DATABASE_KEEP is 'yes'; it is on or off\n")


def can_drop_packets() -> bool:
    """Whether this user may make a network namespace and has iptables for it."""
    if not shutil.which("unshare") or not shutil.which("iptables"):
        return False
    command = ["unshare", "--net", "iptables", "--list"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.usefixtures("database_server")  # skips if there is no PostgreSQL
def test_a_connection_that_the_network_cut_without_a_word_is_noticed_and_replaced() -> None:
    if not can_drop_packets():
        pytest.skip("it takes root, a network namespace and iptables to lose packets")
    command = ["unshare", "--net", sys.executable, "-m", "tests.examples.silent_cut"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert (done.returncode, done.stdout) == (0, "the first connection, then another\n"), done.stderr
