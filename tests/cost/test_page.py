"""The page in a real browser: nothing is fetched, nothing overflows, and the charts show every platform."""

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from cost.advise import advise
from cost.candidates import Question, candidates
from cost.report import data, html
from cost.simulation.arrivals import pattern
from platforms.prices import Prices

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
    pytest.mark.usefixtures("roughly"),
]


@pytest.fixture(scope="module")
def browser(processes: None) -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as tools:
        running = tools.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def window(browser: Browser) -> Page:
    """The one window of these tests: for a new one Chromium starts another process."""
    return browser.new_page()


@pytest.fixture(scope="module")
def report(prices: Prices) -> dict[str, Any]:
    """Advice with every kind of row: kept ready, an unknown price, an unconfirmed one."""
    regions = {
        "aws": "eu-central-1",
        "gcp": "europe-west3",
        "apprunner": "eu-central-1",
        "ecs": "eu-central-1",
    }
    found, notes = candidates(Question(minimum=1, regions=regions), prices)
    return data.of_advice(advise(pattern("bursty", 14_600), found, prices, replications=3, notes=notes))


def opened(window: Page, path: Path, width: int, scheme: Any = "light") -> Page:
    """The page in the window, having failed on anything that it wanted from elsewhere or complained about."""
    window.set_viewport_size({"width": width, "height": 900})
    window.emulate_media(color_scheme=scheme)
    wanted: list[str] = []

    def asks(request: Request) -> None:
        wanted.append(request.url)

    def says(message: ConsoleMessage) -> None:
        wanted.append(message.text)

    window.on("request", asks)
    window.on("console", says)
    window.goto(path.as_uri())
    window.remove_listener("request", asks)
    window.remove_listener("console", says)
    assert wanted == [path.as_uri()]
    return window


@pytest.mark.parametrize("width", [360, 1100])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_window(
    window: Page, report: dict[str, Any], tmp_path: Path, width: int, scheme: str
) -> None:
    path = tmp_path / "cost.html"
    html.write(report, path)

    page = opened(window, path, width, scheme)

    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("h1").inner_text() == "Which platform for 14.6 k requests a month?"
    background, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    assert background != ink


def test_the_charts_show_each_platform_within_their_frame(
    window: Page, report: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "cost.html"
    html.write(report, path)

    page = opened(window, path, 1100)

    titles = [option["title"] for option in report["options"]]
    assert titles == [
        "AWS Lambda",
        "AWS Lambda, 1 kept ready",
        "Cloud Run",
        "Cloud Run, 1 kept ready",
        "App Runner",
        "ECS Express Mode",
    ]
    latencies, bills = page.locator("svg").all()
    assert latencies.locator(".line title").all_text_contents() == titles
    # The prices of App Runner and of provisioned concurrency are unknown there.
    assert bills.locator(".line title").all_text_contents() == [titles[0], *titles[2:4], titles[5]]
    for chart in (latencies, bills):
        frame = chart.bounding_box()
        assert frame is not None
        for mark in chart.locator("text, .line").all():
            box = mark.bounding_box()
            assert box is not None
            assert frame["x"] <= box["x"]
            assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
            assert frame["y"] - 1 <= box["y"]
            assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 1


def test_each_of_the_most_options_has_a_look_of_its_own(window: Page, prices: Prices, tmp_path: Path) -> None:
    """Four platforms, each with instances kept ready and without."""
    found, notes = candidates(Question(minimum=2), prices)
    made = data.of_advice(advise(pattern("steady", 14_600), found, prices, replications=2, notes=notes))
    path = tmp_path / "cost.html"
    html.write(made, path)

    page = opened(window, path, 1100)

    assert len(made["options"]) == 8
    looks = (
        page.locator("svg")
        .first.locator(".line")
        .evaluate_all(
            "lines => lines.map(line => getComputedStyle(line)).map(s => s.stroke + ' ' + s.strokeDasharray)"
        )
    )
    assert len(set(looks)) == 8
    assert not any(look.startswith("none") for look in looks)


def test_labels_do_not_overlap(window: Page, report: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "cost.html"
    html.write(report, path)

    page = opened(window, path, 1100)

    for chart in page.locator("svg").all():
        tops = sorted(box["y"] for mark in chart.locator(".name").all() if (box := mark.bounding_box()))
        assert all(below - above >= 12 for above, below in pairwise(tops))


def test_what_a_name_contains_is_shown_and_not_run(report: dict[str, Any], tmp_path: Path) -> None:
    """A log's name or a region of a user's file ends up on the page: as text."""
    evil = "<script>alert(1)</script>"
    changed = {
        **report,
        "traffic": evil,
        "notes": [evil],
        "options": [{**report["options"][0], "title": evil}],
    }

    text = html.page(
        {**changed, "curves": {"aws": report["curves"]["aws"]}, "changes": [], "changes_all": []}
    )

    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 6


def test_the_section_of_another_page_brings_its_style_and_no_page(report: dict[str, Any]) -> None:
    section = html.section(report)

    assert section.startswith('<section class="cost">')
    assert "<html" not in section
    assert "<h1" not in section
    rules = section[section.index("<style>") : section.index("</style>")].splitlines()[1:]
    assert all(rule.strip().startswith((".cost", "--")) for rule in rules if rule.strip())


def test_a_folder_that_is_not_there_is_named(report: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot be written"):
        html.write(report, tmp_path / "nowhere" / "cost.html")
