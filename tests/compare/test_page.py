"""The page of a saved run in a real browser: on every screen, by keyboard, to a screen reader, on paper."""

import re
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, sync_playwright

import platforms
from compare.report import charts, html, side_by_side, svg, words
from compare.report.build import report
from compare.report.model import Report
from runs.file import read
from tests.compare.conftest import Done, running
from tests.compare.looks import COLLISIONS, CONTRASTS
from tests.compare.test_merging import saved as simulated_run

Compare = Callable[..., Done]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser(processes: None) -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("install chromium to look at the page in a browser")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def alone(browser: Browser) -> Page:
    """The one window of these tests: for a new one Chromium starts another process."""
    return browser.new_page()


@pytest.fixture
def window(alone: Page) -> Generator[Page]:
    """The window as a new one is, with nothing in it."""
    alone.set_viewport_size({"width": 1280, "height": 720})
    yield alone
    alone.emulate_media(media="null", color_scheme="null")
    alone.goto("about:blank")


@pytest.fixture
def page(window: Page, saved: Path) -> Page:
    window.goto(f"file://{saved}/report.html")
    return window


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
    assert page.get_by_text("Under load (30 requests a second to each target for 1 s").is_visible()
    assert page.get_by_text("faint ones requests under load").is_visible()
    verdict = page.get_by_role("region", name="What was found").inner_text()
    assert made.headline[0].words in verdict
    assert "broken failed in part" in page.get_by_role("region", name="What went wrong").inner_text()
    names = [image.get_attribute("aria-labelledby") or "" for image in page.get_by_role("img").all()]
    assert [name.split()[0] for name in names] == [
        "glance-t", "ratios-t", "d-cold-fresh-t", "d-warm-kept-t", "d-warm-fresh-t", "d-load-kept-t",
        "w-cold-fresh-t", "w-warm-kept-t", "w-warm-fresh-t", "w-load-kept-t",
        *(f"ratio-{place}-t" for place, one in enumerate(made.comparisons) if one.course), "course-t",
    ]  # fmt: skip
    assert page.get_by_text("<b>&q='1'").count() >= 1


def test_the_page_shows_how_the_ratio_went_and_what_that_did_to_the_verdict(
    window: Page, tmp_path: Path
) -> None:
    """The primary comparison has a chart: a dot a part of the run, what drift alone may make, and words about both."""
    made = report(read(simulated_run(tmp_path / "run", after_min=0, slower=1.3, seed=1)))
    one = next(one for one in made.comparisons if one.primary)
    file = tmp_path / "report.html"
    file.write_text(html.page(made))
    window.goto(f"file://{file}")

    title = "warm, kept connection, p50: how many times as long b took as a"
    chart = window.locator(f'figure[aria-label="{title}"]')

    assert chart.is_visible()
    assert chart.locator("svg[role=img] .part").count() == len(one.course) == 14
    assert chart.locator("svg[role=img] .explained").count() == 1
    assert one.drift
    assert one.drift in chart.inner_text()
    assert one.drift.endswith("; the difference is larger.")


