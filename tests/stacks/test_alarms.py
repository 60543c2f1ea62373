"""Who is told of failures, of turned away requests and of the bill, and what keeps an idle function awake."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import platforms
from serve.aws_lambda import make_handler
from serve.messages import Response
from stacks.settings import ConfigError, read
from tests.stacks.aws_cloud import ACCOUNT
from tests.stacks.cloud import Cloud, RefusedError
from tests.stacks.graph import PROVIDER_CONFIG, Graph, run, service, usual
from tests.stacks.inline import InlineStack
from tests.stacks.settings.test_settings import problems
from tests.stacks.test_models import said

ROOT = Path(__file__).parents[2]
TOLD: dict[str, Any] = {"alarmEmail": "ops@example.com", "budget": 20}
ACCOUNT_KEY = {"billingAccount": "0A1B2C-3D4E5F-6A7B8C"}


@cache
def watched(platform: str) -> Graph:
    """The stack with everything of this page switched on, to be looked at only."""
    return run(service(platform, **TOLD, **(ACCOUNT_KEY if platform == "gcp" else {})))


def test_a_function_is_called_once_a_week_by_a_role_that_may_do_nothing_else() -> None:
    """On by default, at the alias, where the traffic goes too."""
    graph = usual("aws")
    alias = graph.cloud.one("aws:lambda/alias:Alias").outputs["arn"]
    role = graph.named("iam/role:Role", "demo-aws-wake-up")
    (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    policy = graph.named("iam/rolePolicy:RolePolicy", "demo-aws-wake-up").inputs["policy"]

    assert graph.one("scheduler/schedule:Schedule").inputs == {
        "scheduleExpression": "rate(7 days)",
        "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 60},
        "target": {
            "arn": alias,
            "roleArn": f"arn:aws:iam::{ACCOUNT}:role/{role.id}",
            "input": '{"wakeUp": true}',
        },
    }
    assert json.loads(policy)["Statement"] == [
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": alias}
    ]
    assert (trust["Principal"], trust["Condition"]) == (
        {"Service": "scheduler.amazonaws.com"},
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    )


def test_the_door_answers_the_call_without_the_app() -> None:
    """The very event of the schedule; the app hears nothing of it."""
    event = json.loads(usual("aws").one("scheduler/schedule:Schedule").inputs["target"]["input"])

    def app(_environ: dict[str, Any]) -> Response:
        raise AssertionError("the app was called")

    assert make_handler(app)(event, None) == {"ignored": "not an HTTP request"}


def test_nothing_of_it_is_made_where_it_is_not_asked_for() -> None:
    """The weekly call can be switched off; the rest is off by default."""
    for platform in platforms.NAMES:
        graph = usual(platform, **({"wakeUp": False} if platform == "aws" else {}))

        assert not [
            node.type
            for node in graph.nodes
            if any(part in node.type for part in ("scheduler", "sns", "Alarm", "monitoring", "udget"))
        ]


def test_lambdas_alarms_speak_to_the_address() -> None:
    """Failures as a share of the HTTP API's requests, and anything that Lambda turned away; silence is no alarm."""
    graph = watched("aws")
    topic = graph.cloud.one("aws:sns/topic:Topic").outputs["arn"]
    errors = graph.named("cloudwatch/metricAlarm:MetricAlarm", "demo-aws-errors").inputs
    throttles = graph.named("cloudwatch/metricAlarm:MetricAlarm", "demo-aws-throttles").inputs
    metrics = {query["id"]: query.get("metric", query.get("expression")) for query in errors["metricQueries"]}

    assert graph.one("sns/topicSubscription:TopicSubscription").inputs == {
        "topic": topic,
        "protocol": "email",
        "endpoint": "ops@example.com",
    }
    assert metrics["rate"] == "100 * failures / requests"
    assert {
        (id_, metrics[id_]["namespace"], metrics[id_]["metricName"]) for id_ in ("failures", "requests")
    } == {
        ("failures", "AWS/ApiGateway", "5xx"),
        ("requests", "AWS/ApiGateway", "Count"),
    }
    assert metrics["failures"]["dimensions"] == {"ApiId": graph.one("apigatewayv2/api:Api").id}
    assert (throttles["namespace"], throttles["metricName"], throttles["threshold"]) == (
        "AWS/Lambda",
        "Throttles",
        0,
    )
    for alarm in (errors, throttles):
        assert (alarm["alarmActions"], alarm["okActions"]) == ([topic], [topic])
        assert (alarm["comparisonOperator"], alarm["treatMissingData"]) == (
            "GreaterThanThreshold",
            "notBreaching",
        )


