"""A forked program cannot be told from one that is started as it is typed."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.forks import ROOT, Forked, Server, servers

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all are started as they are typed"),
]
EMULATOR = ["local", "gcp", "--port=0", "--app=tests.local.apps:app", "--health=", "--with-parent"]
Process = subprocess.Popen[str]


def start(how: type[Process], *words: str, **options: Any) -> Process:
    usual: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE) | {"cwd": ROOT}
    return how([sys.executable, "-m", *words], **(usual | options), text=True)


def is_forked(process: Process) -> bool:
    """Whether it is a copy of the server: the system knows the words of a program's start."""
    return b"tests.forks" in Path(f"/proc/{process.pid}/cmdline").read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ["local", "rocket"],
        ["local", "--help"],
        ["local", "gcp", "--port=many"],
        ["compare", "report", "no-run"],
    ],
    ids=" ".join,
)
def test_it_prints_and_ends_as_the_typed_one(words: list[str]) -> None:
    ends: list[tuple[str, str, int]] = []
    for how in (Forked, subprocess.Popen[str]):
        with start(how, *words) as process:
            ends.append((*process.communicate(), process.returncode))

    assert ends[0] == ends[1]
    assert any(ends[0])


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (Process.terminate, 0),
        (lambda process: os.killpg(process.pid, signal.SIGINT), 130),
        (Process.kill, -signal.SIGKILL),
        (lambda process: process.stdin.close(), 0),
    ],
    ids=["SIGTERM", "SIGINT", "SIGKILL", "the end of its input"],
)
def test_it_is_a_child_of_this_process_that_ends_in_every_way(
    end: Callable[[Process], None], status: int
) -> None:
    with start(Forked, *EMULATOR, start_new_session=True) as process, start(Forked, *EMULATOR) as later:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://")
        about = dict(
            line.split(":\t", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        )
        assert is_forked(process)
        assert (int(about["PPid"]), os.getpgid(process.pid)) == (os.getpid(), process.pid)
        assert os.getpgid(later.pid) != later.pid

        end(process)

        assert process.wait(60) == status


def test_its_variables_are_those_of_now_and_it_holds_no_file_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those of pytest differ in each test, and a pipe that another process holds has no end."""
    monkeypatch.setenv("PYTEST_MINE", "=1= é")
    with start(Forked, *EMULATOR) as first, start(Forked, *EMULATOR) as second:
        has: list[set[str]] = []
        for process in (first, second):
            assert process.stdout is not None
            process.stdout.readline()
            files = {str(file.readlink()) for file in Path(f"/proc/{process.pid}/fd").iterdir()}
            has.append({file for file in files if file.startswith(("pipe:", "socket:"))})
        reaper = int(Path(f"/proc/{second.pid}/task/{second.pid}/children").read_text().split()[0])

        assert is_forked(first)
        assert is_forked(second)
        assert not has[0] & has[1]
        assert "PYTEST_MINE==1= é".encode() in Path(f"/proc/{reaper}/environ").read_bytes().split(b"\0")
        for process in (first, second):
            process.communicate()


@pytest.mark.parametrize(
    "options",
    [
        {"env": os.environ | {"MORE": "1"}},
        {"env": {"PATH": os.environ["PATH"]}},
        {"cwd": ROOT / "tests"},
        {"preexec_fn": lambda: None},
        {"umask": 0o077},
        {"process_group": 0},
    ],
    ids=["a variable more", "variables less", "another folder", "a function", "umask", "a group"],
)
def test_what_only_a_start_can_do_is_started_as_it_is_typed(options: dict[str, Any]) -> None:
    with start(Forked, *EMULATOR, **options) as process:
        assert not is_forked(process)
        process.kill()


def test_without_a_server_it_is_started_as_it_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Server("local")
    ended._connection, theirs = socket.socketpair()
    theirs.close()
    monkeypatch.setitem(servers, "local", ended)
    with ended._connection, start(Forked, "local", "rocket") as process:
        assert "it is one of aws, gcp, apprunner, ecs" in process.communicate()[1]
