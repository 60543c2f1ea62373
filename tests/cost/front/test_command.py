"""`python -m cost advise --front` as a user types it."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from cost.front import text
from cost.report.file import MADE_BY
from tests.cost.test_cli import cost

pytestmark = pytest.mark.usefixtures("roughly")

ROOT = Path(__file__).parents[3]
SMALL = ("--front", "--platform", "ecs", "--platform", "gcp", "--replications", "2", "--concurrency", "80")


def test_a_front_is_printed_with_the_lines_that_make_it(tmp_path: Path) -> None:
    page, arguments = tmp_path / "front.html", ("advise", "--monthly", "20000", "--cpu", "2", *SMALL)

    done = cost(*arguments, "--p95", "5", "--budget", "900", "--html", str(page))

    assert done.returncode == 0, done.stderr
    assert " set-ups " in done.stdout
    assert "Take " in done.stdout
    assert "pulumi stack select " in done.stdout
    assert ": as in the table" in done.stdout
    html = page.read_text(encoding="utf-8")
    assert html.count('<circle class="dot') > 5
    assert "pulumi config set" in html


def test_json_has_all_points_and_none_of_the_front_is_beaten() -> None:
    done = cost("advise", "--monthly", "20000", "--cpu", "2", *SMALL, "--by", "p50", "--json")

    found = json.loads(done.stdout)
    every = [*found["front"], *found["others"]]
    assert found["by"] == "p50"
    assert len(every) == found["considered"]
    for one in found["front"]:
        for other in every:
            less = round(other["dollars"], 2) < round(one["dollars"], 2)
            assert not (less and other["waits"]["p50"] < one["waits"]["p50"] * 0.99)
    assert found["pick"] is None
    for width in (50, 80, 160):
        console = Console(width=width, record=True, file=io.StringIO())
        text.front(found, console)
        shown = console.export_text().splitlines()
        assert max(map(len, shown)) <= width
        assert any(line.strip().startswith("pulumi config set memory") for line in shown)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--budget", "10"), "--budget says something of the front: it goes with --front"),
        (("--by", "p50"), "--by says something of the front: it goes with --front"),
        (("--front", "--by", "p42"), "--by 'p42' is no wait; it is p50, p95, starts"),
        (("--front", "--budget", "-1"), "--budget -1: it is 0 dollars a month or more"),
        (("--front", "--least-memory", "0"), "--least-memory 0: it is 1 MB or more"),
        (("--front", "--platform", "apprunner"), "there is no set-up to choose from"),
        (("--front", "--memory", "99", "--platform", "aws"), "AWS Lambda has no instance of 99 MB"),
        (("--front", "--p95", "0"), "--p95 0: a limit is above 0 s"),
    ],
)
def test_what_makes_no_sense_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    done = cost("advise", "--monthly", "100", *arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert message in done.stderr


@pytest.mark.process
def test_ctrl_c_ends_a_search_with_one_line_and_leaves_the_page_as_it_was(tmp_path: Path) -> None:
    page = tmp_path / "front.html"
    page.write_text(MADE_BY, encoding="utf-8")
    command = [sys.executable, "-m", "cost", "advise", "--monthly", "3e6", "--front", "--html", str(page)]
    terminal, theirs = pty.openpty()

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs) as running:
        os.close(theirs)
        shown = b""
        while b"% of the set-ups" not in shown:
            shown += os.read(terminal, 1024)
        running.send_signal(signal.SIGINT)
        printed, _ = running.communicate(timeout=60)
        shown = os.read(terminal, 1 << 16)
    os.close(terminal)

    assert running.returncode == 130
    assert printed == b""
    *_, said = shown.split(b"\x1b[K")
    assert said == b"cost: interrupted before all set-ups were simulated\r\n"
    assert page.read_text(encoding="utf-8") == MADE_BY
    assert list(tmp_path.iterdir()) == [page]


def test_a_page_that_cannot_be_written_is_said_before_the_search(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, why in (
        (tmp_path, "is a folder: name a file in it"),
        (tmp_path / "no" / "front.html", "cannot be written: there is no folder"),
        (tmp_path / "file", "exists and is not a page of this tool: name another file"),
    ):
        done = cost("advise", "--monthly", "3e6", "--front", "--html", str(path))

        assert (done.returncode, done.stdout) == (2, "")
        assert why in done.stderr
