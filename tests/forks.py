"""The project's programs as processes that are forked from one that has imported them already.

The imports of an emulator or of a comparison take many times as long as the rest of its start, and tests start some
hundreds. `Forked` is subprocess.Popen, but a server forks its `python -m PROGRAM`: there is one for each program and
each process of pytest, whose child the forked process becomes. That holds for a start in the project's folder, with the
variables that pytest itself was started with, and without a terminal. Any other start is made as it is typed, and so is
one that the server cannot make, so that it says itself what is wrong.
"""

import ctypes
import gc
import importlib
import inspect
import json
import os
import runpy
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# Each program that is forked, and the modules that it loads anyway; the last is a server for tests.
PROGRAMS = {
    "local": ["local.cli"],
    "compare": ["compare.cli", "compare.commands"],
    "tests.compare.server": ["argparse", "http.server", "ssl", "uuid"],
}
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_NUMBER = 8  # bytes of a length or of a process's number
_lock = threading.Lock()


class Server:
    """Forks processes of one program for this one. It starts with the first of them; `variables` are those it has."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.variables = _apart_from_pytests(os.environ)
        self._connection: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def fork(self, words: list[str], files: list[int], *, new_session: bool) -> int | None:
        """A child of this process that has these words and three standard files; None if there can be none."""
        message = json.dumps([words, new_session, dict(os.environ)]).encode()
        with _lock:
            connection = self._connection or self._start()
            # The process that has forked it ends at once: this one takes its place.
            _take_orphans(1)
            try:
                socket.send_fds(connection, [len(message).to_bytes(_NUMBER)], files)
                connection.sendall(message)
                pid = _read(connection, _NUMBER)
                _read(connection, 1)  # now it has ended
            except OSError:
                return None
            finally:
                _take_orphans(0)
        return int.from_bytes(pid) or None

    def _start(self) -> socket.socket:
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, self.program, str(theirs.fileno())],
                cwd=ROOT,
                env=self.variables,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl-C is for pytest.
                start_new_session=True,
            )
        return self._connection

    def close(self) -> None:
        """End the server; what it has forked goes on."""
        if self._connection and self._process:
            self._connection.close()
            self._process.wait()


def _apart_from_pytests(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables without those that pytest sets anew for each test."""
    return {name: value for name, value in variables.items() if not name.startswith("PYTEST_")}


def _take_orphans(number: int) -> None:
    """Whether a process whose parent ends becomes a child of this one, if that parent was one of its descendants."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, number, 0, 0, 0)


def _read(connection: socket.socket, length: int) -> bytes:
    """So many bytes; fewer if the other side has gone."""
    read = b""
    while len(read) < length and (piece := connection.recv(length - len(read))):
        read += piece
    return read


servers = {program: Server(program) for program in PROGRAMS}


def pytest_unconfigure() -> None:
    """Called by pytest at its end."""
    for server in servers.values():
        server.close()


_Popen: Any = subprocess.Popen
_named = inspect.signature(_Popen._execute_child).bind
# What a start has to be given to be forked: nothing that only the start of a program can do.
_USUAL = {
    "executable": None,
    "preexec_fn": None,
    "close_fds": True,
    "pass_fds": (),
    "shell": False,
    "umask": -1,
} | {
    "restore_signals": True,
    **dict.fromkeys(("uid", "gid", "gids")),
}


class Forked(subprocess.Popen[str]):
    """A process that is forked if that is possible, else started as it is typed."""

    def _execute_child(self, *arguments: Any) -> None:
        """Called by Popen to start the process; it has no public place for another way to do so."""
        given = _named(self, *arguments).arguments
        words, pipes = given["args"], [given[name] for name in ("p2cread", "c2pwrite", "errwrite")]
        files = [number if pipe == -1 else pipe for number, pipe in enumerate(pipes)]
        pid = None
        if _can_be_forked(given, files):
            sys.audit("subprocess.Popen", words[0], words, given["cwd"], given["env"])
            pid = servers[words[2]].fork(words[3:], files, new_session=given["start_new_session"])
        popen: Any = super()
        if pid is None:
            popen._execute_child(*arguments)
            return
        self.pid, self._child_created = pid, True
        ends = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        popen._close_pipe_fds(*(given[name] for name in ends))


def _can_be_forked(given: Mapping[str, Any], files: list[int]) -> bool:
    words = given["args"]
    return (
        sys.platform == "linux"
        and isinstance(words, list)
        and words[:2] == [sys.executable, "-m"]
        and words[2] in PROGRAMS
        and Path(given["cwd"] or ".").absolute() == ROOT
        and all(given[name] == value for name, value in _USUAL.items())
        and given.get("process_group") in {None, -1}
        and _apart_from_pytests(given["env"] or os.environ) == servers[words[2]].variables
        and not any(os.isatty(file) for file in files)
    )


def _serve(connection: socket.socket) -> list[str] | None:
    """Fork what is asked for until nobody asks any more; in a forked process give its words."""
    while True:
        length, files, *_ = socket.recv_fds(connection, _NUMBER, 3)
        if not length:
            return None
        words, new_session, variables = json.loads(_read(connection, int.from_bytes(length)))
        between = os.fork()
        if not between:
            if pid := os.fork():
                connection.sendall(pid.to_bytes(_NUMBER))
                os._exit(0)
            connection.close()
            _become(files, variables, new_session=new_session)
            return words
        for file in files:
            os.close(file)
        os.waitpid(between, 0)
        connection.sendall(b".")


def _become(files: list[int], variables: dict[str, str], *, new_session: bool) -> None:
    """Give this process what a new program has of its own."""
    if new_session:
        os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(variables)


if __name__ == "__main__":
    program, place = sys.argv[1], socket.socket(fileno=int(sys.argv[2]))
    place.set_inheritable(False)
    for module in PROGRAMS[program]:
        importlib.import_module(module)
    # What is there by now is never collected: that would copy the memory that the processes share.
    gc.freeze()
    asked = _serve(place)
    if asked is not None:
        sys.argv = [program, *asked]
        runpy.run_module(program, run_name="__main__", alter_sys=True)
