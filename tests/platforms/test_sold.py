"""What a platform sells is the same for the stacks, the emulation and the costs."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import platforms
from commandline import UserError
from cost.setup import setup
from local import Settings, SettingsError
from local.settings import behaviour
from platforms import FactError, sold
from platforms.sold import Choice
from stacks.settings import ConfigError
from tests.stacks.graph import service

SCALED_BY_REQUESTS = [name for name in platforms.NAMES if not platforms.scales_by_cpu(name)]
SOME_CPU = [
    Decimal(cpu)
    for cpu in (
        "0.05",
        "0.08",
        "0.125",
        "0.25",
        "0.5",
        "0.9995",
        "0.999",
        "1",
        "1.5",
        "2",
        "3",
        "4",
        "8",
        "9",
    )
]
SOME_MEMORY = [64, 128, 500, 512, 1024, 2048, 3072, 4096, 5120, 8192, 10240, 12288, 16384, 32768, 40000]


def stack_takes(platform: str, **config: object) -> bool:
    try:
        service(platform, **config)
    except ConfigError:
        return False
    return True


def cost_takes(platform: str, **settings: object) -> bool:
    try:
        setup(platform, "", **settings)  # pyright: ignore[reportArgumentType]
    except UserError:
        return False
    return True


def local_takes(platform: str, **settings: object) -> bool:
    try:
        behaviour(platform, Settings(**settings))  # pyright: ignore[reportArgumentType]
    except SettingsError:
        return False
    return True


@given(st.sampled_from(platforms.NAMES), st.sampled_from(SOME_MEMORY), st.sampled_from([None, *SOME_CPU]))
def test_all_take_the_same_sizes(platform: str, memory: int, cpu: Decimal | None) -> None:
    if cpu is not None and not sold.cpus(platform):
        assert not stack_takes(platform, cpu=str(cpu), memory=memory)
        return
    if cpu is None and platforms.has(platform, "sizes"):
        cpu = min(sold.cpus(platform))  # the stacks' default, while the costs take the least that fits
    chosen: dict[str, object] = {} if cpu is None else {"cpu": str(cpu)}

    in_a_stack = stack_takes(platform, memory=memory, **chosen)

    assert cost_takes(platform, memory_mb=memory, vcpu=cpu) == in_a_stack
    assert local_takes(platform, memory=memory) or not in_a_stack
    assert local_takes(platform, memory=memory) == (memory in sold.memories(platform))


@given(st.sampled_from(SCALED_BY_REQUESTS), st.sampled_from([0, 1, 2, 80, 81, 200, 201, 1000, 1001]))
def test_all_take_the_same_requests_at_once(platform: str, at_once: int) -> None:
    # 0 is the stacks' own way to leave a key open.
    in_a_stack = at_once > 0 and stack_takes(platform, concurrency=at_once)

    assert local_takes(platform, concurrency=at_once) == in_a_stack
    assert platforms.calls_a_function(platform) or cost_takes(platform, concurrency=at_once) == in_a_stack


@given(
    st.sampled_from(platforms.NAMES),
    st.sampled_from([1, 2, 25, 26, 100, 101, 1000, 1001, 5000, 5001]),
)
def test_all_keep_the_same_instances(platform: str, kept: int) -> None:
    in_a_stack = stack_takes(platform, minInstances=kept, maxInstances=kept)

    assert local_takes(platform, minimum=kept) == in_a_stack
    assert cost_takes(platform, minimum=kept) == in_a_stack


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_every_size_that_is_sold_has_a_cpu(platform: str) -> None:
    for cpu in sold.cpus(platform):
        assert sold.memories(platform, cpu)
    assert all(sold.cpu_with(platform, memory) > 0 for memory in list(sold.memories(platform))[::97])


def test_cloud_run_sells_every_thousandth_of_a_cpu_up_to_one_and_some_counts() -> None:
    assert sold.cpus("gcp")[:2] == (Decimal("0.08"), Decimal("0.081"))
    assert sold.cpus_in_words("gcp") == "0.08 to 0.999, 1, 2, 4, 6, 8"
    assert sold.memories("gcp", Decimal("0.125")) == range(128, 513)
    assert sold.memories("gcp", Decimal("0.1255")) == ()
    assert sold.memories("gcp", Decimal("0.4")) == range(128, 513)
    assert sold.memories("gcp", Decimal(3)) == ()
    assert sold.concurrency("gcp", Decimal("0.5")) == Choice(1, range(1, 2))
    assert sold.kept_instances("gcp") == Choice(0, range(101))


def test_lambda_gives_cpu_with_memory_and_keeps_instances_if_asked() -> None:
    assert sold.cpus("aws") == ()
    assert sold.cpu_with("aws", 1769) == 1
    assert sold.kept_instances("aws") == Choice(0, range(1001))
    assert str(sold.instances("aws")) == "1 to 1000"


def test_fargate_sells_pairs() -> None:
    assert sold.cpus_in_words("ecs") == "0.25, 0.5, 1, 2, 4"
    assert sold.memories("ecs", Decimal("0.25")) == (512, 1024, 2048)
    assert sold.cpu_with("ecs", 4096) == Decimal("0.5")
    assert sold.concurrency("ecs") is None


def test_a_platform_of_which_nothing_is_said_names_the_missing_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sold, "has", lambda *_: False)

    with pytest.raises(FactError, match=r"new: platforms/limits.toml has no sizes, memory_of_cpu or"):
        sold.cpus("new")
