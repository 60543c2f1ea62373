"""`python -m cost advise --front` as a user types it."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from cost.front import text
from tests.cost.test_cli import cost

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
