"""Advice: what is recommended and why, what is left unsaid, and the section that a comparison's report gets."""

import re
from decimal import Decimal
from typing import Any

import pytest

from commandline import UserError
from cost.advise import VOLUMES, advise
from cost.app import App
from cost.bill import bill
from cost.candidates import Question, candidates
from cost.model import Advice, Option
from cost.report import data, table
from cost.simulation import volumes
from cost.simulation.arrivals import Arrivals, pattern, poisson
from cost.simulation.system import system
from platforms.prices import Prices

pytestmark = pytest.mark.usefixtures("roughly")

FEW = {"replications": 3}
QUICK = App(cpu_s=Decimal("0.01"))
WAITING = App(cpu_s=Decimal(0), wait_s=Decimal("0.1"))
EVERYWHERE = {"aws": "us-east-1", "gcp": "us-central1", "apprunner": "us-east-1", "ecs": "us-east-1"}


def ask(arrivals: Arrivals, prices: Prices, options: dict[str, Any] | None = None, **question: Any) -> Advice:
    found, notes = candidates(Question(**question), prices)
    chosen: dict[str, Any] = {"budget": 40_000, **(options or {})}
    return advise(arrivals, found, prices, notes=notes, **chosen)


def test_few_requests_go_where_the_bill_is_nothing_and_answers_come_soonest(prices: Prices) -> None:
    """On a whole vCPU 0.1 CPU seconds take 0.1 s, on Lambda's share at 512 MB 0.35 s: that outweighs longer starts."""
    advice = ask(poisson(14_600), prices)

    expected = (
        r"Take Cloud Run: \$0.00 a month, 1 request in 11 waits for a start of about 2.0\d s "
        r"\(AWS Lambda: \$0.0\d a month, 1 request in 2\d waits for a start of about 56\d ms; "
        r"ECS Express Mode: at least \$36.39 a month, no request waits for a start\)\. "
        r"With starts twice as long, take AWS Lambda\. With idle times half as long, take AWS Lambda\."
    )
    assert re.fullmatch(expected, advice.recommendation)


def test_requests_that_wait_take_equally_long_everywhere_so_starts_decide(prices: Prices) -> None:
    advice = ask(poisson(14_600), prices, app=WAITING)

    assert advice.recommendation.startswith("Take AWS Lambda: $0.02 a month")
    assert advice.recommendation.endswith(
        "With starts twice as long or idle times half as long it is the same."
    )


def test_advice_may_hang_on_an_idle_time_to_keep_a_limit(prices: Prices) -> None:
    advice = ask(poisson(30_000), prices, {"limit_s": 0.15}, platforms=("gcp",))

    assert "With idle times half as long, none keeps that limit." in advice.recommendation


def test_a_limit_rules_out_what_is_too_slow(prices: Prices) -> None:
    fast = ask(
        pattern("bursty", 14_600), prices, {"limit_s": 0.15}, platforms=("aws", "gcp"), minimum=1, app=QUICK
    )

    assert fast.recommendation.startswith("Take AWS Lambda, 1 kept ready: $5.5")
    assert "95% of the requests are answered within 0.15 s" in fast.recommendation


def test_a_limit_that_none_keeps_is_said(prices: Prices) -> None:
    slow = ask(poisson(14_600), prices, {"limit_s": 0.01})

    assert slow.recommendation.startswith("None of these keeps 95% of the requests within 0.01 s")


def test_app_runner_is_recommended_to_its_customers_only(prices: Prices) -> None:
    question: dict[str, Any] = {"app": App(cpu_s=Decimal("0.02"), wait_s=Decimal("0.5"))}

    assert ask(poisson(2e7), prices, **question).recommendation.startswith("Take ECS Express Mode")
    assert ask(poisson(2e7), prices, {"closed": True}, **question).recommendation.startswith(
        "Take App Runner"
    )
    alone = ask(poisson(100), prices, FEW, platforms=("apprunner",))
    assert "add --existing-customer" in alone.recommendation


def test_a_bill_at_unconfirmed_prices_is_the_same_wherever_it_is_given(prices: Prices) -> None:
    """The HTTP API's price in Frankfurt, 1.20 for a million requests, is not confirmed."""
    frankfurt = {**EVERYWHERE, "aws": "eu-central-1"}

    advice = ask(poisson(3e6), prices, platforms=("aws",), regions=frankfurt)

    assert re.match(
        r"Take AWS Lambda: at least \$2\.3\d a month and \$3\.[56]\d at prices not confirmed, ",
        advice.recommendation,
    )
    row = table.of_advice(data.of_advice(advice))["rows"][0]
    for cell, most in zip(row[-2:], (2.6, 13), strict=True):
        total, *spread, unsure = cell.splitlines()
        assert total.startswith("at least $")
        assert all(float(bound.strip("$")) < most for line in spread for bound in line.split(" to "))
        assert re.fullmatch(r"and \$3\.[56]\d not confirmed", unsure)
    assert any("it counts as if it were right" in note for note in advice.notes)


