"""The tasks that ECS runs for a load: whole ones, by the average of a stretch of time, and nobody waits for one."""

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from cost.setup import setup
from cost.simulation import expected
from cost.simulation.arrivals import MONTH, pattern, poisson
from cost.simulation.simulate import System, simulate
from cost.simulation.tasks import Stretches, beyond
from cost.simulation.timing import published

Deploy = Callable[..., System]
STRETCH = 900.0


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [0, 0, 1, 9]),
        ({"minimum": 3}, [0, 0, 0, 7]),
        ({"waiting": Decimal("0.8")}, [0, 0, 0, 1]),
        ({"memory_mb": 4096, "vcpu": Decimal(2)}, [0, 0, 0, 4]),
    ],
)
def test_tasks_are_added_where_their_average_cpu_would_pass_60_percent(
    settings: dict[str, object], expected: list[int]
) -> None:
    """Nothing, one task just at the target, a little more, ten tasks' worth."""
    one = setup("ecs", "us-east-1", **settings)  # pyright: ignore[reportArgumentType]

    assert beyond(one, np.array([0.0, 540.0, 540.1, 5400.0]), STRETCH).tolist() == expected


def test_requests_count_in_the_stretch_in_which_they_arrive() -> None:
    stretches = Stretches(published("ecs", 0.1), 2700.0)

    stretches.add(np.array([0.0, 10.0, 899.9, 900.0]))
    stretches.add(np.array([2699.0]))

    assert stretches.length == STRETCH
    assert stretches.requests.tolist() == [3, 1, 1]


def test_a_time_shorter_than_a_stretch_is_one() -> None:
    assert Stretches(published("ecs", 0.1), 60.0).length == 60.0


@pytest.mark.parametrize("load", [0.3, 0.6, 0.61, 5.9, 6.0, 20.0])
def test_the_closed_form_has_as_many_tasks_as_the_simulation(deploy: Deploy, load: float) -> None:
    """Also where chance decides between one number of tasks and the next."""
    one = deploy("ecs", lasts=0.5, idle=STRETCH)
    monthly = load / 0.5 * MONTH

    result = simulate(poisson(monthly), {"one": one}, budget=400_000)["one"]

    simulated = [float(month.usage.further_s) / MONTH for month in result.months]
    error = np.std(simulated, ddof=1) / len(simulated) ** 0.5
    closed = float(expected.usage(one, monthly).further_s) / MONTH
    assert abs(float(np.mean(simulated)) - closed) <= 4 * error + 0.05


def test_a_rhythm_needs_more_tasks_than_its_average(deploy: Deploy) -> None:
    one = deploy("ecs", lasts=0.5, idle=STRETCH)
    hours = pattern("office-hours", 0.5 / 0.5 * MONTH)

    result = simulate(hours, {"one": one}, replications=2)["one"]

    assert expected.usage(one, MONTH).further_s < 1
    assert float(result.usage.further_s) == pytest.approx(
        float(expected.usage(one, MONTH, hours.profile).further_s), rel=0.05
    )
    assert result.usage.further_s > 0
    assert result.tasks > 2


def test_nobody_waits_for_a_task_and_nothing_is_refused(deploy: Deploy) -> None:
    result = simulate(poisson(3e8), {"one": deploy("ecs", lasts=2.0)}, budget=200_000)["one"]

    assert (result.waiting.mean, result.cold.mean, result.refused.mean) == (0, 0, 0)
    assert result.usage.starts == 0
    assert result.tasks > 300
