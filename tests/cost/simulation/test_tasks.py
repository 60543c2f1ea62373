"""The tasks that ECS runs for a load: whole ones, by the average of a stretch of time, and nobody waits for one."""

import itertools
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from cost.app import App
from cost.setup import setup
from cost.simulation.arrivals import MONTH, pattern, poisson
from cost.simulation.simulate import simulate
from cost.simulation.system import System
from cost.simulation.tasks import Tasks, beyond, expected_tasks
from cost.simulation.timing import published
from cost.simulation.volumes import Volumes

Deploy = Callable[..., System]
STRETCH = 900.0


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [0, 0, 1, 9]),
        ({"minimum": 3}, [0, 0, 0, 7]),
        ({"memory_mb": 4096, "vcpu": Decimal(2)}, [0, 0, 0, 1]),
    ],
)
def test_tasks_are_added_where_their_average_cpu_would_pass_60_percent(
    settings: dict[str, object], expected: list[int]
) -> None:
    """Nothing, one task of 0.25 vCPU just at the target, a little more, ten tasks' worth of CPU seconds."""
    one = setup("ecs", "us-east-1", **settings)  # pyright: ignore[reportArgumentType]

    assert beyond(one, np.array([0.0, 135.0, 135.1, 1350.0]), STRETCH).tolist() == expected


def tasks(seconds: float) -> Tasks:
    one = setup("ecs", "us-east-1", app=App(cpu_s=Decimal(135)))
    return Tasks(one, published(one), 0.0, seconds, 1024)


def test_requests_count_in_the_stretch_in_which_they_arrive() -> None:
    """A request of 135 CPU seconds fills a task of 0.25 vCPU to 60% for a quarter of an hour."""
    stretches = tasks(2700.0)

    stretches.add(np.array([0.0, 10.0, 899.9, 900.0]))
    stretches.add(np.array([2699.0, 2699.5]))

    assert stretches.requests.tolist() == [3, 1, 2]
    assert stretches.running.tolist() == [3, 1, 2]


def test_a_time_shorter_than_a_stretch_is_one() -> None:
    assert tasks(60.0).length == 60.0


@pytest.mark.parametrize("load", [0.3, 0.6, 0.61, 5.9, 6.0])
def test_the_closed_form_has_as_many_tasks_as_the_simulation(deploy: Deploy, load: float) -> None:
    """Also where chance decides between one number of tasks and the next; load: of tasks that compute all the time."""
    one = deploy("ecs", lasts=0.0, work=0.125, idle=STRETCH)
    rate = load * 0.25 / 0.125

    result = simulate(poisson(rate * MONTH), {"one": one}, budget=200_000)["one"]

    simulated = [float(month.usage.further_s) / MONTH for month in result.months]
    error = np.std(simulated, ddof=1) / len(simulated) ** 0.5
    closed = expected_tasks(one.setup, one.timing, rate)
    assert abs(float(np.mean(simulated)) - closed) <= 4 * error + 0.05


def test_a_rhythm_needs_more_tasks_than_its_average(deploy: Deploy) -> None:
    one = deploy("ecs", lasts=0.0, work=0.125, idle=STRETCH)
    hours = pattern("office-hours", MONTH)

    result = simulate(hours, {"one": one}, replications=2)["one"]

    rhythm = Volumes({"one": one}, hours.profile).at("one", MONTH)
    assert float(result.usage.further_s) == pytest.approx(float(rhythm.further_s), rel=0.05)
    assert result.usage.further_s > 0
    assert result.most > 2


def test_whole_tasks_are_steps_of_the_bill_over_traffic(deploy: Deploy) -> None:
    """Between two volumes the usage follows the steps: no straight line from one number of tasks to another."""
    one = deploy("ecs", lasts=0.0, work=0.125, idle=STRETCH)
    at = Volumes({"one": one})

    points = at.points("one", [Decimal(MONTH * 4), Decimal(MONTH * 6)])

    for volume in np.linspace(MONTH * 4, MONTH * 6, 50):
        (low, before), (high, after) = next(
            (here, there) for here, there in itertools.pairwise(points) if there[0] >= volume
        )
        drawn = before.between(after, (Decimal(volume) - low) / (high - low)).further_s
        exact = at.at("one", float(volume)).further_s
        assert abs(float(drawn - exact)) / MONTH <= 0.2
        assert float(exact) / MONTH == pytest.approx(expected_tasks(one.setup, one.timing, volume / MONTH))


def test_nobody_waits_for_a_task_and_nothing_is_refused(deploy: Deploy) -> None:
    result = simulate(poisson(1e8), {"one": deploy("ecs", lasts=0.0, work=1.0)}, budget=100_000)["one"]

    assert (result.waiting.mean, result.cold.mean, result.refused.mean) == (0, 0, 0)
    assert result.usage.starts == 0
    assert result.most > 200


def test_of_more_tasks_than_are_simulated_a_part_stands_for_all(deploy: Deploy) -> None:
    """3,000 tasks' worth: a third of the requests go round 1,024 tasks, and the latency is that of any of them."""
    few, many = (
        simulate(poisson(monthly), {"one": deploy("ecs", lasts=0.0, work=0.5)}, budget=100_000)["one"]
        for monthly in (4e8, 2.4e9)
    )

    assert few.most < 1024 < 2 * 1024 < many.most
    assert float(many.usage.requests) == pytest.approx(2.4e9, rel=0.02)
    one, other = few.latency(0.95), many.latency(0.95)
    assert one is not None
    assert other is not None
    assert other.mean == pytest.approx(one.mean, rel=0.1)
