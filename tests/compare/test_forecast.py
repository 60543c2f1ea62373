"""What is said before a run: how long it takes, and the difference that it can find."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from compare import forecast
from compare.measure.contact import Contact
from compare.report.pairing import paired_ratio
from compare.targets.endpoints import Endpoint
from compare.targets.request import Filled
from runs.plan import Plan
from runs.sample import FIRST_CONTACT, Sample, Source
from tests.compare.conftest import Done, Server
from tests.compare.simulated import of_one_instance

# Two targets that start in 0.3 and 0.5 s, and a round of 20 ms.
CONTACT = Contact(cycles=10, rounds=300, idle_s=0.9, starts_s=[0.3, 0.5], round_s=0.02, targets=3)


@pytest.mark.parametrize(
    ("plan", "seconds"),
    [
        (Plan(), 10 * (0.9 + 0.8 + 0.5) + 310 * 0.02),
        (Plan(cold="none"), 310 * 0.02),
        (Plan(cold="burst", burst=5), 2 * 1.7 + 310 * 0.02),
        (Plan(cold="none", rate=10, load_s=30, load_connections=32), 310 * 0.02 + 3 * 30 + 32 * 0.01),
        (Plan(duration_s=5), 5),
        (Plan(duration_s=60), 10 * (0.9 + 0.8 + 0.5) + 310 * 0.02),
    ],
)
def test_starts_idle_times_warm_requests_and_load_take_their_time(plan: Plan, seconds: float) -> None:
    """Each is counted; a target is woken again if the others' starts take half of the time that it is kept."""
    assert CONTACT.seconds(plan) == pytest.approx(seconds)


def endpoint(name: str, idle_s: float | None = None) -> Endpoint:
    source = Source(name, None, emulated=False)
    return Endpoint(source, Filled("GET", "http://x/", (), None, 200, ()), idle_s, "http://x/")


def tried(name: str, noise: float, count: int = 11) -> list[Sample]:
    """The answers of a first contact, whose logarithms differ by `noise`."""
    logs = noise * np.random.default_rng(3).normal(0, 1, count)
    return [
        replace(one, kind="discarded", why=FIRST_CONTACT, cycle=0, round=0)
        for one in of_one_instance(name, logs)
    ]


def found(noise: float, plan: Plan) -> float:
    """The difference in percent that `plan` is said to find."""
    opened = [endpoint("a"), endpoint("b")]
    told = forecast.finds(plan, opened, {name: tried(name, noise) for name in "ab"})
    match = re.fullmatch(
        r"This plan finds a difference of (\d+)% between warm medians in 8 of 10 runs, "
        "if instances are alike and nothing drifts",
        told or "",
    )
    assert match, told
    return float(match[1])


def test_noise_and_rounds_decide_what_a_plan_can_find() -> None:
    """Noisier answers need a greater difference, more rounds find a smaller one."""
    usual, noisy, long = (
        found(0.2, Plan(cold="none")),
        found(0.6, Plan(cold="none")),
        found(0.2, Plan(cold="none", rounds=3000)),
    )

    assert 3 <= usual <= 40
    assert noisy > 1.5 * usual
    assert long < usual / 1.5


def test_a_plan_of_very_many_rounds_is_judged_by_some_of_them() -> None:
    """A hundred times as many rounds err by a tenth, and a plan of a thousand million is judged at once."""
    some, many = (found(6.0, Plan(cold="none", rounds=rounds)) for rounds in (3000, 300_000))

    assert np.log1p(many / 100) == pytest.approx(np.log1p(some / 100) / 10, rel=0.1)
    assert found(6.0, Plan(cold="none", rounds=10**9)) == 0


def test_a_plan_finds_about_what_its_run_says_that_it_finds() -> None:
    """The run's own answers differ as those of the first contact did."""
    random = np.random.default_rng(5)
    base, other = (of_one_instance(name, random.normal(0, 0.2, 300)) for name in "ab")
    ratio, _ = paired_ratio(base, other, 0.5)
    assert ratio

    assert found(0.2, Plan(cold="none")) / 100 == pytest.approx(ratio.detectable() - 1, rel=0.7)


def test_a_plan_of_too_few_cycles_is_named_before_it_is_measured() -> None:
    """Two cold starts give two instances, and a median's verdict needs ten; nothing is said of one target alone."""
    opened = [endpoint("a", idle_s=1.0), endpoint("b", idle_s=1.0)]
    answers = {name: tried(name, 0.2) for name in "ab"}

    told = forecast.finds(Plan(cold_starts=2), opened, answers)

    assert told == "No verdict on warm requests can come of this plan: too few instances: a had 2 of 10"
    assert forecast.finds(Plan(cold_starts=2), opened[:1], answers) is None
    assert forecast.finds(Plan(), opened, {"a": answers["a"], "b": []}) is None


@pytest.mark.process
def test_a_run_says_before_it_begins_how_long_it_takes_and_what_it_finds(
    serve: Callable[..., Server], compare: Callable[..., Done]
) -> None:
    """Rounds of four answers that take 10 ms at the least, after 1.7 s alone and two starts of 200 ms."""
    servers = [serve("--idle", "1.5", "--start", "0.2", "--delay", "10") for _ in range(2)]

    targets = [f"t{number}={server.url}" for number, server in enumerate(servers)]
    done = compare("run", *targets, "--cold-starts", "2", "--idle", "1.7", "--rounds", "30")

    said = done.out.replace("\n", " ")
    told = re.search(
        r"2 targets, 30 warm rounds, 2 cold starts, each after 2 s alone: about (\d+) s; Ctrl-C", said
    )
    assert told
    assert int(told[1]) >= round(2 * (1.7 + 2 * 0.2) + 30 * 4 * 0.01)
    assert "No verdict on warm requests can come of this plan: too few instances: t0 had 2 of 10" in said
