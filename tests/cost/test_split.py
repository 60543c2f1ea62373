"""What an app took in a measured run, split into work and waiting where platforms with unequal CPUs tell them apart."""

from decimal import Decimal

import numpy as np
import pytest

from cost.candidates import Question, candidates
from cost.simulation.timing import Measured, Measurements
from platforms.prices import Prices

SHARES = {"aws": 512 / 1769, "gcp": 1.0, "apprunner": 0.25, "ecs": 0.25}


def run(**seconds: float) -> Measurements:
    """What an app took on each platform, seconds, with as much noise as a run has."""
    noise = 1 + 0.02 * np.linspace(-1, 1, 41)
    return Measurements(
        {
            name: Measured(
                name, name, "fresh", noise * (took + 0.03), noise * took, np.array([]), np.array([])
            )
            for name, took in seconds.items()
        },
        (),
    )


def took(work: float, waits: float, *platforms: str) -> dict[str, float]:
    return {name: work / SHARES[name] + waits for name in platforms}


@pytest.mark.parametrize(("work", "waits"), [(0.1, 0.2), (0.02, 0.0), (0.05, 1.0)])
@pytest.mark.parametrize("platforms", [("aws", "gcp"), ("aws", "gcp", "ecs")])
def test_unequal_shares_of_a_cpu_tell_work_from_waiting(
    prices: Prices, work: float, waits: float, platforms: tuple[str, ...]
) -> None:
    """And a platform that was not measured gets both, on its own share of a CPU."""
    found, notes = candidates(Question(), prices, run(**took(work, waits, *platforms)))

    assert any(f"takes {work:.3g} CPU seconds and waits" in note for note in notes)
    for name in SHARES:
        timing = found[name].timing
        assert float(np.median(timing.work)) == pytest.approx(work, rel=0.01)
        assert float(np.median(timing.waits)) == pytest.approx(waits, abs=0.002)
        assert found[name].setup.app.cpu_s == pytest.approx(Decimal(str(work)), rel=Decimal("0.01"))


@pytest.mark.parametrize("asked", [("aws",), ("gcp", "ecs"), ("apprunner",)])
def test_the_split_is_the_same_whatever_platforms_are_asked_for(
    prices: Prices, asked: tuple[str, ...]
) -> None:
    found, notes = candidates(Question(platforms=asked), prices, run(**took(0.1, 0.2, "aws", "gcp")))

    assert any("takes 0.1 CPU seconds and waits 0.2 s" in note for note in notes)
    assert float(np.median(found[asked[0]].timing.work)) == pytest.approx(0.1, rel=0.01)


def test_a_measured_platform_that_does_not_sell_what_is_asked_splits_nothing(prices: Prices) -> None:
    """App Runner has no instance of a quarter of a vCPU with 4,096 MB."""
    measurements = run(**took(0.1, 0.2, "aws", "apprunner"))

    found, notes = candidates(Question(platforms=("aws",), memory_mb=4096), prices, measurements)

    assert any("is taken to be work, not waiting" in note for note in notes)
    assert float(np.median(found["aws"].timing.waits)) == 0


@pytest.mark.parametrize("platforms", [("gcp",), ("apprunner", "ecs")])
def test_equal_shares_tell_nothing_so_all_is_taken_to_be_work_and_said(
    prices: Prices, platforms: tuple[str, ...]
) -> None:
    found, notes = candidates(Question(), prices, run(**took(0.1, 0.2, *platforms)))

    (note,) = [note for note in notes if "is taken to be work, not waiting" in note]
    assert note.endswith("give both with --cpu and --wait")
    expected = (0.1 / SHARES[platforms[0]] + 0.2) * SHARES[platforms[0]]
    assert float(np.median(found["aws"].timing.work)) == pytest.approx(expected, rel=0.01)


def test_an_app_that_is_no_faster_on_a_whole_cpu_waits(prices: Prices) -> None:
    found, _ = candidates(Question(), prices, run(aws=0.2, gcp=0.21))

    assert float(np.median(found["ecs"].timing.work)) < 1e-4
    assert float(np.median(found["ecs"].timing.waits)) == pytest.approx(0.205, rel=0.03)


def test_an_app_that_gains_more_than_its_share_of_a_cpu_works_only(prices: Prices) -> None:
    found, _ = candidates(Question(), prices, run(aws=0.5, gcp=0.1))

    assert float(np.median(found["ecs"].timing.waits)) == 0
    assert 0.1 < float(np.median(found["ecs"].timing.work)) < 0.5 * SHARES["aws"] * 1.05


def test_what_is_said_of_the_app_wins_over_what_was_measured(prices: Prices) -> None:
    asked = Question(said=True)

    found, notes = candidates(asked, prices, run(**took(0.5, 0.5, "aws", "gcp")))

    assert set(found["aws"].timing.work) == {0.1}
    assert not any("in the measured run" in note for note in notes)
