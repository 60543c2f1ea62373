"""Twelve cases with and without CPU-bound work: what to take, and bills recomputed from what is printed."""

import math
import re
from decimal import Decimal

import pytest

from cost.app import App
from cost.simulation.arrivals import pattern
from platforms.prices import Prices
from tests.cost.test_advise import ask
from tests.cost.test_cli import cost

pytestmark = pytest.mark.usefixtures("roughly")

WORKS, WAITS = ("0.1", "0"), ("0.01", "0.2")
CASES = [
    (WORKS, 1_000, "steady", None, "AWS Lambda", 0.01),
    (WORKS, 40_000, "bursty", None, "Cloud Run", 0.00),
    (WORKS, 300_000, "office-hours", None, "Cloud Run", 0.00),
    (WORKS, 1_000_000, "steady", 0.5, "Cloud Run", 0.00),
    (WORKS, 10_000_000, "daily", None, "Cloud Run", 24.26),
    (WORKS, 50_000_000, "steady", None, "Cloud Run", 146.5),
    (WAITS, 1_000, "steady", None, "AWS Lambda", 0.01),
    (WAITS, 40_000, "bursty", None, "AWS Lambda", 0.05),
    (WAITS, 300_000, "office-hours", None, "Cloud Run", 0.00),
    (WAITS, 1_000_000, "steady", 0.5, "AWS Lambda", 1.00),
    (WAITS, 10_000_000, "daily", None, "AWS Lambda", 27.6),
    (WAITS, 50_000_000, "steady", None, "ECS Express Mode", 59.1),
]


def on_lambda(work: float, waits: float, monthly: float) -> float:
    """A month of Lambda at 512 MB with an HTTP API, without starts, by hand."""
    lasts = math.ceil((work * 1769 / 512 + waits) * 1000) / 1000
    gb_s = max(monthly * lasts * 0.5 - 400_000, 0) * 1.66667e-5
    logs = max(monthly * 1170 / 2**30 - 5, 0) * 0.50
    sent = max(monthly * 1024 / 2**30 - 100, 0) * 0.09
    return gb_s + max(monthly - 1e6, 0) * 0.20e-6 + monthly * 1e-6 + logs + sent + 0.005


@pytest.mark.parametrize(("app", "monthly", "rhythm", "limit_s", "take", "dollars"), CASES)
def test_twelve_cases(
    prices: Prices,
    app: tuple[str, str],
    monthly: int,
    rhythm: str,
    limit_s: float | None,
    take: str,
    dollars: float,
) -> None:
    """A part of a vCPU is dear for work, a whole one for waiting, and an hour of a task cheap for very much of it."""
    work, waits = map(float, app)

    advice = ask(
        pattern(rhythm, monthly),
        prices,
        {"limit_s": limit_s, "budget": 20_000},
        app=App(cpu_s=Decimal(app[0]), wait_s=Decimal(app[1])),
    )

    assert advice.recommendation.startswith(f"Take {take}: ")
    by_title = {option.title: option for option in advice.options}
    assert by_title[take].dollars.mean == pytest.approx(dollars, rel=0.02, abs=0.01)
    assert by_title["AWS Lambda"].dollars.mean == pytest.approx(
        on_lambda(work, waits, monthly), rel=0.02, abs=0.02
    )


def bill_of(*arguments: str) -> tuple[dict[str, list[str]], str]:
    """The cells of each printed line of a bill by its name, and the whole text."""
    text = cost("bill", *arguments).stdout
    rows = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.startswith("  ")]
    return {row[0]: row[1:] for row in rows if row[1:] and row[0] != "quantity"}, text


def number(text: str) -> float:
    return float(re.sub(r"[^\d.]", "", text.split(" ", maxsplit=1)[0]))


def check_amounts(rows: dict[str, list[str]]) -> None:
    """Every printed amount is (quantity - free) x price, with the free tier and without, and the total their sum."""
    *_, free_total, listed_total = rows.pop("a month")
    sums = [0.0, 0.0]
    for name, (quantity, price, *free, with_free, without) in rows.items():
        first, *per = price.split(",")[0].split(" per ")
        rate = number(first) / {"": 1, "1 M": 1e6}[per[0] if per else ""]
        for place, (said, covered) in enumerate(((with_free, number(free[0]) if free else 0), (without, 0))):
            by_hand = (number(quantity) - covered) * rate
            assert number(said) == pytest.approx(by_hand, rel=2e-3, abs=2e-4), name
            sums[place] += number(said)
    assert [number(free_total), number(listed_total)] == pytest.approx(sums, abs=0.006)


def test_a_reader_recomputes_a_bill_of_lambda_from_what_is_printed() -> None:
    rows, text = bill_of("--requests", "3000000", "--cpu", "0.1", "--wait", "0.05", "--platform", "aws")

    takes = re.search(r"takes ([\d.]+) s on AWS Lambda", text)
    assert takes is not None
    assert number(rows["Lambda handling"][0]) == pytest.approx(3e6 * float(takes[1]) * 512 / 1024, rel=2e-3)
    assert number(rows["Lambda requests"][0]) == number(rows["HTTP API requests"][0]) == 3e6
    check_amounts(rows)


def test_a_reader_recomputes_a_bill_of_cloud_run_from_what_is_printed() -> None:
    """Work on one vCPU saves nothing by overlapping: 0.3 CPU seconds each, and the starts."""
    rows, text = bill_of("--requests", "2500000", "--cpu", "0.3", "--platform", "gcp")

    takes = re.search(r"takes ([\d.]+) s on Cloud Run \(1 vCPU\)", text)
    assert takes is not None
    seconds = number(rows["CPU, active"][0])
    assert seconds == pytest.approx(2.5e6 * float(takes[1]), rel=0.02)
    assert number(rows["memory, active"][0]) == pytest.approx(seconds * 512 / 1024, rel=1e-3)
    check_amounts(rows)


def test_a_reader_recomputes_a_bill_of_ecs_from_what_is_printed() -> None:
    """One task of a quarter of a vCPU and 512 MB, a load balancer in two zones, 730 hours."""
    rows, _ = bill_of(
        "--requests", "1000000", "--cpu", "0.05", "--wait", "0.1", "--platform", "ecs", "--zones", "2"
    )

    quantities = {name: number(row[0]) for name, row in rows.items() if name != "a month"}
    assert quantities["Fargate CPU"] == 730 * 0.25
    assert quantities["Fargate memory"] == 730 * 0.5
    assert quantities["load balancer"] == 730
    assert quantities["public IPv4 addresses"] == 730 * 3
    assert quantities["load balancer capacity"] == pytest.approx(1e6 / (25 * 3600), rel=1e-3)
    check_amounts(rows)
