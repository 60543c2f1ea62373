"""Alarms at AWS: a topic with one address, alarms that write to it, and a budget."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from stacks.settings import Service

FIVE_MINUTES = 300
ERRORS = 5  # percent of the requests
Dimensions = Mapping[str, pulumi.Input[str]]


def topic(service: Service) -> "aws.sns.Topic":
    """A topic that mails to `service.alarm_email`, after someone has confirmed the address."""
    alarm_topic = aws.sns.Topic(service.name, tags=service.labels)
    aws.sns.TopicSubscription(
        service.name, topic=alarm_topic.arn, protocol="email", endpoint=service.alarm_email
    )
    return alarm_topic


def error_rate(
    service: Service, topic: "aws.sns.Topic", namespace: str, metrics: tuple[str, str], dimensions: Dimensions
) -> None:
    """An alarm for more than ERRORS percent of failed requests in five minutes.

    `metrics` are the names of failures and of requests, both counts.
    """
    counted = [
        metric(id_, namespace, name, dimensions)
        for id_, name in zip(("failures", "requests"), metrics, strict=True)
    ]
    failing(service, topic, [*counted, math("rate", "100 * failures / requests", "failed, in percent")])


def failing(
    service: Service,
    topic: "aws.sns.Topic",
    percent: "pulumi.Input[list[aws.cloudwatch.MetricAlarmMetricQueryArgs]]",
) -> None:
    """The alarm of error_rate(), from queries; the one that counts is a share in percent."""
    aws.cloudwatch.MetricAlarm(
        f"{service.name}-errors",
        alarm_description=f"More than {ERRORS}% of the requests to {service.name} failed in five minutes",
        metric_queries=percent,
        evaluation_periods=1,
        threshold=ERRORS,
        **speaking(service, topic),
    )


def metric(
    id_: str, namespace: str, name: str, dimensions: Dimensions, stat: str = "Sum"
) -> "aws.cloudwatch.MetricAlarmMetricQueryArgs":
    """The value of a metric in five minutes, under the name `id_`."""
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=id_,
        metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=namespace, metric_name=name, dimensions=dimensions, period=FIVE_MINUTES, stat=stat
        ),
    )


def math(id_: str, expression: str, label: str) -> "aws.cloudwatch.MetricAlarmMetricQueryArgs":
    """The value that an alarm checks: an expression over its metrics."""
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=id_, expression=expression, label=label, return_data=True
    )


def throttled(service: Service, topic: "aws.sns.Topic", function: pulumi.Input[str]) -> None:
    """An alarm for requests without an instance on Lambda: maxInstances or the account's limit is reached."""
    aws.cloudwatch.MetricAlarm(
        f"{service.name}-throttles",
        alarm_description=f"Lambda turned away requests to {service.name}: there was no instance left for them",
        namespace="AWS/Lambda",
        metric_name="Throttles",
        dimensions={"FunctionName": function},
        period=FIVE_MINUTES,
        statistic="Sum",
        evaluation_periods=1,
        threshold=0,
        **speaking(service, topic),
    )


def speaking(service: Service, topic: "aws.sns.Topic", *, silence: str = "notBreaching") -> dict[str, Any]:
    """The settings of every alarm: it goes off above its threshold, and writes a mail then and when it is over.

    `silence` says how a time without figures counts, which a service that scales to zero has most of the time.
    """
    return {
        "comparison_operator": "GreaterThanThreshold",
        "treat_missing_data": silence,
        "alarm_actions": [topic.arn],
        "ok_actions": [topic.arn],
        "tags": service.labels,
    }


def budget(service: Service) -> None:
    """Mail when the account has spent `service.budget` dollars of a month, and when the forecast exceeds it.

    It watches the whole account, because costs can be split by tags only if someone has activated them for billing.
    """
    if service.budget is None:
        return
    aws.budgets.Budget(
        service.name,
        budget_type="COST",
        limit_amount=f"{service.budget}",
        limit_unit="USD",
        time_unit="MONTHLY",
        notifications=[
            aws.budgets.BudgetNotificationArgs(
                comparison_operator="GREATER_THAN",
                notification_type=kind,
                threshold=100,
                threshold_type="PERCENTAGE",
                subscriber_email_addresses=[service.alarm_email],
            )
            for kind in ("ACTUAL", "FORECASTED")
        ],
        tags=service.labels,
    )
