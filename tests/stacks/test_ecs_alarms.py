"""Who is told of an ecs service: the load balancer's own names are asked for, and both target groups counted."""

import json
from typing import Any

import pulumi
import pytest

from stacks.ecs.alarms import Place, places_of
from tests.stacks.cloud import Cloud, Inputs
from tests.stacks.ecs_cloud import BALANCER, TARGET_GROUPS
from tests.stacks.graph import run, service

ALARM = "cloudwatch/metricAlarm:MetricAlarm"
ALARMED: dict[str, Any] = {"alarmEmail": "ops@example.com"}


def test_both_target_groups_are_watched_together() -> None:
    """Express Mode deploys from one to the other; an idle one has no figures, and counts as none."""
    graph = run(service("ecs", **ALARMED))
    errors = graph.named(ALARM, "demo-ecs-errors").inputs["metricQueries"]
    down = graph.named(ALARM, "demo-ecs-down").inputs
    metrics = {
        query["id"]: query["metric"] for query in (*errors, *down["metricQueries"]) if "metric" in query
    }
    a, b = (group.partition("123456789012:")[2] for group in sorted(TARGET_GROUPS))

    assert {
        id_: (metric["metricName"], metric["stat"], metric["dimensions"]["TargetGroup"])
        for id_, metric in metrics.items()
    } == {
        "failures0": ("HTTPCode_Target_5XX_Count", "Sum", a),
        "failures1": ("HTTPCode_Target_5XX_Count", "Sum", b),
        "requests0": ("RequestCount", "Sum", a),
        "requests1": ("RequestCount", "Sum", b),
        "healthy0": ("HealthyHostCount", "Maximum", a),
        "healthy1": ("HealthyHostCount", "Maximum", b),
    }
    assert {(metric["namespace"], metric["dimensions"]["LoadBalancer"]) for metric in metrics.values()} == {
        ("AWS/ApplicationELB", "app/ecs-express-gateway-alb-1/0123456789abcdef")
    }
    assert errors[-1] == {
        "id": "rate",
        "expression": (
            "100 * (FILL(failures0, 0) + FILL(failures1, 0)) / (FILL(requests0, 0) + FILL(requests1, 0))"
        ),
        "label": "failed, in percent",
        "returnData": True,
    }
    assert down["metricQueries"][-1]["expression"] == "FILL(healthy0, 0) + FILL(healthy1, 0) < 1"
    assert (down["threshold"], down["comparisonOperator"]) == (0, "GreaterThanThreshold")


def test_without_any_task_there_are_no_figures_and_that_is_an_alarm_too() -> None:
    """A target group reports its healthy targets only while it has targets at all; requests may just be missing."""
    graph = run(service("ecs", **ALARMED))
    alarms = {node.name: node.inputs["treatMissingData"] for node in graph.of(ALARM)}

    assert alarms == {"demo-ecs-errors": "notBreaching", "demo-ecs-down": "breaching"}


class Listening(Cloud):
    """A cloud that remembers what it was asked."""

    def __init__(self) -> None:
        """Start empty, asked nothing."""
        super().__init__()
        self.asked = set[str]()

    def invoke(self, token: str, arguments: Inputs) -> dict[str, Any]:
        """Answer a query."""
        self.asked.add(token.rpartition(":")[2])
        return super().invoke(token, arguments)


@pytest.mark.parametrize(("config", "is_asked"), [({}, False), (ALARMED, True)])
def test_the_load_balancer_is_asked_for_only_where_someone_is_told(
    config: dict[str, object], is_asked: bool
) -> None:
    """Without alarmEmail nobody needs the right to ask Cloud Control."""
    cloud = Listening()
    run(service("ecs", **config), cloud=cloud)

    assert ("getResource" in cloud.asked) == is_asked


def test_what_cloud_control_says_becomes_cloudwatchs_names() -> None:
    """The ends of the ARNs, the groups in one order whatever order they come in."""
    paths = {"LoadBalancerArn": BALANCER, "TargetGroupArns": TARGET_GROUPS}

    assert places_of(json.dumps({"ECSManagedResourceArns": {"IngressPath": paths}})) == [
        Place("app/ecs-express-gateway-alb-1/0123456789abcdef", f"targetgroup/ecs-gateway-tg-{n}/{n * 16}")
        for n in "ab"
    ]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"ECSManagedResourceArns": None},
        {"ECSManagedResourceArns": {"IngressPath": {"LoadBalancerArn": BALANCER, "TargetGroupArns": []}}},
        {"ECSManagedResourceArns": {"IngressPath": {"TargetGroupArns": TARGET_GROUPS}}},
    ],
)
def test_an_alarm_that_would_watch_nothing_is_not_made(said: dict[str, object]) -> None:
    """One sentence says what to type, and no alarm stands there that can never go off."""
    with pytest.raises(pulumi.RunError, match=r"^alarmEmail: .*pulumi up.*pulumi config rm alarmEmail"):
        places_of(json.dumps(said))
