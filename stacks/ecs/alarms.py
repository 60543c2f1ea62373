"""Alarms of a service on ECS, whose load balancer Express Mode made, under names that only AWS knows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pulumi
import pulumi_aws as aws

from stacks.aws_shared import alarms
from stacks.settings import Service

NAMESPACE = "AWS/ApplicationELB"
Query: TypeAlias = "aws.cloudwatch.MetricAlarmMetricQueryArgs"


@dataclass(frozen=True)
class Place:
    """A load balancer and one of its target groups, by their names in CloudWatch."""

    load_balancer: str  # app/NAME/ID
    target_group: str  # targetgroup/NAME/ID


def watch(service: Service, express: "aws.ecs.ExpressGatewayService") -> None:
    """Mail to `service.alarm_email` when many requests fail, and when no task is healthy.

    Express Mode deploys from one target group to another, so both are counted together. The load balancer counts its
    answers without a task (502, 503, 504) for all of its services together; the second alarm is for those.
    """
    topic = alarms.topic(service)
    # The resource does not name its load balancer; Cloud Control does.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-ecs-expressgatewayservice-ecsmanagedresourcearns.html
    service_read = aws.cloudcontrol.get_resource_output(
        type_name="AWS::ECS::ExpressGatewayService", identifier=express.service_arn
    )
    places = service_read.properties.apply(places_of)
    alarms.failing(service, topic, places.apply(_failed))
    aws.cloudwatch.MetricAlarm(
        f"{service.name}-down",
        alarm_description=f"No task of {service.name} answered its health checks for five minutes",
        metric_queries=places.apply(_unanswered),
        evaluation_periods=1,
        threshold=0,
        # A target group without a target has no figure at all, and a service without a task is down.
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
        **alarms.speaking(service, topic, silence="breaching"),
    )


def places_of(properties: str) -> list[Place]:
    """The service's target groups, out of what Cloud Control says of it; raises pulumi.RunError if there is none."""
    paths: dict[str, Any] = (json.loads(properties).get("ECSManagedResourceArns") or {}).get(
        "IngressPath"
    ) or {}
    load_balancer, groups = paths.get("LoadBalancerArn") or "", paths.get("TargetGroupArns") or []
    if not load_balancer or not groups:
        raise pulumi.RunError(
            "alarmEmail: AWS does not say yet by which load balancer the service is reached; type `pulumi up` once "
            "more, or `pulumi config rm alarmEmail`"
        )
    name = load_balancer.rpartition("loadbalancer/")[2]
    return [Place(name, group.rpartition(":")[2]) for group in sorted(groups)]


def _failed(places: Sequence[Place]) -> list[Query]:
    failures = _per_place("failures", "HTTPCode_Target_5XX_Count", places, "Sum")
    requests = _per_place("requests", "RequestCount", places, "Sum")
    rate = f"100 * ({_sum(failures)}) / ({_sum(requests)})"
    return [*failures, *requests, alarms.math("rate", rate, "failed, in percent")]


def _unanswered(places: Sequence[Place]) -> list[Query]:
    healthy = _per_place("healthy", "HealthyHostCount", places, "Maximum")
    return [*healthy, alarms.math("down", f"{_sum(healthy)} < 1", "no healthy task")]


def _per_place(id_: str, name: str, places: Sequence[Place], stat: str) -> list[Query]:
    return [
        alarms.metric(
            f"{id_}{number}",
            NAMESPACE,
            name,
            {"LoadBalancer": place.load_balancer, "TargetGroup": place.target_group},
            stat,
        )
        for number, place in enumerate(places)
    ]


def _sum(queries: Sequence[Query]) -> str:
    # Of the two target groups one is idle, and has no figures at all; without any the sum has none either.
    return " + ".join(f"FILL({query.id}, 0)" for query in queries)
