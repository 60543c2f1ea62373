"""A search that leaves early what is clearly beaten finds what simulating everything in full finds."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cost.candidates import Question
from cost.front import times
from cost.front.choose import chosen_from, front, usable
from cost.front.search import WAITS, Point, beaten_clearly, search
from cost.simulation.arrivals import pattern
from cost.simulation.timing import Measurements
from platforms.prices import Prices
from tests.cost.test_split import run, took
from tests.soak import soak

BUDGET = 80_000


def found(
    prices: Prices, by: str, monthly: float, rhythm: str, **question: Any
) -> tuple[list[Point], list[Point]]:
    """The points of a search, and those of simulating each candidate in full."""
    candidates, _ = times.candidates(
        Question(**question),
        prices,
        chosen={"door", "concurrency", "architecture", "snapstart"},
        least_mb=1024,
    )
    arrivals = pattern(rhythm, monthly)
    full = [search(arrivals, [one], prices, by, budget=BUDGET)[0] for one in candidates]
    return search(arrivals, candidates, prices, by, budget=BUDGET), full


@pytest.mark.parametrize(
    ("by", "monthly", "rhythm", "platforms"),
    [
        ("p95", 3_000_000.0, "steady", ("aws", "gcp")),
        ("starts", 300_000.0, "office-hours", ("aws",)),
        *soak(
            ("p50", 20_000_000.0, "bursty", ("aws",)),
            ("p50", 20_000_000.0, "bursty", ("aws", "gcp")),
            ("starts", 300_000.0, "office-hours", ("aws", "gcp")),
        ),
    ],
)
def test_a_search_finds_what_an_exhaustive_one_finds(
    prices: Prices, by: str, monthly: float, rhythm: str, platforms: tuple[str, ...]
) -> None:
    points, full = found(prices, by, monthly, rhythm, platforms=platforms)

    assert [point.title for point in points] == [point.title for point in full]
    chosen = front(chosen_from(usable(points, by)), by)
    assert [(one.title, one.dollars) for one in chosen] == [
        (one.title, one.dollars) for one in front(usable(full, by), by)
    ]
    assert any(point.beaten for point in points)
    assert not any(beaten_clearly(one, full, by) for one in chosen)


def started(measurements: Measurements, *, cold: int, restored: int) -> Measurements:
    """The same with so many cold answers of 1.5 s of each kind."""
    return Measurements(
        {
            name: replace(samples, cold=np.full(cold, 1.5), restored=np.full(restored, 1.5))
            for name, samples in measurements.by_platform.items()
        },
        (),
    )


@pytest.mark.parametrize(
    ("cold", "restored", "expected"),
    [(20, 0, {False}), (0, 20, {True}), (20, 20, {False, True}), (3, 3, set())],
)
def test_a_set_up_is_measured_only_if_its_kind_of_start_was(
    prices: Prices, cold: int, restored: int, expected: set[bool]
) -> None:
    """A run of a stack with SnapStart says nothing of the starts without it, and the other way round."""
    measurements = started(run(**took(0.1, 0.2, "aws", "gcp")), cold=cold, restored=restored)

    candidates, _ = times.candidates(Question(platforms=("aws",)), prices, measurements)

    assert {one.setup.snapstart for one, is_measured in candidates if is_measured} == expected


def test_what_was_measured_is_told_from_what_is_computed_from_it(prices: Prices) -> None:
    """Measured at 512 MB: 0.1 CPU seconds and 0.2 s of waiting take half as long in work at twice the memory."""
    measurements = started(run(**took(0.1, 0.2, "aws", "gcp")), cold=20, restored=0)

    candidates, notes = times.candidates(Question(platforms=("aws", "gcp")), prices, measurements)

    functions = [(one, is_measured) for one, is_measured in candidates if one.setup.platform == "aws"]
    assert {one.setup.memory_mb for one, is_measured in functions if is_measured} == {512}
    alone = {
        one.setup.memory_mb: float(one.timing.alone(float(one.setup.vcpu)).mean()) for one, _ in functions
    }
    assert alone[512] == pytest.approx(0.2 + 0.1 * 1769 / 512, rel=0.02)
    assert alone[1024] == pytest.approx(0.2 + 0.1 * 1769 / 1024, rel=0.02)
    assert any("in the measured run" in note for note in notes)


def test_progress_goes_up_to_the_end(prices: Prices) -> None:
    told: list[float] = []

    def tell(done: int, of: int) -> None:
        told.append(done / of)

    candidates, _ = times.candidates(Question(platforms=("ecs",)), prices, chosen={"minimum"}, least_mb=512)

    search(
        pattern("steady", 10_000),
        candidates,
        prices,
        "p95",
        budget=20_000,
        progress=tell,
    )

    assert told == sorted(told)
    assert told[-1] == 1
    assert set(WAITS) == {"p50", "p95", "starts"}
