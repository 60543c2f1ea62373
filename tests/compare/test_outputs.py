"""Where results go: full disks, readers that have gone, files that were there before. Nothing is lost."""

import json
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

import terminal
from compare.commands import Format, report
from runs.file import read
from tests.compare.conftest import ROOT, Done, Server, Started
from tests.forks import Forked
from tests.test_commandline import HOSTILE

Serve = Callable[..., Server]
Compare = Callable[..., Done]
Process = Callable[..., Started]
QUICK = ("--cold", "none", "--rounds", "12")
LIMITED = pytest.mark.skipif(
    shutil.which("prlimit") is None, reason="prlimit of util-linux limits the size of files"
)


@LIMITED
def test_a_disk_that_is_full_from_the_start_is_one_line(serve: Serve, process: Process) -> None:
    """Nothing was measured, so no folder stays."""
    server = serve()

    done = process("run", f"a={server.url}", *QUICK, "--quiet", prefix=("prlimit", "--fsize=10")).wait()

    assert (done.status, done.out) == (2, "")
    assert done.error.startswith(f"compare: cannot write to {done.results}/")
    assert done.error.endswith(": no space is left; choose a folder with --results\n")
    assert list(done.results.iterdir()) == []
    assert server.served() == 0


@pytest.mark.process
@LIMITED
@pytest.mark.parametrize("form", get_args(Format))
def test_no_form_of_a_report_has_a_control_character_that_a_target_sent(
    saved: Path, tmp_path: Path, form: Format, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(saved, tmp_path / "run")
    lines = [json.loads(line) for line in (run / "samples.jsonl").read_text("utf-8").splitlines()]
    for line in lines:
        if "build" in line:
            line |= {"build": HOSTILE, "instance": HOSTILE}
    (run / "samples.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n", "utf-8")

    report([run], form, None, terminal.console())

    printed = capsys.readouterr().out
    assert len(printed) > 500
    assert not [each for each in printed if unicodedata.category(each) == "Cc" and each not in "\n\t\r"]
    assert "\u202e" not in printed


def test_a_file_that_cannot_be_written_anew_stays_as_it_was(saved: Path, tmp_path: Path) -> None:
    """A report that does not fit on the disk leaves the one before."""
    file = tmp_path / "report.html"
    file.write_text("the one before")

    command = ["prlimit", "--fsize=1000", sys.executable, "-m", "compare", "report", str(saved)]
    done = subprocess.run(
        [*command, "--format", "html", "--output", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"compare: cannot write {file}: no space is left\n"
    assert file.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.process
def test_an_output_that_is_no_file_is_written_to(compare: Compare, saved: Path, tmp_path: Path) -> None:
    """A pipe or device is not replaced by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True)

    done = compare("report", str(saved), "--format", "markdown", "--output", str(pipe))

    told, _ = reader.communicate(timeout=30)
    assert done.status == 0
    assert told.startswith("### Latency of ")
    assert pipe.is_fifo()


@pytest.mark.process
@pytest.mark.parametrize("form", ["text", "csv"])
def test_a_full_standard_output_is_one_line(saved: Path, form: str) -> None:
    """Where what is printed cannot be kept, the command says so and fails."""
    with Path("/dev/full").open("w") as full:
        done = printing_to(full.fileno(), "report", str(saved), "--format", form)

    assert done == (1, "compare: cannot write the output: No space left on device\n")


@pytest.mark.process
@pytest.mark.parametrize("form", ["text", "csv"])
def test_a_reader_that_has_gone_ends_a_report_quietly(saved: Path, form: str) -> None:
    """As in `compare report ... | head -1`: the status that a shell gives, and no word."""
    assert without_reader("report", str(saved), "--format", form) == (141, "")


@pytest.mark.process
def test_a_reader_that_has_gone_ends_a_run_with_its_reports(serve: Serve, tmp_path: Path) -> None:
    """What was measured until then is in the file, which says how it ended, and in its reports."""
    server = serve()

    done = without_reader(
        "run", f"a={server.url}", *QUICK, "--monthly", "0", "--results", str(tmp_path / "results")
    )

    (directory,) = (tmp_path / "results").iterdir()
    run = read(directory)
    assert done == (141, "")
    assert run.end is not None
    assert run.end.status == "failed: Broken pipe; the samples before are in the file"
    assert {file.name for file in directory.iterdir()} >= {"samples.jsonl", "report.json", "report.html"}


def without_reader(*words: str) -> tuple[int, str]:
    """The exit status and the errors of a command whose standard output nobody reads."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        return printing_to(write_end, *words)
    finally:
        os.close(write_end)


def printing_to(output: int, *words: str) -> tuple[int, str]:
    """The exit status and the errors of a command that has this standard output."""
    command = [sys.executable, "-m", "compare", *words]
    with Forked(command, cwd=ROOT, stdout=output, stderr=subprocess.PIPE, text=True) as process:
        _, error = process.communicate()
    return process.returncode, error