def test_both_bills_have_a_range(prices: Prices) -> None:
    advice = ask(pattern("bursty", 40_000), prices, platforms=("apprunner",))

    row = table.of_advice(data.of_advice(advice))["rows"][0]
    assert [bool(re.search(r"\n\$\d\.\d\d to \$\d\.\d\d$", cell)) for cell in row[-2:]] == [True, True]


def test_unknown_prices_are_neither_recommended_nor_drawn(prices: Prices) -> None:
    frankfurt = {**EVERYWHERE, "aws": "eu-central-1", "apprunner": "eu-central-1", "ecs": "eu-central-1"}

    advice = ask(poisson(1e7), prices, {"closed": True}, regions=frankfurt)

    assert set(advice.curves) == {"aws", "gcp", "ecs"}
    assert [row["dollars"]["apprunner"] for row in data.of_advice(advice)["table"]] == [None] * len(VOLUMES)
    alone = ask(poisson(100), prices, {"closed": True, **FEW}, regions=frankfurt, platforms=("apprunner",))
    assert alone.recommendation.startswith("No recommendation: the prices of these regions are not known")


def test_break_even_is_where_the_bills_say_it_lies(prices: Prices) -> None:
    """Of requests that only wait, Lambda takes over from Cloud Run and ECS from Lambda, at bills that are equal."""
    advice = ask(poisson(14_600), prices, app=WAITING, platforms=("aws", "ecs"))

    (change,) = advice.changes
    assert (change.before, change.after) == ("aws", "ecs")
    pair = [bill_at(option, change.volume, prices) for option in advice.options]
    assert pair[0] == pytest.approx(pair[1], rel=0.01)


def bill_at(option: Option, monthly: Decimal, prices: Prices) -> float:
    one = option.candidate
    usage = volumes.usage(system(one.setup, one.timing, prices), float(monthly))
    return float(bill(one.setup, usage, prices, free_tier=True).estimate)


def test_work_on_a_quarter_of_a_cpu_leaves_no_break_even_of_lambda(prices: Prices) -> None:
    """10 M requests of 0.1 CPU seconds are 10 M x 0.346 s x 0.5 GB on Lambda: dearer than Cloud Run's whole vCPU."""
    advice = ask(poisson(14_600), prices)

    assert advice.changes == ()
    assert 35 < advice.curves["aws"].at(Decimal(10_000_000)) < 38


def test_whole_tasks_decide_where_ecs_becomes_cheaper(prices: Prices) -> None:
    """Every volume has the cheapest that the changes say, by the bills themselves."""
    advice = ask(poisson(14_600), prices, app=App(cpu_s=Decimal("0.03")), platforms=("aws", "ecs"))

    for volume in (10**exponent * step for exponent in (6, 7) for step in (1, 2, 3, 5, 7)):
        costs = {option.name: bill_at(option, Decimal(volume), prices) for option in advice.options}
        before = [change.after for change in advice.changes if change.volume <= volume]
        expected = before[-1] if before else "aws"
        assert costs[expected] <= min(costs.values()) * 1.02, volume


def test_the_simulated_bill_lies_on_the_curve_for_requests_at_random(prices: Prices) -> None:
    advice = ask(poisson(40_000), prices)

    for option in advice.options:
        drawn = float(advice.curves[option.name].at(Decimal(40_000)))
        assert option.dollars.mean == pytest.approx(drawn, rel=0.02, abs=0.002)


def test_everything_taken_for_granted_is_noted(prices: Prices) -> None:
    notes = "\n".join(ask(poisson(100), prices, FEW, snapstart=True).notes)

    for expected in (
        "a request is taken to need 0.1 CPU seconds of a whole vCPU and to wait 0 s for anything else",
        "takes 0.346 s on AWS Lambda (0.29 vCPU), 0.1 s on Cloud Run (1 vCPU), 0.4 s on App Runner (0.25 vCPU)",
        "with the addresses of the fewest availability zones, 2;",
        "ECS Express Mode never scales to zero",
        "requests at once share an instance's CPU, and each gets one vCPU at most",
        "published starts (no figure of a restored Python image was found: taken to be 0.2 to 0.8 s",
        "1.2 s of the app's own imports",
        "AWS Lambda, SnapStart: an idle instance is taken to stay 300 to 900 s, mostly about 600 s (not documented",
        'Cloud Run: an idle instance is taken to stay 60 to 900 s, mostly about 600 s ("up to 15 minutes" is all',
        "without the network and the gateway",
        "App Runner takes no new customers",
    ):
        assert expected in notes


def test_where_instances_are_kept_no_idle_time_is_noted_and_an_asked_one_is_said(prices: Prices) -> None:
    notes = ask(
        poisson(100), prices, FEW, platforms=("gcp", "apprunner"), minimum=1, idle={"gcp": (60, 60, 60)}
    ).notes

    assert [note for note in notes if "an idle instance" in note] == [
        "Cloud Run: an idle instance is taken to stay 60 s, as asked"
    ]


