"""An emulator in the background of a program: it ends with its block, and with its caller."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local import Emulator, EmulatorError, Settings, SettingsError
from local.settings import ROOT
from tests.local.conftest import Emulate, get, is_gone, until


@pytest.fixture(scope="module")
def emulators() -> None:
    """Here they are started as their users start them, and not forked."""


@pytest.mark.process
def test_the_emulator_ends_with_its_block_also_when_that_fails(tmp_path: Path) -> None:
    settings = Settings(app="tests.local.apps:app", log=tmp_path / "log")
    pids: list[int] = []

    def work() -> None:
        with Emulator("aws", settings) as running:
            pids.extend([running.pid, get(running.url)["pid"]])
            raise RuntimeError("in the block")

    with pytest.raises(RuntimeError, match="in the block"):
        work()
    assert all(is_gone(pid) for pid in pids)


@pytest.mark.process
def test_the_emulator_ends_with_its_caller_even_when_that_is_killed(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from urllib.request import urlopen\n"
        "from local import Emulator, Settings\n"
        f"settings = Settings(app='tests.local.apps:app', log=Path({str(tmp_path / 'log')!r}))\n"
        "with Emulator('aws', settings) as running:\n"
        "    print(running.pid, urlopen(running.url).read().decode(), flush=True)\n"
        "    input()\n"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with caller:
        assert caller.stdout is not None
        emulator_pid, _, answer = caller.stdout.readline().partition(" ")

        caller.kill()

        until(lambda: is_gone(int(emulator_pid)), "the emulator ends")
        until(lambda: is_gone(json.loads(answer)["pid"]), "the instance ends")


@pytest.mark.process
def test_an_emulator_that_cannot_start_says_why(taken_port: int) -> None:
    with (
        pytest.raises(EmulatorError, match=f"port {taken_port} is in use"),
        Emulator("gcp", Settings(port=taken_port)),
    ):
        pass


def test_settings_that_the_platform_does_not_allow_are_refused_before_anything_starts() -> None:
    with pytest.raises(SettingsError, match="--concurrency is 2"), Emulator("aws", Settings(concurrency=2)):
        pass


def test_all_settings_reach_the_emulator(emulate: Emulate) -> None:
    gcp = emulate(
        "gcp",
        idle_seconds=1.5,
        minimum=1,
        maximum=2,
        concurrency=3,
        memory=1024,
        timeout=4.5,
        environment={"A": "x y", "B": "=", "C": ""},
    )

    seen = gcp.ask("/environment").json

    assert {name: seen[name] for name in "ABC"} == {"A": "x y", "B": "=", "C": ""}
