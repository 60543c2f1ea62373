"""Which tests may start a process, that the others cannot, and how a test has the machine to itself."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parallel import inside

ROOT = Path(__file__).parents[1]
TESTS = """
import subprocess, threading, pytest

def start():
    subprocess.run(["touch", "started"], check=True)

def test_unmarked():
    start()

def test_catches_everything():
    try:
        start()
    except Exception:
        pass

def test_in_a_thread():
    thread = threading.Thread(target=lambda: pytest.raises(BaseException, start))
    thread.start()
    thread.join()

@pytest.fixture(scope="module")
def hidden():
    start()

@pytest.mark.process
def test_shares_what_it_has_not_declared(hidden):
    pass

def test_starts_none():
    pass
"""
MARKED = """
import subprocess, pytest

def start(name):
    subprocess.run(["touch", name], check=True)

@pytest.mark.process
def test_marked():
    start("by a test")

@pytest.fixture(scope="module")
def declared(processes):
    start("by a fixture")
    yield
    start("at its end")

@pytest.fixture
def deeper(declared):
    pass

def test_uses_it(deeper):
    pass

def test_is_not_marked():
    pass
"""


def outcome(folder: Path, text: str, *options: str) -> list[str]:
    """Which tests passed or failed, in pytest's own short words."""
    (folder / "test_it.py").write_text(text)
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.processes"]\n')
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    process: starts one\n")
    command = [sys.executable, "-m", "pytest", "-v", "--tb=no", "--no-summary", *options]
    variables = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    return [" ".join(line.split("::")[1].split()[:2]) for line in done.stdout.splitlines() if "::" in line]


@pytest.mark.process
def test_what_is_not_marked_starts_no_process_and_fails(tmp_path: Path) -> None:
    assert outcome(tmp_path, TESTS) == [
        "test_unmarked FAILED",
        "test_unmarked ERROR",
        "test_catches_everything FAILED",
        "test_catches_everything ERROR",
        "test_in_a_thread PASSED",
        "test_in_a_thread ERROR",
        "test_shares_what_it_has_not_declared ERROR",
        "test_shares_what_it_has_not_declared ERROR",
        "test_starts_none PASSED",
    ]
    assert not (tmp_path / "started").exists()


@pytest.mark.process
def test_what_is_marked_or_uses_a_fixture_that_says_so_may_start_one(tmp_path: Path) -> None:
    assert outcome(tmp_path, MARKED, "-m", "not process") == ["test_is_not_marked PASSED"]
    assert outcome(tmp_path, MARKED) == [
        "test_marked PASSED",
        "test_uses_it PASSED",
        "test_is_not_marked PASSED",
    ]
    assert {file.name for file in tmp_path.glob("[ab][yt] *")} == {"by a test", "by a fixture", "at its end"}


def test_a_quiet_test_is_alone_and_others_are_not(tmp_path: Path) -> None:
    room, door = tmp_path / "room", tmp_path / "door"
    room.touch()
    door.touch()

    def may_enter(kind: int) -> bool:
        with room.open() as place:
            try:
                fcntl.flock(place, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    with inside(room, door, alone=False):
        assert (may_enter(fcntl.LOCK_SH), may_enter(fcntl.LOCK_EX)) == (True, False)
    with inside(room, door, alone=True):
        assert (may_enter(fcntl.LOCK_SH), may_enter(fcntl.LOCK_EX)) == (False, False)
    assert may_enter(fcntl.LOCK_EX)
