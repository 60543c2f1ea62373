"""Bills: their lines, what is free or not known, their invariants, and what has no bill."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost.app import App
from cost.bill import Usage, bill
from cost.setup import Setup
from platforms import NAMES
from tests.cost.bills import NOTHING_STORED, PRICES, amounts, service


def test_init_is_billed_and_shares_the_free_duration_with_the_handler() -> None:
    api = service("aws", memory_mb=1024, **NOTHING_STORED)
    usage = Usage(busy_s=Decimal(399_990), start_s=Decimal(20), starts=Decimal(100))

    one = bill(api, usage, PRICES, free_tier=True)

    assert {line.name: (line.free, line.amount) for line in one.lines if line.quantity} == {
        "Lambda handling": (Decimal(399_990), Decimal(0)),
        "Lambda INIT": (Decimal(10), Decimal("0.000166667")),
    }


def test_an_http_api_counts_a_request_once_for_each_512_kb() -> None:
    heavy = service("aws", app=App(response_kb=Decimal(513)))

    one = bill(heavy, Usage(requests=Decimal(1_000_000)), PRICES, free_tier=False)

    assert next(line.quantity for line in one.lines if line.name == "HTTP API requests") == 2_000_000


def test_the_memory_of_a_busy_provisioned_instance_is_paid_once() -> None:
    api = service("apprunner", **NOTHING_STORED)
    hour = Decimal(3600)

    idle = bill(api, Usage(), PRICES, free_tier=False)
    busy = bill(api, Usage(active_s=hour), PRICES, free_tier=False)
    two = bill(api, Usage(active_s=2 * hour, further_s=hour), PRICES, free_tier=False)

    assert round(idle.total, 3) == Decimal("2.555")
    assert busy.total - idle.total == Decimal("0.064") / 4
    assert two.total - busy.total == Decimal("0.064") / 4 + Decimal("0.007") / 2


def test_an_unknown_price_leaves_a_line_without_amount_and_a_total_that_is_a_lower_bound() -> None:
    one = bill(
        service("apprunner", region="eu-central-1"), Usage(requests=Decimal(1000)), PRICES, free_tier=True
    )

    assert one.at_least
    assert {line.name for line in one.lines if line.amount is None} == {
        "memory, provisioned",
        "CPU, active",
        "memory of further instances, active",
    }


def test_an_unconfirmed_price_is_kept_apart_from_the_total() -> None:
    one = bill(
        service("aws", region="eu-central-1"), Usage(requests=Decimal(1_000_000)), PRICES, free_tier=True
    )

    assert one.at_least
    assert one.unsure == Decimal("1.20")
    assert one.estimate == one.total + Decimal("1.20")


def test_an_unconfirmed_price_that_charges_nothing_leaves_the_total_sure() -> None:
    one = bill(service("gcp"), Usage(requests=Decimal(40_000)), PRICES, free_tier=True)

    assert not one.at_least
    assert one.unsure == 0


@pytest.mark.parametrize("platform", NAMES)
@pytest.mark.parametrize("free_tier", [True, False])
def test_no_usage_costs_what_is_stored_or_provisioned(platform: str, free_tier: bool) -> None:
    one = bill(service(platform), Usage(), PRICES, free_tier=free_tier)

    charged = {line.name for line in one.lines if line.amount} - {"image in the registry"}
    assert charged == {
        "apprunner": {"memory, provisioned"},
        "ecs": {"Fargate CPU", "Fargate memory", "load balancer", "public IPv4 addresses"},
    }.get(platform, set())


counts = st.integers(0, 10**10).map(Decimal)
usages = st.builds(Usage, *[counts] * 8)
services = st.builds(
    service,
    st.sampled_from(NAMES),
    minimum=st.integers(1, 3),
    billing=st.sampled_from(["request", "instance"]),
    door=st.sampled_from(["http-api", "function-url"]),
)


@given(services, usages, st.booleans())
def test_a_bill_is_the_sum_of_its_lines_and_never_negative(one: Setup, usage: Usage, free_tier: bool) -> None:
    result = bill(one, usage, PRICES, free_tier=free_tier)

    assert result.estimate == sum(line.amount or 0 for line in result.lines)
    assert all(line.amount is not None and line.amount >= 0 for line in result.lines)
    assert all(0 <= line.free <= line.quantity for line in result.lines)


@given(services, usages)
def test_a_free_tier_never_costs(one: Setup, usage: Usage) -> None:
    assert (
        bill(one, usage, PRICES, free_tier=True).estimate
        <= bill(one, usage, PRICES, free_tier=False).estimate
    )


@given(services, usages, usages, st.booleans())
def test_more_of_everything_never_costs_less(one: Setup, usage: Usage, more: Usage, free_tier: bool) -> None:
    """With instances kept ready, serving costs more than idling; idle seconds are what serving leaves."""
    both = Usage(
        usage.requests + more.requests,
        usage.starts + more.starts,
        usage.busy_s + more.busy_s,
        usage.start_s + more.start_s,
        usage.active_s + more.active_s,
        usage.ready_s,
        usage.further_s + more.further_s,
        usage.running_s + more.running_s,
    )

    assert (
        bill(one, usage, PRICES, free_tier=free_tier).estimate
        <= bill(one, both, PRICES, free_tier=free_tier).estimate
    )


@pytest.mark.parametrize(
    ("cpu", "wait", "expected"),
    [
        ("0.1", "0", ["0.346", "0.100", "0.400", "0.400"]),
        ("0.1", "0.2", ["0.546", "0.300", "0.600", "0.600"]),
        ("0", "0.7", ["0.700"] * 4),
    ],
)
def test_a_request_takes_as_long_as_its_work_does_on_the_platforms_share_of_a_cpu(
    cpu: str, wait: str, expected: list[str]
) -> None:
    """512 MB: 512 / 1,769 vCPU on Lambda, 1 on Cloud Run, 0.25 on App Runner and ECS."""
    app = App(cpu_s=Decimal(cpu), wait_s=Decimal(wait))

    assert [f"{service(name, app=app).alone_s:.3f}" for name in NAMES] == expected


def test_lambda_past_its_first_tier_is_cheaper() -> None:
    """6 G GB-s at 0.0000166667, 9 G at 0.000015, the rest at 0.0000133334."""
    api = service("aws", memory_mb=1024, door="function-url", **NOTHING_STORED)

    one = bill(api, Usage(busy_s=Decimal(16_000_000_000)), PRICES, free_tier=False)

    assert amounts(one) == {"Lambda handling": Decimal("248333.60")}


def test_cloud_run_billed_by_instance_has_no_price_for_requests() -> None:
    """An instance of 1 vCPU and 0.5 GiB for a million seconds: 18 + 1, less 240,000 vCPU-s and 450,000 GiB-s."""
    api = service("gcp", billing="instance", **NOTHING_STORED)
    usage = Usage(requests=Decimal(10**7), running_s=Decimal(10**6))

    free, listed = (bill(api, usage, PRICES, free_tier=tier) for tier in (True, False))

    assert amounts(listed) == {"CPU, instances": Decimal("18.00"), "memory, instances": Decimal("1.00")}
    assert free.total == Decimal("0.000018") * 760_000 + Decimal("0.000002") * 50_000


def test_the_boost_of_a_start_is_billed_while_it_starts_and_ten_seconds_more() -> None:
    """A hundred starts of 2 s with 1 more vCPU: 1,200 vCPU-s."""
    api = service("gcp", **NOTHING_STORED)

    one = bill(api, Usage(starts=Decimal(100), start_s=Decimal(200)), PRICES, free_tier=False)

    assert {line.name: line.quantity for line in one.lines if line.quantity} == {"CPU boost of starts": 1200}


@pytest.mark.parametrize(("door", "expected"), [("http-api", 1170), ("function-url", 840)])
def test_lambdas_own_log_lines_are_counted(door: str, expected: int) -> None:
    one = bill(service("aws", door=door), Usage(requests=Decimal(1024**3)), PRICES, free_tier=False)

    assert next(line.quantity for line in one.lines if line.name == "log lines") == expected


def test_logs_past_ten_terabytes_are_cheaper_on_lambda_and_not_on_ecs() -> None:
    costs = [PRICES.price(name, "logs", "us-east-1").cost(Decimal(20_480)) for name in ("aws", "ecs")]

    assert costs == [5120 + 2560, 10_240]


@pytest.mark.parametrize("region", ["asia-south1", "asia-southeast3", "europe-north2", "northamerica-south1"])
def test_regions_that_are_tier_1(region: str) -> None:
    assert PRICES.price("gcp", "cpu", region).tiers == ((0, Decimal("0.000024")),)


def test_cloud_runs_smallest_cpu_takes_one_request_at_once() -> None:
    smallest = service("gcp", vcpu=Decimal("0.08"))

    assert (smallest.vcpu, smallest.concurrency) == (Decimal("0.08"), 1)


def test_a_title_says_what_sets_a_setup_apart() -> None:
    assert (
        service("aws", door="function-url", architecture="arm64").title == "AWS Lambda, function URL, arm64"
    )
    assert service("gcp", minimum=2).title == "Cloud Run, 2 kept ready"
    assert service("apprunner").title == "App Runner"
    assert service("ecs", minimum=2).title == "ECS Express Mode, 2 kept ready"
