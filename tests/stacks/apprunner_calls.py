"""App Runner's resources as the program registers them, turned into the requests that create them."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.stacks.graph import Node
from tests.stacks.spelling import tags, upper

Inputs = Mapping[str, Any]


def _app_runner(inputs: Inputs, _node: Node) -> list[Any]:
    parameters: dict[str, Any] = {**(upper(inputs) or {}), "Tags": tags(inputs["tags"])}
    # The variables' own names are values, not names of the model.
    image = parameters["SourceConfiguration"]["ImageRepository"]["ImageConfiguration"]
    source = inputs["sourceConfiguration"]["imageRepository"]["imageConfiguration"]
    image["RuntimeEnvironmentVariables"] = source["runtimeEnvironmentVariables"]
    if "runtimeEnvironmentSecrets" in source:
        image["RuntimeEnvironmentSecrets"] = source["runtimeEnvironmentSecrets"]
    return [("apprunner", "CreateService", parameters)]


def _scaling(inputs: Inputs, _node: Node) -> list[Any]:
    parameters = {**(upper(inputs) or {}), "Tags": tags(inputs["tags"])}
    return [("apprunner", "CreateAutoScalingConfiguration", parameters)]


def _association(inputs: Inputs, _node: Node) -> list[Any]:
    parameters = {
        "ServiceArn": inputs["serviceArn"],
        "DomainName": inputs["domainName"],
        "EnableWWWSubdomain": inputs["enableWwwSubdomain"],
    }
    return [("apprunner", "AssociateCustomDomain", parameters)]


CALLS: dict[str, Callable[[Inputs, Node], list[Any]]] = {
    "aws:apprunner/service:Service": _app_runner,
    "aws:apprunner/autoScalingConfigurationVersion:AutoScalingConfigurationVersion": _scaling,
    "aws:apprunner/customDomainAssociation:CustomDomainAssociation": _association,
}
