"""Work in several threads has the results of work in one."""

import threading
from collections.abc import Callable

import pytest

from cost.simulation.arrivals import MONTH, Poisson
from cost.simulation.simulate import simulate
from cost.simulation.system import System
from cost.simulation.threads import mapped


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_their_items(threads: int) -> None:
    assert mapped(lambda item: item * item, range(100), threads) == [item * item for item in range(100)]
    assert mapped(str, [], threads) == []


def test_two_threads_work_at_once() -> None:
    both = threading.Barrier(2, timeout=30)

    assert len(mapped(lambda _: both.wait(), range(2), 2)) == 2


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_error_is_raised_and_ends_the_work(threads: int) -> None:
    done: list[int] = []

    def fail(item: int) -> None:
        if item == 3:
            raise ValueError("three")
        done.append(item)

    with pytest.raises(ValueError, match="three"):
        mapped(fail, range(10_000), threads)

    assert len(done) < 10_000


def test_months_are_the_same_in_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch, deploy: Callable[..., System]
) -> None:
    systems = {name: deploy(name) for name in ("aws", "gcp", "apprunner", "ecs")}
    arrivals = Poisson(5_000 / MONTH)
    several = simulate(arrivals, systems, replications=12)

    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    alone = simulate(arrivals, systems, replications=12)

    for name in systems:
        for month, same in zip(several[name].months, alone[name].months, strict=True):
            assert month.usage == same.usage
            assert (month.bins == same.bins).all()