@pytest.fixture(scope="module")
def joined(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two runs side by side, whose targets have long names."""
    other = tmp_path_factory.mktemp("other") / "2026-11-23T16-18-53"
    shutil.copytree(saved, other)
    file = other.with_suffix(".html")
    runs = [read(one) for one in (saved, other)]
    file.write_text(html.page(side_by_side.together([report(run) for run in runs], runs)))
    return file


@pytest.mark.parametrize("width", [390, 820, 930, 1280])
def test_nothing_is_written_over_or_out_of_sight(window: Page, saved: Path, joined: Path, width: int) -> None:
    """Words of a chart touch neither each other nor a bar and stay in it; no table hides a column at the side."""
    window.set_viewport_size({"width": width, "height": 900})
    found: list[str] = []
    for file in (saved / "report.html", joined):
        window.goto(f"file://{file}")
        found += window.evaluate(COLLISIONS)

    assert found == []


def test_tables_are_tables_to_a_screen_reader_at_any_width(page: Page) -> None:
    """Laid out as a list on a phone, each row still has its header and the columns theirs."""
    found: list[tuple[int, int, list[str]]] = []
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        table = page.get_by_role("table", name="Figures")
        headers = [one.inner_text() for one in table.get_by_role("rowheader").all()]
        found.append(
            (
                table.get_by_role("columnheader").count(),
                table.get_by_role("cell").count(),
                [header.split()[0] for header in headers],
            )
        )

    assert found == [(7, 18, ["fast", "slow", "broken"])] * 2


def test_charts_say_in_words_what_they_show(page: Page, made: Report) -> None:
    """Who cannot see the chart is told the figures of the table."""
    described = page.locator("#glance-d").text_content() or ""

    told = [
        f"{target.name} warm p50 {words.both(one.p50)}"
        for target in made.targets
        for one in target.series
        if (one.kind, one.connection) == ("warm", "kept")
    ]
    assert len(told) == 3
    assert [words_ for words_ in told if words_ not in described] == []


def test_no_card_is_empty(made: Report) -> None:
    """Where too few samples have a typical request, there is no card to show it on."""
    bare = [replace(one, series=[replace(each, phases=None) for each in one.series]) for one in made.targets]

    whole, without = html.page(made), html.page(replace(made, targets=bare))

    assert "Where the time goes</h2>" in whole
    assert "Where the time goes</h2>" not in without
    assert 'href="#phases"' not in without


@pytest.mark.parametrize(("every", "said"), [(1, False), (17, True)])
def test_the_page_says_when_not_every_sample_is_drawn(made: Report, every: int, said: bool) -> None:
    """A long run's samples are thinned, and one that is missing may have been the slow one."""
    thinned = [
        replace(target, series=[replace(one, timeline_every=every) for one in target.series])
        for target in made.targets
    ]

    assert (f"one sample in {every} is drawn" in html.page(replace(made, targets=thinned))) is said


@pytest.mark.parametrize(("seconds", "label"), [(20.0, "5 s"), (1500.0, "10 min"), (40_000.0, "10 h")])
def test_the_time_of_a_run_is_told_in_a_unit_that_fits(made: Report, seconds: float, label: str) -> None:
    """A run of one night is not told in ten thousands of seconds."""
    at = [
        replace(target, series=[replace(one, timeline=[(0.0, 1.0), (seconds, 1.0)]) for one in target.series])
        for target in made.targets
    ]

    assert f">{label}</text>" in charts.course(at)


def test_paper_has_no_lids(page: Page) -> None:
    """What has to be opened by hand is left out in print, and so are links to sections."""
    page.emulate_media(media="print")

    assert page.locator("details").count() > 3
    assert not any(one.is_visible() for one in page.locator("details, nav").all())


@given(st.floats(0.001, 1e6), st.floats(1.01, 1e9), st.sampled_from([100.0, 250.0, 800.0]))
def test_ticks_are_regular_and_their_labels_do_not_touch(low: float, factor: float, length: float) -> None:
    """Over any range there are ticks within it, apart as labels need, and no odd one is left out between."""
    scale = svg.log_scale([low, low * factor], 40, 40 + length)

    ticks = scale.ticks()

    assert ticks
    assert ticks == sorted(ticks)
    assert scale.low <= ticks[0] <= ticks[-1] <= scale.high
    places = [scale(tick) for tick in ticks]
    assert len(ticks) == 1 or min(after - before for before, after in pairwise(places)) >= svg.APART
    steps = {round(after / before, 6) for before, after in pairwise(ticks)}
    even = {round((after - before) / ticks[0], 6) for before, after in pairwise(ticks)}
    assert len(even) <= 1 or len(steps) <= 3


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


@pytest.mark.process
@pytest.mark.usefixtures("roughly")
def test_costs_stand_in_every_form(compare: Compare, window: Page) -> None:
    """What a month would cost and who would wait: in the text, JSON, Markdown and on the page."""
    with running() as server:
        done = compare(
            "run", f"a={server.url}", "--cold", "none", "--rounds", "8", "--monthly", "40000", "--quiet"
        )

    markdown = compare("report", str(done.directory), "--format", "markdown").out
    window.goto(f"file://{done.directory}/report.html")
    assert "At 40,000 requests a month" in done.out
    assert [row[0] for row in done.report["cost"]["rows"]] == list(platforms.TITLES.values())
    assert "#### What it would cost, who would wait" in markdown
    assert window.get_by_role("heading", name="What it would cost, who would wait").is_visible()
    assert window.get_by_role("rowheader", name="ECS Express Mode").count() == 1


def test_the_page_prints(page: Page) -> None:
    """On paper it is a document of a few pages."""
    document = page.pdf(format="A4")

    assert document.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type /Page\b", document)) <= 9


@pytest.mark.process
@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="install poppler-utils to read what is on paper"
)
@pytest.mark.parametrize("lines", [0, 18, 36])
def test_charts_on_paper_stand_below_their_heading(page: Page, tmp_path: Path, lines: int) -> None:
    """On the same sheet, and whole, however much is written before them."""
    page.evaluate(
        "n => document.querySelector('.scope').append(...Array(n).fill('and so on '.repeat(12)))", lines
    )
    page.pdf(format="A4", path=tmp_path / "page.pdf")

    read = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True
    )

    headings = {"How long requests took": r"95%.*95%[^$]*0%", "Where the time goes": "total"}
    sheets = read.stdout.split("\f")
    for heading, chart in headings.items():
        (sheet,) = [one for one in sheets if re.search(rf"^\s*{heading}$", one, re.MULTILINE)]
        assert re.search(chart, sheet)


# Text whose colour differs too little from the first opaque background behind it (WCAG 2.1, level AA), as the browser
# computes both. Text in charts is on the card's background, but for labels inside a bar.
