"""Bills against the vendors' own published examples, and against the article's figure."""

from decimal import Decimal

import pytest

from cost.app import App
from cost.bill import Usage, bill
from tests.cost.bills import NOTHING_STORED, PRICES, amounts, service


def test_lambda_example_1_mobile_backend() -> None:
    """aws.amazon.com/lambda/pricing, example 1: 3 M requests of 120 ms at 1,536 MB: $2.33 + $0.40 = $2.73."""
    api = service("aws", memory_mb=1536, door="function-url", **NOTHING_STORED)
    usage = Usage(requests=Decimal(3_000_000), busy_s=Decimal(360_000))

    one = bill(api, usage, PRICES, free_tier=True)

    assert amounts(one) == {"Lambda requests": Decimal("0.40"), "Lambda handling": Decimal("2.33")}
    assert round(one.total, 2) == Decimal("2.73")


def test_lambda_example_2_telemetry_without_the_free_tier() -> None:
    """aws.amazon.com/lambda/pricing, example 2: 7.44 M requests of 2 s at 1 GB: $1.49 + $248.00 = $249.49."""
    api = service("aws", memory_mb=1024, door="function-url", **NOTHING_STORED)
    usage = Usage(requests=Decimal(7_440_000), busy_s=Decimal(14_880_000))

    one = bill(api, usage, PRICES, free_tier=False)

    assert amounts(one) == {"Lambda requests": Decimal("1.49"), "Lambda handling": Decimal("248.00")}
    assert round(one.total, 2) == Decimal("249.49")


def test_lambda_example_3_language_model() -> None:
    """aws.amazon.com/lambda/pricing, example 3, less its 8 cents of ephemeral storage: $105.33 + $1."""
    api = service("aws", memory_mb=4096, door="function-url", **NOTHING_STORED)
    usage = Usage(requests=Decimal(6_000_000), busy_s=Decimal(1_680_000))

    one = bill(api, usage, PRICES, free_tier=True)

    assert amounts(one) == {"Lambda requests": Decimal("1.00"), "Lambda handling": Decimal("105.33")}


def test_lambda_snapstart_example() -> None:
    """aws.amazon.com/lambda/pricing, SnapStart: 74,400 restores at 1 GB cost $10.40; a month of cache a good $4.

    The example's month has 744 hours ($4.03); ours has 730.
    """
    api = service(
        "aws", memory_mb=1024, door="function-url", snapstart=True, kept_versions=1, **NOTHING_STORED
    )
    usage = Usage(
        requests=Decimal(7_440_000), busy_s=Decimal(14_880_000), starts=Decimal(74_400), start_s=Decimal(9)
    )

    one = bill(api, usage, PRICES, free_tier=False)

    assert amounts(one) == {
        "Lambda requests": Decimal("1.49"),
        "Lambda handling": Decimal("248.00"),
        "SnapStart cache": round(Decimal("4.03") * 730 / 744, 2),
        "SnapStart restores": Decimal("10.40"),
    }


def test_arm64_example_of_a_durable_function() -> None:
    """aws.amazon.com/lambda/pricing, durable functions: 32 M GB-s on ARM less the free tier are $421.34."""
    api = service("aws", memory_mb=1024, architecture="arm64", door="function-url", **NOTHING_STORED)

    one = bill(api, Usage(requests=Decimal(2_000_000), busy_s=Decimal(32_000_000)), PRICES, free_tier=True)

    assert amounts(one) == {"Lambda requests": Decimal("0.20"), "Lambda handling": Decimal("421.34")}


def test_a_function_url_is_paid_for_what_it_streams_past_6_mb_of_each_response() -> None:
    """100,000 responses of 10 MiB: 4 MiB of each are 390.625 GiB, less 100 free; 8/1000 dollars each: $2.325."""
    api = service(
        "aws", door="function-url", app=App(image_gb=Decimal(0), response_kb=Decimal(10 * 1024), log_bytes=0)
    )

    with_free, without = (
        next(
            line
            for line in bill(api, Usage(requests=Decimal(100_000)), PRICES, free_tier=free).lines
            if line.price.name == "streamed"
        )
        for free in (True, False)
    )

    assert (with_free.quantity, with_free.free, with_free.amount) == (
        Decimal("390.625"),
        Decimal(100),
        Decimal("2.325"),
    )
    assert without.amount == Decimal("3.125")
    assert not with_free.sure


