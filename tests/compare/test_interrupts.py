"""Ctrl-C at any moment, a full disk, a killed process, and going on afterwards: no sample is lost, nothing stays."""

import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.file import read
from tests.compare.conftest import Done, Server, Started, running
from tests.soak import drawn

Serve = Callable[..., Server]
Compare = Callable[..., Done]
Process = Callable[..., Started]
ENDLESS = ("--cold-starts", "500", "--idle", "0.15", "--rounds", "100000")


@pytest.fixture(scope="module")
def servers(processes: None) -> Iterator[list[Server]]:
    with running("--idle", "0.1") as first, running("--idle", "0.1", "--delay", "2") as second:
        yield [first, second]


def descendants(process: int) -> dict[tuple[int, int], str]:
    """The processes that `process` started, and those they did: id and start time, and the command line."""
    parents: dict[int, list[tuple[int, int]]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # gone meanwhile
        parents.setdefault(int(fields[1]), []).append((int(file.parent.name), int(fields[19])))
    found: dict[tuple[int, int], str] = {}
    waiting = [process]
    while waiting:
        for child in parents.get(waiting.pop(), []):
            found[child] = command_line(child[0])
            waiting.append(child[0])
    return found


def command_line(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def alive(processes: Iterable[tuple[int, int]]) -> list[str]:
    """Those of `processes` that still run."""
    found: list[str] = []
    for number, began in processes:
        try:
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[19]) == began and fields[0] != "Z":
            found.append(command_line(number))
    return found


def until(reached: Callable[[], bool], started: Started) -> None:
    """Wait for an event, two minutes at most on a busy machine, or for the end of the command."""
    deadline = time.monotonic() + 120
    while started.process.poll() is None and not reached():
        assert time.monotonic() < deadline, "the event did not come"
        threading.Event().wait(0.02)


def listening(process: int) -> bool:
    """Whether the program has begun and handles SIGTERM; before that an interrupt is for Python itself."""
    caught = re.search(r"^SigCgt:\s*(\w+)", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


@settings(
    max_examples=drawn(3),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    requests=st.integers(0, 150),
    more_ms=st.floats(0, 80),
    number=st.sampled_from([signal.SIGINT, signal.SIGTERM]),
)
def test_an_interrupt_at_any_moment_loses_no_sample(
    servers: list[Server], process: Process, requests: int, more_ms: float, number: signal.Signals
) -> None:
    """What was answered is in the file and in the report, the report says what happened, and nothing stays."""
    before = [server.served() for server in servers]
    started = process("run", *(f"t{n}={server.url}" for n, server in enumerate(servers)), *ENDLESS)

    until(lambda: listening(started.process.pid), started)
    until(lambda: sum(server.served() for server in servers) - sum(before) >= requests, started)
    threading.Event().wait(more_ms / 1000)
    started.process.send_signal(number)
    done = started.wait()

    served = [server.served() - earlier for server, earlier in zip(servers, before, strict=True)]
    assert done.status == 128 + number
    if not done.results.exists():
        assert served == [0, 0]
        return
    kept = [sum(sample.target == f"t{n}" for sample in read(done.directory).samples) for n in range(2)]
    assert all(0 <= had - has <= 1 for had, has in zip(served, kept, strict=True))
    assert sum(served) - sum(kept) <= 1
    assert done.report["status"] == "interrupted"
    assert sum(target["asked"] for target in done.report["targets"]) == sum(kept)
    assert "interrupted: these figures are of what was measured until then" in done.out


def test_ctrl_c_stops_emulated_platforms(process: Process) -> None:
    """Their instances too: no process of the run is left."""
    started = process("run", "local:aws", "local:gcp", "--rounds", "100000", "--cold-starts", "500")

    until(lambda: any(started.results.glob("*/samples.jsonl")) and _lines(started.results) > 20, started)
    before = descendants(started.process.pid)
    started.process.send_signal(signal.SIGINT)
    done = started.wait()

    assert done.status == 130
    assert any("gunicorn" in command for command in before.values())
    assert alive(before) == []
    assert all(target["asked"] > 5 for target in done.report["targets"])


def test_a_killed_instance_is_told_and_the_run_goes_on(process: Process) -> None:
    """The emulated platform starts another one; what failed meanwhile is counted, and no figure is made of it."""
    started = process("run", "local:apprunner", "--rounds", "100", "--cold", "none")

    until(lambda: any(started.results.glob("*/samples.jsonl")) and _lines(started.results) > 30, started)
    before = descendants(started.process.pid)
    instances = [number for (number, _), command in before.items() if "gunicorn" in command]
    for number in instances:
        os.kill(number, signal.SIGKILL)
    done = started.wait()

    assert instances
    target = done.report["targets"][0]
    assert done.status == (1 if target["failed"] else 0)
    assert len({sample["instance"] for sample in done.samples if sample["ok"]}) == 2
    assert target["asked"] - target["failed"] > 100
    assert all(sample["error"] for sample in done.samples if not sample["ok"])
    assert alive(before) == []


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit of util-linux limits the size of files")
def test_a_full_disk_ends_the_run_and_keeps_what_is_there(serve: Serve, process: Process) -> None:
    """Every line in the file is whole, the reason is told, and the status is 1."""
    server = serve()

    done = process("run", f"a={server.url}", *ENDLESS, prefix=("prlimit", "--fsize=40000")).wait()

    run = read(done.directory)
    assert (done.status, done.error, run.damaged) == (1, "", 0)
    assert (done.directory / "samples.jsonl").read_bytes().endswith(b"}\n")
    assert server.served() - len(run.samples) == 1
    assert "the run did not end well (" in done.out
    # The line about the end is shorter than a sample: whether it still fits depends on the lengths of the lines before.
    end = "end of the run could not be written" if run.end is None else "the samples before are in the file"
    assert "no space is left" in done.out
    assert end in done.out


def test_a_killed_run_is_readable_and_goes_on(serve: Serve, process: Process, compare: Compare) -> None:
    """After kill -9 in the middle of a line `--resume` measures what is left, and all of it is one run."""
    first, second = serve(), serve()
    words = (f"a={first.url}", f"b={second.url}", "--cold", "none", "--rounds", "60", "--seed", "5")
    started = process("run", *words)
    until(lambda: any(started.results.glob("*/samples.jsonl")) and _lines(started.results) > 60, started)
    started.process.kill()
    directory = started.wait().directory
    with (directory / "samples.jsonl").open("a") as file:
        file.write('{"record":"sample","targ')
    cut = read(directory)

    killed, resumed = compare("report", str(directory)), compare("run", "--resume", str(directory), "--quiet")

    whole = read(directory)
    assert "the run did not end well (cut off)" in killed.out
    assert (resumed.status, whole.end and whole.end.status, whole.damaged) == (0, "complete", 1)
    assert whole.samples[: len(cut.samples)] == cut.samples
    assert {sample.round for sample in whole.samples if sample.kind == "warm"} == set(range(60))
    assert [sample.at_s for sample in whole.samples] == sorted(sample.at_s for sample in whole.samples)
    assert "resumed at" in resumed.out


def test_a_cycle_that_was_cut_off_is_made_up_for(serve: Serve, compare: Compare) -> None:
    """A run cut off between a cold start and its warm requests meets as many instances in the end as it should."""
    server = serve("--idle", "0.1")
    words = ("--cold-starts", "5", "--idle", "0.3", "--rounds", "10", "--quiet")
    directory = compare("run", f"a={server.url}", *words).directory
    file = directory / "samples.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    third = [line for line in lines if '"kind":"cold"' in line][2]
    file.write_text("".join(lines[: lines.index(third) + 1]))

    resumed = compare("run", "--resume", str(directory), "--quiet")

    warm = [sample for sample in read(directory).samples if sample.kind == "warm"]
    assert resumed.status == 0
    assert len({sample.instance for sample in warm}) == 5
    assert len({sample.round for sample in warm}) == 10


def _lines(results: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in results.glob("*/samples.jsonl"))
