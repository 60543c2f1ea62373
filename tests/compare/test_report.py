"""One saved run, rendered in every form; the page in a real browser."""

import csv
import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from compare.cli import main
from compare.report import text
from compare.report.build import report
from compare.report.model import Report
from compare.runfile import read
from tests.compare.conftest import Done, running
from tests.compare.schema import ADAPTER, schema

Compare = Callable[..., Done]
ROOT = Path(__file__).parents[2]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run with every kind of sample: cold, warm, under load, failed; one target named to need escaping."""
    folder = tmp_path_factory.mktemp("run")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        fast = stack.enter_context(running("--idle", "0.1", "--start", "0.02"))
        slow = stack.enter_context(running("--idle", "0.1", "--start", "0.04", "--delay", "3"))
        broken = stack.enter_context(running("--status", "500", "--status-from", "20"))
        words = [
            f"fast={fast.url}",
            f"slow={slow.url}/?<b>&q='1'",
            f"broken={broken.url}",
            "--cold-starts",
            "10",
        ]
        words += [
            "--idle",
            "0.25",
            "--rounds",
            "80",
            "--rate",
            "30",
            "--load-duration",
            "1",
            "--quiet",
            "--monthly",
            "0",
        ]
        patch.setattr(sys, "argv", ["compare", "run", *words, "--results", str(folder / "results")])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 1
    (directory,) = (folder / "results").iterdir()
    return directory


@pytest.fixture(scope="module")
def made(saved: Path) -> Report:
    return report(read(saved))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("install chromium to look at the page in a browser")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, saved: Path) -> Generator[Page]:
    opened = browser.new_page()
    opened.goto(f"file://{saved}/report.html")
    yield opened
    opened.close()


def test_the_verdict_finds_the_slower_target(made: Report) -> None:
    """A server that takes 4 ms longer is slower, in words, with an interval; the one that fails is named."""
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


@pytest.mark.parametrize("width", [30, 80, 109, 110, 200])
def test_text_fits_every_terminal(made: Report, width: int) -> None:
    """No line is wider than the terminal, and the figures are there at any width."""
    console = Console(file=io.StringIO(), width=width, no_color=True)
    with console.capture() as captured:
        text.show(made, console)

    lines = captured.get().splitlines()
    assert max(len(line) for line in lines) <= width
    assert "slow" in captured.get()
    assert "cold p50" in captured.get()
    assert "under load, fast: p50 " in " ".join(captured.get().split())


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
    assert all(one.figure.startswith((saved.name, "other-run")) for one in joined.comparisons)


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


def test_the_page_needs_nothing_from_elsewhere(browser: Browser, saved: Path) -> None:
    """No request leaves the page, no script is in it, and the browser has nothing to complain about."""
    page = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))

    page.goto(f"file://{saved}/report.html")

    assert [url for url in asked if not url.startswith("data:")] == [f"file://{saved}/report.html"]
    assert said == []
    assert page.locator("script").count() == 0
    page.close()


def test_the_page_says_the_verdict_first(page: Page, made: Report) -> None:
    """The first section holds the headline, the next what went wrong; every chart there are samples for is drawn."""
    assert page.title() == "Latency of fast, slow and broken"
    assert page.get_by_text("Under load (30 requests a second and target").is_visible()
    verdict = page.get_by_role("region", name="What was found").inner_text()
    assert made.headline[0].partition(": ")[2] in verdict
    assert "broken failed in part" in page.get_by_role("region", name="What went wrong").inner_text()
    names = [image.get_attribute("aria-labelledby") or "" for image in page.get_by_role("img").all()]
    assert [name.split()[0] for name in names] == [
        "glance-t", "ratios-t", "d-cold-fresh-t", "d-warm-kept-t", "d-warm-fresh-t", "d-load-kept-t",
        "w-cold-fresh-t", "w-warm-kept-t", "w-warm-fresh-t", "w-load-kept-t", "course-t",
    ]  # fmt: skip
    assert page.get_by_text("<b>&q='1'").count() >= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_every_screen_and_can_be_read(page: Page, scheme: str) -> None:
    """Nothing has to be moved sideways to be read, and every text stands out enough from what is behind it."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    too_wide: list[int] = []
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(width)

    assert too_wide == []
    assert page.evaluate(CONTRASTS) == []


def test_the_page_can_be_used_by_keyboard(page: Page) -> None:
    """The first tab reaches the skip link, later ones every link and every table of numbers, which a key opens."""
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    for _ in range(12):
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert first == "Skip to the figures"
    assert page.evaluate("document.activeElement.parentElement.open") is True


def test_costs_stand_in_every_form(compare: Compare, browser: Browser, tmp_path: Path) -> None:
    """What a month would cost and who would wait: in the text, JSON, Markdown and on the page."""
    with running() as server:
        done = compare(
            "run", f"a={server.url}", "--cold", "none", "--rounds", "8", "--monthly", "40000", "--quiet"
        )

    markdown = compare("report", str(done.directory), "--format", "markdown").out
    page = browser.new_page()
    page.goto(f"file://{done.directory}/report.html")
    assert "At 40,000 requests a month" in done.out
    assert [row[0] for row in done.report["cost"]["rows"]] == ["AWS Lambda", "Cloud Run", "App Runner"]
    assert "#### What it would cost, who would wait" in markdown
    assert page.get_by_role("heading", name="What it would cost, who would wait").is_visible()
    assert page.get_by_role("rowheader", name="App Runner").count() == 1
    page.close()


def test_the_page_prints(page: Page) -> None:
    """On paper it is a document of a few pages."""
    document = page.pdf(format="A4")

    assert document.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type /Page\b", document)) <= 9


# Text whose colour differs too little from the first opaque background behind it (WCAG 2.1, level AA), as the browser
# computes both. Text in charts is on the card's background, but for labels inside a bar.
CONTRASTS = """() => {
  const TEXTS = 'p, li, th, td, small, strong, dt, dd, code, summary, a, h1, h2, h3, text';
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = numbers(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = new Set();
  for (const element of document.querySelectorAll(TEXTS)) {
    if (!element.textContent.trim() || element.closest('details:not([open]) > :not(summary)')) continue;
    if (element.classList.contains('inside') || element.classList.contains('skip')) continue;
    const style = getComputedStyle(element);
    const front = numbers(element.tagName === 'text' ? style.fill : style.color);
    const [a, b] = [light(front), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.add(`${element.tagName}.${element.getAttribute('class')} ${ratio.toFixed(2)}`);
  }
  return [...found];
}"""
