"""One saved run, rendered in every form but the page."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from compare.report import html, markdown, side_by_side, text, words
from compare.report.figures import series
from compare.report.model import Headline, Report, Section
from runs.file import read
from tests.compare.conftest import Done
from tests.compare.schema import ADAPTER, schema

Compare = Callable[..., Done]
ROOT = Path(__file__).parents[2]


def test_the_verdict_finds_the_slower_target(made: Report) -> None:
    """A server that takes 20 ms longer is slower, in words, with an interval; the one that fails is named."""
    (primary, *_) = [one for one in made.comparisons if one.primary]

    assert (primary.figure, primary.verdict) == ("warm, kept connection, p50", "slower")
    assert re.match(r"slow is [\d.]+ times slower than fast \[[\d.]+, [\d.]+\]", primary.words)
    assert primary.low
    assert primary.low > 1
    assert any(finding.problem and finding.target == "broken" for finding in made.findings)


def test_the_json_is_what_its_schema_describes(saved: Path, made: Report) -> None:
    """report.json is the Report, and docs/report.schema.json is up to date with it."""
    read_back = ADAPTER.validate_json((saved / "report.json").read_bytes(), strict=True)

    assert read_back == made
    assert json.loads((ROOT / "docs/report.schema.json").read_text()) == schema()


def test_csv_has_a_line_for_every_sample(compare: Compare, saved: Path) -> None:
    """Nothing is left out, also not what the figures leave out; numbers come back as they were."""
    done = compare("report", str(saved), "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(done.out)))
    samples = read(saved).samples
    assert len(rows) == len(samples)
    assert [float(row["ms_total"]) for row in rows] == [sample.ms.total for sample in samples]
    assert {row["run"] for row in rows} == {saved.name}


def test_markdown_for_a_pull_request(compare: Compare, saved: Path, tmp_path: Path) -> None:
    """The verdict first, then one row a target, then what went wrong; what a target is called cannot break it."""
    file = tmp_path / "report.md"

    done = compare("report", str(saved), "--format", "markdown", "--output", str(file))

    written = file.read_text()
    lines = written.splitlines()
    assert (done.status, done.out) == (0, "")
    assert lines[0] == "### Latency of fast, slow and broken"
    assert lines[2].startswith("**warm, kept connection, p50: slow is ")
    assert [line.split(" | ")[0] for line in lines if line.startswith("| ")][2:] == [
        "| fast",
        "| slow",
        "| broken",
    ]
    assert "- **Problem:** broken failed in part" in written


def test_no_typical_request_of_a_sample_that_has_no_median(saved: Path) -> None:
    """Phases are those of the requests around the median, so they need as many as that."""
    warm = [sample for sample in read(saved).samples if sample.kind == "warm" and sample.ok]

    found = [series(warm[:n]).phases for n in (5, 6)]

    assert found[0] is None
    assert found[1] is not None


@pytest.mark.parametrize("width", [30, 60, 80, 110, 120, 200])
@pytest.mark.parametrize("runs", [1, 2])
def test_text_fits_every_terminal(saved: Path, made: Report, width: int, runs: int) -> None:
    """No line is wider than the terminal, no figure is cut, and all are there at any width."""
    read_again = read(saved)
    named = [replace(read_again, path=Path(f"2026-11-25T02-08-2{n}-before-the-change")) for n in range(runs)]
    shown = replace(side_by_side.together([made] * runs, named), cost=COST)
    console = Console(file=io.StringIO(), width=width, no_color=True)
    with console.capture() as captured:
        text.show(shown, console)

    written = captured.get()
    assert max(len(line) for line in written.splitlines()) <= width
    assert "…" not in written
    joined = " ".join(written.split())
    phases = [one.phases for target in made.targets for one in target.series if one.phases]
    figures = [words.ms(took) for one in phases for took in (one.name, one.platform, one.total)]
    assert [figure for figure in figures if figure not in joined] == []
    assert "0.17% to 0.24%" in joined
    assert "cold p50" in joined
    assert "fast: p50 " in joined


COST = Section(
    "What it would cost, who would wait",
    ["At 40,000 requests a month."],
    ["platform", "wait for a start", "p50", "p95", "p99", "a month", "without the free tier"],
    [["AWS Lambda", "0.20%\n0.17% to 0.24%", "100 ms", "100 ms", "100 ms", "$0.04\n$0.04 to $0.05", "$0.10"]],
    [],
)


@pytest.mark.parametrize("form", [text.plain, html.page, markdown.render])
def test_unusual_samples_are_told_from_the_usual(made: Report, form: Callable[[Report], str]) -> None:
    """Warm figures of fresh connections, where there are no others, and cold starts of bursts say so."""
    (target, *_) = made.targets
    fresh = [one for one in target.series if (one.kind, one.connection) == ("warm", "fresh")]
    cold = [replace(one, how="burst") for one in target.series if one.kind == "cold"]

    one = replace(target, series=[*fresh, *cold])
    written = form(replace(made, targets=[one], comparisons=[]))

    assert (len(fresh), len(cold)) == (1, 1)
    assert f"n={fresh[0].n}, fresh" in written
    assert f"n={cold[0].n}, in bursts" in written


def test_several_runs_stand_side_by_side(compare: Compare, saved: Path, tmp_path: Path) -> None:
    """Their targets are told apart by their runs, and no verdict is given between runs."""
    other = tmp_path / "other-run"
    shutil.copytree(saved, other)

    done = compare("report", str(saved), str(other), "--format", "json")

    joined = ADAPTER.validate_json(done.out)
    assert [(target.run, target.name) for target in joined.targets] == [
        (run, name) for run in (saved.name, "other-run") for name in ("fast", "slow", "broken")
    ]
    assert "These runs were made at different times" in joined.scope[0]
    assert {one.run for one in joined.comparisons} == {one.run for one in joined.headline}
    assert {one.run for one in joined.comparisons} == {saved.name, "other-run"}
    assert {one.figure for one in joined.comparisons if one.primary} == {"warm, kept connection, p50"}


def test_a_colon_in_a_sentence_parts_nothing(made: Report) -> None:
    """The page shows a sentence whole, also if it quotes an error; text puts what it is about before it."""
    about_all = Headline(
        "the run did not end well (failed: no space is left): these figures are of what is in its file"
    )
    of_one = Headline("a is 2.00 times slower than b", "warm, kept connection, p50", "other: run")
    shown = replace(made, headline=[about_all, of_one])

    page = html.page(shown)

    assert f"<p>{about_all.words}</p>" in page
    assert '<span class="figure">other: run: warm, kept connection, p50</span>' in page
    assert "other: run: warm, kept connection, p50: a is 2.00 times slower than b" in text.plain(
        shown
    ).replace("\n", " ")


@pytest.mark.parametrize("form", ["text", "html", "markdown", "csv"])
def test_several_runs_have_every_form(compare: Compare, saved: Path, tmp_path: Path, form: str) -> None:
    """What one run can be rendered as, several can too, and each names all of them."""
    other = tmp_path / "other-run"
    shutil.copytree(saved, other)

    done = compare("report", str(saved), str(other), "--format", form)

    assert (done.status, done.error) == (0, "")
    assert saved.name in done.out
    assert "other-run" in done.out


def test_a_folder_that_is_no_run_is_a_clear_error(compare: Compare, tmp_path: Path) -> None:
    """Reading something else says what it should be."""
    done = compare("report", str(tmp_path))

    assert (done.status, done.out) == (2, "")
    assert (
        done.error
        == f"compare: {tmp_path} is not a saved run: it has no samples.jsonl; runs are the folders in results/\n"
    )
