"""Bills of ECS Express Mode: tasks, a load balancer, addresses."""

from decimal import Decimal

import pytest

from cost.app import App
from cost.bill import Usage, bill, lcu_hours
from tests.cost.bills import NOTHING_STORED, PRICES, amounts, service


@pytest.mark.parametrize(
    ("tasks", "vcpu", "memory_mb", "hours_a_day", "cpu", "memory"),
    [(5, "1", 2048, Decimal(1) / 6, "1.01", "0.22"), (10, "0.25", 1024, Decimal(1), "3.04", "1.33")],
)
def test_fargate_examples_1_and_3(
    tasks: int, vcpu: str, memory_mb: int, hours_a_day: Decimal, cpu: str, memory: str
) -> None:
    """aws.amazon.com/fargate/pricing: 5 tasks for 10 minutes a day, 10 for an hour, on Linux and x86, for 30 days.

    On top of a task that is always there; the first example's 3 cents of ephemeral storage are left out.
    """
    api = service("ecs", vcpu=Decimal(vcpu), memory_mb=memory_mb, **NOTHING_STORED)
    used, idle = (
        bill(api, Usage(further_s=seconds), PRICES, free_tier=False).lines
        for seconds in (tasks * hours_a_day * 3600 * 30, Decimal(0))
    )

    further = {
        more.name: (more.amount or 0) - (line.amount or 0) for more, line in zip(used, idle, strict=True)
    }
    assert round(further["Fargate CPU"], 2) == Decimal(cpu)
    assert round(further["Fargate memory"], 2) == Decimal(memory)


def test_load_balancer_capacity_is_that_of_the_measure_that_takes_most() -> None:
    """aws.amazon.com/elasticloadbalancing/pricing, as quoted by others: an hour of 1 new connection a second.

    Each lasts 2 minutes, 5 requests a second come to 300 KB a second: 0.04, 0.04 and 1.08.
    And 100 new connections a second that last 3 minutes: 6 LCUs of active ones.
    """
    hour = 3600
    connections, open_s, size = (Decimal(n) for n in (hour, hour * 120, hour * 300_000))

    assert [
        lcu_hours(connections, Decimal(0), Decimal(0)),
        lcu_hours(Decimal(0), open_s, Decimal(0)),
        lcu_hours(Decimal(0), Decimal(0), size),
        lcu_hours(connections, open_s, size),
        lcu_hours(Decimal(100 * hour), Decimal(100 * hour * 180), Decimal(0)),
    ] == [Decimal(n) for n in ("0.04", "0.04", "1.08", "1.08", "6")]


def test_an_idle_service_of_ecs_is_a_task_a_load_balancer_and_their_addresses() -> None:
    """0.25 vCPU and 0.5 GB for 730 hours, one load balancer in two zones, three addresses."""
    one = bill(service("ecs", zones=2, **NOTHING_STORED), Usage(), PRICES, free_tier=True)

    assert amounts(one) == {
        "Fargate CPU": Decimal("7.39"),
        "Fargate memory": Decimal("1.62"),
        "load balancer": Decimal("16.42"),
        "public IPv4 addresses": Decimal("10.95"),
    }
    assert not one.at_least
    assert one.total == Decimal("36.385025")


def test_where_nobody_says_how_many_zones_the_bill_of_ecs_is_a_lower_bound() -> None:
    fewest, known = (
        bill(service("ecs", zones=zones), Usage(), PRICES, free_tier=True) for zones in (None, 3)
    )

    assert fewest.at_least
    assert not known.at_least
    assert known.total - fewest.total == Decimal("3.65")


def test_a_further_task_is_billed_with_its_address() -> None:
    api = service("ecs", **NOTHING_STORED)
    one, two = (bill(api, Usage(further_s=n * Decimal(3600)), PRICES, free_tier=False).total for n in (0, 1))

    assert two - one == Decimal("0.04048") / 4 + Decimal("0.004445") / 2 + Decimal("0.005")


def test_large_answers_take_more_of_the_load_balancer_than_connections() -> None:
    heavy = service("ecs", app=App(response_kb=Decimal(100)))

    one = bill(heavy, Usage(requests=Decimal(1_000_000)), PRICES, free_tier=False)

    assert next(line.quantity for line in one.lines if line.name == "load balancer capacity") == Decimal(
        "102.4"
    )
