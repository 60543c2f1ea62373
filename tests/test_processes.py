"""Which tests may start a process, that the others cannot, and how tests share the machine."""

import fcntl
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parallel import inside, next_group

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

GROUPED = """
import pytest

@pytest.fixture(scope="session")
def engine(processes):
    pass

@pytest.fixture(scope="session")
def image(engine):
    pass

@pytest.fixture(scope="module")
def server(processes):
    pass

@pytest.mark.parametrize("n", range(4))
def test_of_the_engine(engine, n):
    pass

@pytest.mark.parametrize("n", range(4))
def test_of_the_image(image, n):
    pass

@pytest.mark.parametrize("n", range(4))
def test_of_the_server(server, n):
    pass

@pytest.mark.parametrize("n", range(8))
def test_of_none(n):
    pass
"""


WAITING = {
    "tests/stacks/test_a.py": "123",
    "tests/stacks/settings/test_b.py": "1",
    "tests/cost/test_c.py": "12",
    "tests/cost/test_c.py::test_starts": "1",
}


def outcome(folder: Path, text: str, *options: str) -> list[str]:
    """Which tests passed or failed, in pytest's own short words."""
    lines = run(folder, text, *options).splitlines()
    return [" ".join(line.split("::")[1].split()[:2]) for line in lines if "::" in line]


def run(folder: Path, text: str, *options: str) -> str:
    """What pytest prints of a file of tests in a folder of its own."""
    (folder / "test_it.py").write_text(text)
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.processes", "tests.parallel"]\n')
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n    process: starts one\n    container: needs an engine\n"
    )
    command = [sys.executable, "-m", "pytest", "-v", "--tb=no", "--no-summary", *options]
    # Plugins that happen to be installed take longer to load than all the rest.
    variables = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    return done.stdout


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


@pytest.mark.process
def test_tests_that_share_what_takes_long_run_in_one_worker(tmp_path: Path) -> None:
    """The image is made of the engine, so both are of one group; what shares nothing goes to whichever is free."""
    printed = run(tmp_path, GROUPED, "-p", "xdist", "--numprocesses", "2")

    workers: dict[str, set[str]] = {}
    for worker, test in re.findall(r"^\[(gw\d)\].* PASSED .*::(\w+)\[", printed, re.MULTILINE):
        workers.setdefault(test, set()).add(worker)
    assert workers.keys() == set(re.findall(r"def (test_\w+)", GROUPED))
    assert workers["test_of_the_engine"] == workers["test_of_the_image"]
    assert len(workers["test_of_the_engine"]) == len(workers["test_of_the_server"]) == 1
    assert set.union(*workers.values()) == {"gw0", "gw1"}


@pytest.mark.parametrize(
    ("here", "elsewhere", "taken"),
    [
        (None, set[str](), "browser"),
        ("tests/cost", {"tests/stacks"}, "browser"),
    ],
)
def test_what_tests_of_several_folders_share_comes_first(
    here: str | None, elsewhere: set[str], taken: str
) -> None:
    assert (
        next_group(
            {**WAITING, "browser": {"tests/compare/test_page.py::test_a"}}, here, elsewhere, is_quiet=False
        )
        == taken
    )


@pytest.mark.parametrize(
    ("here", "elsewhere", "taken"),
    [
        (None, set[str](), "tests/stacks/test_a.py"),
        ("tests/cost", {"tests/stacks"}, "tests/cost/test_c.py"),
        ("::tests/cost", set[str](), "tests/cost/test_c.py::test_starts"),
        ("tests/docs", {"tests/stacks"}, "tests/cost/test_c.py"),
        (None, {"tests/stacks", "tests/cost", "::tests/cost"}, "tests/stacks/test_a.py"),
    ],
)
def test_a_worker_stays_in_a_folder_and_then_goes_where_no_other_is(
    here: str | None, elsewhere: set[str], taken: str
) -> None:
    assert next_group(WAITING, here, elsewhere, is_quiet=False) == taken


def test_quiet_tests_come_first_and_have_not_to_wait_for_long_ones() -> None:
    browser, quiet = {"tests/compare/test_page.py::test_a"}, {"tests/compare/test_drift.py::test_a"}
    waiting = {**WAITING, "browser": browser, "quiet": quiet}

    assert next_group(waiting, None, set(), is_quiet=False) == "quiet"
    assert next_group({**WAITING, "browser": browser}, None, set(), is_quiet=True) == "tests/stacks/test_a.py"


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