def test_what_ranges_span_is_said_once_whether_months_or_parts_of_them(prices: Prices) -> None:
    months, parts = (
        ask(poisson(monthly), prices, {"budget": 100_000}, platforms=("aws",)) for monthly in (1000, 1e9)
    )

    assert months.notes[-1] == "ranges: the middle 95% of 100 simulated months"
    assert parts.notes[-1] == (
        "ranges: the middle 95% of 8 simulated stretches of 32.9 seconds, each standing for a month"
    )
    assert table.of_advice(data.of_advice(parts))["notes"].count(parts.notes[-1]) == 1


def test_refusals_are_noted(prices: Prices) -> None:
    """More at once than Lambda has instances: 500 a second of 10 s each."""
    advice = ask(poisson(1.3e9), prices, platforms=("aws",), app=App(cpu_s=Decimal(0), wait_s=Decimal(10)))

    assert any("were refused at the most instances allowed" in note for note in advice.notes)
    assert advice.recommendation.startswith(
        "None of these answers all requests with the most instances allowed; AWS Lambda refuses 79"
    )


def test_a_platform_that_refuses_requests_is_not_taken_though_its_bill_is_small(prices: Prices) -> None:
    """300 a second of 1 s of CPU each: Cloud Run has 100 instances of one vCPU."""
    app = App(cpu_s=Decimal(1))
    advice = ask(poisson(8e8), prices, platforms=("gcp", "ecs"), app=app)

    ecs, cloud_run = (advice.options[place].free.total for place in (1, 0))
    assert cloud_run < ecs
    assert advice.recommendation.startswith("Take ECS Express Mode")
    assert "(Cloud Run: $" in advice.recommendation
    assert "% of the requests). " in advice.recommendation


def test_a_platform_that_is_open_is_recommended_where_app_runner_is_not(prices: Prices) -> None:
    """Steady load of requests that wait: one task by the hour is cheaper than any request of Lambda or Cloud Run."""
    advice = ask(poisson(2e8), prices, app=WAITING)

    assert advice.recommendation.startswith("Take ECS Express Mode: at least $92.")


def test_zones_that_are_known_make_the_bill_of_ecs_sure(prices: Prices) -> None:
    fewest, known = (ask(poisson(100), prices, FEW, platforms=("ecs",), zones=zones) for zones in (None, 6))

    assert [advice.options[0].free.at_least for advice in (fewest, known)] == [True, False]
    assert known.options[0].free.total - fewest.options[0].free.total == pytest.approx(Decimal("14.60"))
    assert not any("--zones" in note for note in known.notes)


def test_more_tasks_than_express_mode_runs_by_itself_are_noted(prices: Prices) -> None:
    many = ask(poisson(1e8), prices, platforms=("ecs",), app=App(cpu_s=Decimal("0.25")))
    few = ask(poisson(1e8), prices, platforms=("ecs",), app=App(cpu_s=Decimal("0.02")))

    (note,) = [note for note in many.notes if "tasks at once" in note]
    assert re.fullmatch(
        r"ECS Express Mode: up to 6\d tasks at once; Express Mode's own maximum is 20, .*", note
    )
    assert not any("tasks at once" in note for note in few.notes)


def test_a_function_url_waits_longer_than_an_http_api(prices: Prices) -> None:
    slow: dict[str, Any] = {"platforms": ("aws",), "app": App(wait_s=Decimal(31))}

    assert ask(poisson(100), prices, door="function-url", **slow).recommendation.startswith("Take AWS Lambda")


def test_no_platform_is_no_question(prices: Prices) -> None:
    with pytest.raises(UserError, match="there is no platform to advise on"):
        advise(poisson(100), {}, prices)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"platforms": ("aws", "azure")}, "'azure' is not a platform; known: aws, gcp, apprunner, ecs"),
        (
            {"app": App(cpu_s=Decimal(9))},
            "a request takes 31.1 s with 0.29 vCPU\\? AWS Lambda with an HTTP API answers within 30 s: see --platform",
        ),
        (
            {"app": App(wait_s=Decimal(121)), "platforms": ("apprunner",)},
            "a request takes 121.4 s with 0.25 vCPU\\? App Runner answers within 120 s: see --platform, --memory",
        ),
        (
            {"app": App(wait_s=Decimal(3601)), "platforms": ("gcp",)},
            "a request takes 3601 s with 1 vCPU\\? Cloud Run answers within 3600 s",
        ),
        ({"minimum": -1}, "instances kept ready: -1 is too few; it is 0 or more"),
        (
            {"platforms": ("gcp",), "minimum": 101},
            "instances kept ready: Cloud Run keeps 0 to 100, not 101",
        ),
        ({"regions": {**EVERYWHERE, "gcp": "mars"}}, "'mars' is not a region"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    prices: Prices, question: dict[str, Any], message: str
) -> None:
    with pytest.raises(Exception, match=message):
        ask(poisson(100), prices, **question)