@pytest.mark.parametrize(
    ("door", "kb"), [("function-url", 6 * 1024), ("function-url", 1), ("http-api", 10_000)]
)
def test_nothing_is_streamed_within_6_mb_or_by_an_http_api(door: str, kb: int) -> None:
    api = service("aws", door=door, app=App(image_gb=Decimal(0), response_kb=Decimal(kb), log_bytes=0))

    one = bill(api, Usage(requests=Decimal(100_000)), PRICES, free_tier=False)

    assert not [line for line in one.lines if line.price.name == "streamed" and line.quantity]


def test_app_runner_example_of_a_latency_sensitive_api() -> None:
    """aws.amazon.com/apprunner/pricing, "Lightweight, latency-sensitive API": $25.50 for 30 days, $0.85 a day.

    1 vCPU and 2 GB, busy 8 hours a day: 24 x 2 x 0.007 + 8 x 0.064 = 0.848 a day. The page's memory of a busy
    provisioned instance is paid once, not twice; its parts could not be read whole, its total is quoted by others.
    """
    api = service("apprunner", memory_mb=2048, **NOTHING_STORED)
    busy = Decimal(8 * 3600) * Decimal(730) / 24
    day = bill(api, Usage(active_s=busy), PRICES, free_tier=False).total / 730 * 24

    assert round(day, 2) == Decimal("0.85")
    assert round(round(day, 2) * 30, 2) == Decimal("25.50")


def test_app_runner_in_tokyo_against_a_published_table() -> None:
    """dev.to/siddhantkcode, "Why Cloud Run crushes App Runner": 1 vCPU, 2 GB, 30 days of 2, 8 and 24 hours."""
    api = service("apprunner", region="ap-northeast-1", memory_mb=2048, **NOTHING_STORED)

    def month(hours: int) -> Decimal:
        active = Decimal(hours * 30 * 3600)
        one = bill(api, Usage(active_s=active), PRICES, free_tier=False)
        return one.total - (730 - 720) * 2 * Decimal("0.009")

    assert [month(hours) for hours in (2, 8, 24)] == [Decimal("17.82"), Decimal("32.40"), Decimal("71.28")]


def test_cloud_run_in_seoul_against_a_published_calculation() -> None:
    """A published estimate at the billing catalogue's prices: 518,400 s active, one instance kept ready, 0.5 GiB.

    A x 0.0000336 + I x 0.0000035 + M x 0.5 x 0.0000035 = 17.418240 + 7.257600 + 4.536000 for a month of 30 days.
    """
    api = service("gcp", region="asia-northeast3", memory_mb=512, minimum=1, **NOTHING_STORED)
    active = Decimal(518_400)
    longer = Decimal(730 - 720) * 3600

    one = bill(api, Usage(active_s=active, ready_s=active), PRICES, free_tier=False)

    assert one.total - longer * Decimal("0.0000035") * Decimal("1.5") == Decimal("29.211840")


def test_the_articles_28_cents_hold_without_the_free_tier_at_700_ms() -> None:
    """40,000 requests at 512 MB: "$0.28 a month" is $0.048 of requests and $0.233 of 0.70 s each, nothing free."""
    api = service("aws", **NOTHING_STORED)
    usage = Usage(requests=Decimal(40_000), busy_s=Decimal(28_000))

    one = bill(api, usage, PRICES, free_tier=False)

    assert [(line.name, line.amount) for line in one.lines if line.quantity] == [
        ("Lambda requests", Decimal("0.008")),
        ("Lambda handling", Decimal("0.2333338")),
        ("HTTP API requests", Decimal("0.04")),
    ]
    assert round(one.total, 2) == Decimal("0.28")


def test_the_same_traffic_costs_4_cents_with_the_free_tier_and_8_at_100_ms_without() -> None:
    api = service("aws", **NOTHING_STORED)

    free = bill(api, Usage(requests=Decimal(40_000), busy_s=Decimal(28_000)), PRICES, free_tier=True)
    fast = bill(api, Usage(requests=Decimal(40_000), busy_s=Decimal(4_000)), PRICES, free_tier=False)

    assert round(free.total, 3) == Decimal("0.040")
    assert round(fast.total, 3) == Decimal("0.081")
