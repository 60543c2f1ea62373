"""All that a stack can deploy is a candidate, and the lines printed for a candidate make just that."""

import re
from decimal import Decimal

import pytest

from cost.app import App
from cost.candidates import Question
from cost.front.grid import setups
from cost.front.lines import ARCHITECTURES, STACKS_RATE, config, lines
from cost.setup import Setup
from platforms import NAMES, sold
from platforms.prices import Prices
from stacks.settings import Service, rules
from tests.stacks.graph import service

pytestmark = pytest.mark.usefixtures("roughly")

ALL = setups(Question(), Prices.load(), least_mb=128)


def typed(one: Setup, most: int, rate: float) -> dict[str, str]:
    """The keys and values of the lines that a user is told to type, after the stack is selected."""
    first, *others = lines(one.platform, config(one, most, rate))
    assert first == f"pulumi stack select {one.platform}"
    found = [re.fullmatch(r"pulumi config set (?:--path environment\.)?(\w+) (\S+)", line) for line in others]
    return {match[1]: match[2] for match in found if match}


def deployed(one: Setup, most: int, rate: float) -> Service:
    """The service that a stack makes of those lines."""
    keys = typed(one, most, rate)
    processes = keys.pop("WEB_CONCURRENCY", None)
    made = service(
        one.platform, **keys, **({"environment": {"WEB_CONCURRENCY": processes}} if processes else {})
    )
    assert int(made.variables.plain.get("WEB_CONCURRENCY", "1")) >= one.vcpu or not one.shared
    return made


@pytest.mark.parametrize("platform", NAMES)
def test_the_printed_lines_of_every_candidate_are_accepted_and_make_it(platform: str) -> None:
    candidates = [one for one in ALL if one.platform == platform]

    assert candidates
    for one in candidates:
        made = deployed(one, most=3, rate=0.5)
        assert made.memory == one.memory_mb
        assert made.architecture == ARCHITECTURES[one.architecture]
        assert made.door == one.door
        assert made.billing == one.billing
        assert made.snap_start == one.snapstart
        assert made.min_instances == one.minimum
        if one.concurrency is not None:
            assert made.concurrency == one.concurrency
        if sold.cpus(platform):
            assert made.cpu == float(one.vcpu)
        assert made.max_instances is None or made.max_instances >= 3


@pytest.mark.parametrize("platform", NAMES)
def test_every_mode_of_a_stack_is_among_the_candidates(platform: str) -> None:
    """Of each key with a few values all are tried, of others some."""
    tried: dict[str, set[str]] = {}
    for one in (one for one in ALL if one.platform == platform):
        for key, value in typed(one, most=3, rate=0.5).items():
            tried.setdefault(key, set()).add(value)

    for key in {"architecture", "door", "billing", "snapStart"} & tried.keys() - {
        key for key, rule in rules.rules(platform).items() if len(rule.allowed) == 1
    }:
        assert tried[key] == {str(value).lower() for value in rules.rules(platform)[key].allowed}, key
    for key in {"memory", "cpu", "minInstances"} & tried.keys():
        if key != "memory" or not sold.cpus(platform):
            assert len(tried[key]) > 2, key


def test_a_rate_beyond_what_an_http_api_lets_through_is_let_through() -> None:
    one = next(one for one in ALL if one.door == "http-api" and one.platform == "aws")

    assert rules.rules("aws")["throttleRate"].default == STACKS_RATE
    assert "throttleRate" not in typed(one, most=3, rate=STACKS_RATE / 2)
    busy = deployed(one, most=3, rate=400.0)
    assert (busy.throttle_rate or 0) >= 400
    assert (busy.throttle_burst or 0) >= 400


@pytest.mark.parametrize("most", [1, 30, 10_000])
def test_as_many_instances_are_allowed_as_were_simulated_if_the_platform_allows_them(most: int) -> None:
    for one in ALL:
        allowed = deployed(one, most, rate=0.5).max_instances
        assert allowed is None or allowed >= min(most, sold.instances(one.platform).allowed[-1])


def test_what_a_user_chose_is_not_varied() -> None:
    question = Question(memory_mb=1024, architecture="arm64")

    found = setups(question, Prices.load(), chosen={"memory_mb", "architecture"})

    assert {one.memory_mb for one in found} == {1024}
    assert {one.architecture for one in found if one.platform == "aws"} == {"arm64"}


def test_a_number_of_instances_that_a_user_chose_is_kept_everywhere() -> None:
    found = setups(Question(minimum=1), Prices.load(), chosen={"minimum"})

    assert {one.platform for one in found} == set(NAMES)
    assert {one.minimum for one in found} == {1}


def test_no_candidate_has_both_a_snapshot_and_instances_that_are_kept() -> None:
    kept = {(one.snapstart, one.minimum) for one in ALL if one.platform == "aws"}

    assert kept == {(True, 0), (False, 0), (False, 1), (False, 2)}


def test_sizes_too_small_for_the_app_or_too_slow_to_answer_are_left_out() -> None:
    """9 CPU seconds are 31 s at 512 MB of Lambda, where an HTTP API waits 30 s, and 36 s on a quarter of a vCPU."""
    slow = App(cpu_s=Decimal(9))

    found = setups(Question(app=slow), Prices.load(), least_mb=300)

    assert min(one.memory_mb for one in found) >= 300
    doors = {(one.memory_mb, one.door) for one in found if one.platform == "aws"}
    assert (512, "http-api") not in doors
    assert {(512, "function-url"), (768, "http-api")} <= doors
