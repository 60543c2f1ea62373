"""ECS's resources as the program registers them, turned into the requests that create them."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.stacks.graph import Node

Inputs = Mapping[str, Any]


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _cluster(inputs: Inputs, node: Node) -> list[Any]:
    return [("ecs", "CreateCluster", {"clusterName": node.id, "tags": _tags(inputs["tags"])})]


def _capacity(inputs: Inputs, _node: Node) -> list[Any]:
    sent = {
        "cluster": inputs["clusterName"],
        "capacityProviders": inputs["capacityProviders"],
        "defaultCapacityProviderStrategy": [],
    }
    return [("ecs", "PutClusterCapacityProviders", sent)]


def _express(inputs: Inputs, _node: Node) -> list[Any]:
    # The provider waits by itself, and calls some things by their plural.
    sent = {
        key: value for key, value in inputs.items() if key not in {"waitForSteadyState", "scalingTargets"}
    }
    container = dict(inputs["primaryContainer"])
    renamed = {"commands": "command", "environments": "environment"}
    sent["primaryContainer"] = {renamed.get(key, key): value for key, value in container.items()}
    (log,) = sent["primaryContainer"].pop("awsLogsConfigurations")
    sent["primaryContainer"]["awsLogsConfiguration"] = log
    (sent["scalingTarget"],) = inputs["scalingTargets"]
    sent["tags"] = _tags(inputs["tags"])
    return [("ecs", "CreateExpressGatewayService", sent)]


CALLS: dict[str, Callable[[Inputs, Node], list[Any]]] = {
    "aws:ecs/cluster:Cluster": _cluster,
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": _capacity,
    "aws:ecs/expressGatewayService:ExpressGatewayService": _express,
}