def test_app_runners_alarm_watches_its_own_metrics() -> None:
    """It has none for requests that are turned away."""
    alarm = watched("apprunner").one("cloudwatch/metricAlarm:MetricAlarm").inputs

    assert [query["metric"]["metricName"] for query in alarm["metricQueries"] if "metric" in query] == [
        "5xxStatusResponses",
        "Requests",
    ]
    assert alarm["metricQueries"][0]["metric"]["dimensions"] == {
        "ServiceName": "demo-apprunner",
        "ServiceID": "0123456789abcdef",
    }


def test_cloud_runs_alerts_speak_to_the_address() -> None:
    """Failures as a share of this service's requests, and 429, which is how Cloud Run turns a request away."""
    graph = watched("gcp")
    channel = graph.cloud.one("gcp:monitoring/notificationChannel:NotificationChannel")
    conditions = {
        node.name: node.inputs["conditions"][0]["conditionThreshold"]
        for node in graph.of("monitoring/alertPolicy:AlertPolicy")
    }

    assert channel.inputs["labels"] == {"email_address": "ops@example.com"}
    assert all('service_name = "demo-gcp"' in condition["filter"] for condition in conditions.values())
    assert conditions["demo-gcp-errors"]["filter"].endswith('response_code_class = "5xx"')
    assert conditions["demo-gcp-errors"]["filter"].startswith(
        conditions["demo-gcp-errors"]["denominatorFilter"]
    )
    assert conditions["demo-gcp-errors"]["thresholdValue"] == 0.05
    assert conditions["demo-gcp-throttles"]["filter"].endswith('response_code = "429"')
    for node in graph.of("monitoring/alertPolicy:AlertPolicy"):
        assert node.inputs["notificationChannels"] == [channel.id]


def test_a_budget_tells_of_what_is_spent_and_of_what_is_going_to_be() -> None:
    """In dollars a month: at AWS of the account, at Google Cloud of the project."""
    for platform in ("aws", "apprunner", "ecs"):
        budget = watched(platform).one("budgets/budget:Budget").inputs

        assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("20", "USD", "MONTHLY")
        assert [
            (entry["notificationType"], entry["threshold"], entry["subscriberEmailAddresses"])
            for entry in budget["notifications"]
        ] == [("ACTUAL", 100, ["ops@example.com"]), ("FORECASTED", 100, ["ops@example.com"])]

    budget = watched("gcp").one("billing/budget:Budget").inputs
    assert (budget["billingAccount"], budget["amount"]["specifiedAmount"]) == (
        "0A1B2C-3D4E5F-6A7B8C",
        {"units": "20"},
    )
    assert budget["budgetFilter"] == {"projects": ["projects/123456789"]}
    assert [rule["spendBasis"] for rule in budget["thresholdRules"]] == ["CURRENT_SPEND", "FORECASTED_SPEND"]


def test_the_page_says_how_many_metrics_the_alarms_read() -> None:
    """CloudWatch bills by them."""
    page = " ".join((ROOT / "docs/alarms.md").read_text(encoding="utf-8").split())
    counts = dict[str, int]()
    for platform in ("aws", "apprunner", "ecs"):
        alarms = [node.inputs for node in watched(platform).of("cloudwatch/metricAlarm:MetricAlarm")]
        counts[platform] = sum(
            "metric" in query for alarm in alarms for query in alarm.get("metricQueries", [{"metric": alarm}])
        )

    assert counts == {"aws": 3, "apprunner": 2, "ecs": 6}
    assert "The alarms on `aws` read three metrics, on `apprunner` two, on `ecs` six" in page


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_the_models_allow_all_of_it(platform: str) -> None:
    """Names, types, enums and patterns of the clouds' own models."""
    assert said(watched(platform)) == []


