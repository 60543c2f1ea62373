"""Alarms, their topic and the budget as the program registers them, turned into the requests that create them."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.stacks.cloud import ACCOUNT
from tests.stacks.graph import Node
from tests.stacks.spelling import tags, upper

Inputs = Mapping[str, Any]


def _topic(inputs: Inputs, node: Node) -> list[Any]:
    return [("sns", "CreateTopic", {"Name": node.id, "Tags": tags(inputs["tags"])})]


def _subscription(inputs: Inputs, _node: Node) -> list[Any]:
    sent = {"TopicArn": inputs["topic"], "Protocol": inputs["protocol"], "Endpoint": inputs["endpoint"]}
    return [("sns", "Subscribe", sent)]


def _dimensions(dimensions: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _alarm(inputs: Inputs, node: Node) -> list[Any]:
    same = {key: value for key, value in inputs.items() if key not in {"tags", "metricQueries", "dimensions"}}
    sent: dict[str, Any] = {**(upper(same) or {}), "AlarmName": node.id, "Tags": tags(inputs["tags"])}
    sent["OKActions"] = sent.pop("OkActions")
    if "dimensions" in inputs:
        sent["Dimensions"] = _dimensions(inputs["dimensions"])
    if "metricQueries" in inputs:
        sent["Metrics"] = [_query(query) for query in inputs["metricQueries"]]
    return [("cloudwatch", "PutMetricAlarm", sent)]


def _query(query: Inputs) -> dict[str, Any]:
    sent: dict[str, Any] = upper({k: v for k, v in query.items() if k != "metric"}) or {}
    # Exactly one of the queries is what the alarm looks at; the provider sends false for the others.
    sent.setdefault("ReturnData", False)
    if "metric" in query:
        metric = query["metric"]
        sent["MetricStat"] = {
            "Metric": {
                "Namespace": metric["namespace"],
                "MetricName": metric["metricName"],
                "Dimensions": _dimensions(metric["dimensions"]),
            },
            "Period": metric["period"],
            "Stat": metric["stat"],
        }
    return sent


def _budget(inputs: Inputs, node: Node) -> list[Any]:
    sent = {
        "AccountId": ACCOUNT,
        "Budget": {
            "BudgetName": node.id,
            "BudgetType": inputs["budgetType"],
            "BudgetLimit": {"Amount": inputs["limitAmount"], "Unit": inputs["limitUnit"]},
            "TimeUnit": inputs["timeUnit"],
        },
        "NotificationsWithSubscribers": [
            {
                "Notification": upper({k: v for k, v in entry.items() if not k.startswith("subscriber")}),
                "Subscribers": [
                    {"SubscriptionType": "EMAIL", "Address": address}
                    for address in entry["subscriberEmailAddresses"]
                ],
            }
            for entry in inputs["notifications"]
        ],
        "ResourceTags": tags(inputs["tags"]),
    }
    return [("budgets", "CreateBudget", sent)]


CALLS: dict[str, Callable[[Inputs, Node], list[Any]]] = {
    "aws:sns/topic:Topic": _topic,
    "aws:sns/topicSubscription:TopicSubscription": _subscription,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:budgets/budget:Budget": _budget,
}
