"""Five traffic patterns into what waiting less costs in each, with the arithmetic, as docs/cost.md shows it.

`python -m tests.cost.front.patterns` writes them there anew.
"""

import re
from decimal import Decimal
from itertools import starmap
from pathlib import Path

from cost import words
from cost.app import App
from cost.candidates import Question
from cost.front import times
from cost.front.choose import chosen_from, front, usable
from cost.front.search import Point, search
from cost.front.words import wait
from cost.simulation.arrivals import pattern
from platforms.prices import Prices

PAGE = Path(__file__).parents[3] / "docs" / "cost.md"
BEGIN, END = "<!-- five patterns -->\n", "<!-- /five patterns -->\n"
APP = App(cpu_s=Decimal("0.05"), wait_s=Decimal("0.1"))
PATTERNS = (
    ("steady", 20_000_000),
    ("bursty", 40_000),
    ("daily", 10_000_000),
    ("weekly", 5_000_000),
    ("office-hours", 1_000_000),
)
BUDGET = 60_000
LEAST = 0.005  # dollars: what a line of a bill has to come to


def block() -> str:
    """All of it, as Markdown."""
    return "\n".join(starmap(table, PATTERNS))


def shown() -> str:
    """What the page has."""
    text = PAGE.read_text(encoding="utf-8")
    return text[text.index(BEGIN) + len(BEGIN) : text.index(END)]


def table(name: str, monthly: int) -> str:
    """One pattern's set-ups that no other beats, with the lines of their bills and the time of a request alone."""
    arrivals = pattern(name, monthly)
    candidates, _ = times.candidates(
        Question(platforms=("aws", "gcp", "ecs"), app=APP, said=True),
        Prices.load(),
        chosen={"concurrency", "snapstart"},
        least_mb=512,
    )
    points = search(arrivals, candidates, Prices.load(), "p95", budget=BUDGET)
    found = front(chosen_from(usable(points, "p95")), "p95")
    rows = "\n".join(_row(place, point) for place, point in enumerate(found, start=1))
    return (
        f"**{name}, {monthly:,} requests a month** ({arrivals.description}; {len(points)} set-ups):\n\n"
        f"| | set-up | a month | p95 | why |\n| --- | --- | --- | --- | --- |\n{rows}\n"
    )


def _row(place: int, point: Point) -> str:
    lines = [
        f"{line.name} {words.money(float(line.amount))}"
        for line in point.bill.lines
        if line.amount is not None and line.amount >= LEAST
    ]
    one = point.setup
    alone = f"{float(one.app.cpu_s):g} / {min(1, float(one.vcpu)):.3g} + {float(one.app.wait_s):g} s"
    starts = wait("starts", point.waits["starts"])
    return (
        f"| {place} | {point.title} | {words.money(point.dollars)} | {wait('p95', point.waits['p95'])} | "
        f"{' + '.join(lines) or 'all within the free tier'}; alone {alone}, waits for a start: {starts} |"
    )


def main() -> None:
    """Write the page's part anew."""
    text = PAGE.read_text(encoding="utf-8")
    new = re.sub(
        f"({re.escape(BEGIN)}).*({re.escape(END)})",
        lambda match: match[1] + block() + match[2],
        text,
        flags=re.DOTALL,
    )
    PAGE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