@pytest.mark.parametrize(
    ("platform", "config", "problem"),
    [
        (
            "aws",
            {"alarmEmail": "ops"},
            "alarmEmail: it is 'ops'; allowed is one address, such as ops@example.com",
        ),
        (
            "aws",
            {"budget": 20},
            "budget: it is 20, but nobody would be told; type `pulumi config set alarmEmail ops@example.com`",
        ),
        (
            "gcp",
            TOLD,
            (
                "budget: it is 20, and Google Cloud keeps budgets with the billing account; type "
                "`pulumi config set billingAccount ID`, which `gcloud billing accounts list` shows"
            ),
        ),
        (
            "gcp",
            {**TOLD, "billingAccount": "mine"},
            (
                "billingAccount: it is 'mine'; allowed is its ID, such as 0A1B2C-3D4E5F-6A7B8C, "
                "which `gcloud billing accounts list` shows"
            ),
        ),
        (
            "gcp",
            {"wakeUp": False},
            (
                "wakeUp: it is false; Cloud Run has no such setting: a service that is idle for long starts like any "
                "other. Type `pulumi config rm wakeUp`"
            ),
        ),
        ("aws", {**TOLD, "budget": -1}, "budget: it is -1; AWS Lambda allows 1 to 1000000"),
    ],
)
def test_a_mistake_names_the_key_and_what_is_allowed(
    platform: str, config: dict[str, object], problem: str
) -> None:
    """Before anything is made."""
    assert problems(platform, **config) == [problem]


@pytest.mark.parametrize(
    ("key", "variable", "example"),
    [
        ("gcp:billingProject", "GOOGLE_BILLING_PROJECT", "my-project"),
        ("gcp:userProjectOverride", "USER_PROJECT_OVERRIDE", "true"),
    ],
)
def test_a_google_budget_needs_a_project_for_its_quota(key: str, variable: str, example: str) -> None:
    """The provider sends no project to the budgets' API without both; a variable may hold it."""
    config = {name: value for name, value in PROVIDER_CONFIG.items() if name != key}
    config |= {"demo:alarmEmail": "ops@example.com", "demo:budget": "20"}
    config |= {f"demo:{name}": value for name, value in ACCOUNT_KEY.items()}

    with pytest.raises(ConfigError) as told:
        read(config, "demo", "gcp", {})

    (problem,) = told.value.problems
    assert problem == (
        f"{key}: it is not set, and budget is 20: the budgets' API counts its quota on a project; type "
        f"`pulumi config set {key} {example}`"
    )
    assert read(config, "demo", "gcp", {variable: example}).budget == 20


def test_the_judges_refuse_what_could_not_work(cloud: Cloud) -> None:
    """A schedule for what is not there, and an alarm that speaks to nobody."""
    target = {"arn": "arn:aws:lambda:::function:x:live", "roleArn": "arn:aws:iam::1:role/x"}
    with pytest.raises(RefusedError, match="there is no target"):
        cloud.create("aws:scheduler/schedule:Schedule", "wake", {"target": target})
    with pytest.raises(RefusedError, match="there is no topic"):
        cloud.create("aws:cloudwatch/metricAlarm:MetricAlarm", "a", {"alarmActions": ["x"], "okActions": []})


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_alarms_and_budgets_come_and_go_on_the_engine(
    platform: str, new_inline_stack: Callable[[str], InlineStack], cloud: Cloud
) -> None:
    """Switched on for a stack that runs, stable, switched off again without touching the service, and destroyed."""
    stack = new_inline_stack(platform)
    if platform == "gcp":
        quota = {"gcp__billingProject": "my-project", "gcp__userProjectOverride": "true"}
        stack.set(gcp__project="my-project", **quota, **ACCOUNT_KEY)
    stack.up()
    before = set(cloud.resources)
    cloud.log.clear()

    stack.set(**TOLD)
    stack.up()
    assert {step for step, _ in cloud.log} == {"create"}
    stack.up("--expect-no-changes")

    cloud.log.clear()
    for key in TOLD:
        stack("config", "rm", key)
    stack.up()
    assert {step for step, _ in cloud.log} == {"delete"}
    assert set(cloud.resources) == before

    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})
