"""docs/cost.md's five patterns are what comes out, with bills that are the sum of their lines."""

import re

import pytest

from tests.cost.front import patterns
from tests.soak import soak

AT_ONCE = ("bursty",)
"""Those that are recomputed in `make test`; `make soak` recomputes the others too, which take longer."""


@pytest.mark.parametrize(
    ("name", "monthly"),
    [
        one
        for name, monthly in patterns.PATTERNS
        for one in ([(name, monthly)] if name in AT_ONCE else soak((name, monthly)))
    ],
)
def test_the_patterns_of_the_page_are_recomputed(name: str, monthly: int) -> None:
    assert patterns.table(name, monthly) in patterns.shown()


def test_a_reader_adds_up_each_bill_and_divides_each_time() -> None:
    rows = re.findall(r"\| \d+ \| (.*) \| \$([\d,.]+) \| ([\d.,]+ m?s) \| (.*) \|", patterns.shown())

    assert len(rows) >= len(patterns.PATTERNS)
    for title, total, p95, why in rows:
        amounts = [float(amount.replace(",", "")) for amount in re.findall(r"\$([\d,.]+)", why)]
        assert sum(amounts) == pytest.approx(
            float(total.replace(",", "")), abs=0.02 + 0.005 * len(amounts)
        ), title
        cpu, share, waits = map(float, re.findall(r"alone ([\d.]+) / ([\d.]+) \+ ([\d.]+) s", why)[0])
        number, unit = p95.split()
        seconds = float(number.replace(",", "")) / (1000 if unit == "ms" else 1)
        assert seconds >= (cpu / share + waits) * 0.99, title
