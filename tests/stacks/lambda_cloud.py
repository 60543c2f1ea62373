"""What AWS Lambda and its scheduler answer and refuse, for the fake cloud."""

import json
import math
from collections.abc import Callable
from typing import Any

from tests.stacks.aws_cloud import DIGEST, PARAMETER, REGION, arn, named, rights_of
from tests.stacks.cloud import Cloud, Inputs, Kind, RefusedError, Resource

FUNCTION = "aws:lambda/function:Function"
KEPT = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
ALIAS = "aws:lambda/alias:Alias"
# What the scheduler calls: docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
DELETES = "arn:aws:scheduler:::aws-sdk:lambda:deleteFunction"


def _readable(cloud: Cloud, inputs: Inputs) -> None:
    """What the door of a new function would find out at its first start."""
    variables = (inputs.get("environment") or {}).get("variables", {})
    for place in json.loads(variables.get("SECRETS_FROM", "{}")).values():
        name, _, version = place.partition(":")
        found = [made for made in cloud.of(PARAMETER) if made.inputs["name"] == name]
        if not (name in cloud.kept or (found and int(version or 1) <= found[0].outputs["version"])):
            raise RefusedError(f"there is no parameter {place}")
        if "ssm:GetParameters" not in rights_of(cloud, inputs["role"]):
            raise RefusedError(f"the function's role may not read {place}")


def _function(cloud: Cloud, function: Resource, before: Resource | None) -> dict[str, Any]:
    inputs = function.inputs
    if not DIGEST.fullmatch(inputs["imageUri"]):
        raise RefusedError(
            f"InvalidParameterValueException: {inputs['imageUri']} is not REPOSITORY@sha256:DIGEST"
        )
    if not cloud.has_image(inputs["imageUri"]):
        raise RefusedError(
            f"InvalidParameterValueException: source image {inputs['imageUri']} does not exist"
        )
    if "logs:PutLogEvents" not in rights_of(cloud, inputs["role"]):
        raise RefusedError("the function's role may not write logs")
    _readable(cloud, inputs)
    name = before.outputs["name"] if before else named(function)
    if inputs.get("reservedConcurrentExecutions", math.inf) < sum(kept_of(cloud, name).values()):
        raise RefusedError("InvalidParameterValueException: more is provisioned than is to be reserved")
    versions = cloud.versions.setdefault(name, list(cloud.earlier))
    unversioned = {"tags", "reservedConcurrentExecutions", "publish"}
    is_new = before is None or any(
        before.inputs.get(k) != inputs.get(k) for k in {*inputs, *before.inputs} - unversioned
    )
    # If the provider ends in between, the function has changed and no version of it was published.
    if is_new and FUNCTION not in cloud.break_next:
        publish(cloud, name, inputs)
    return {
        "name": name,
        "arn": arn("lambda", f"function:{name}"),
        "version": versions[-1],
        "invokeArn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{name}/invocations",
    }


def publish(cloud: Cloud, name: str, inputs: Inputs) -> None:
    """Make a version of a function as it is, by the provider or by hand."""
    versions = cloud.versions[name]
    versions.append(str(len(versions) + 1))
    cloud.published[name, versions[-1]] = dict(inputs)
    for function in cloud.of(FUNCTION):
        if function.outputs["name"] == name:
            function.outputs["version"] = versions[-1]


def _published(cloud: Cloud, query: Inputs) -> dict[str, Any]:
    """GetFunction of one version, which never changes."""
    name, version = query["functionName"], query["qualifier"]
    found = cloud.published.get((name, version))
    if found is None:
        raise RefusedError(f"ResourceNotFoundException: there is no version {version} of {name}")
    told = {key: found.get(key) for key in ("imageUri", "memorySize", "timeout", "environment")}
    return {"id": name, "functionName": name, "qualifier": version, "version": version, **told}


def kept_of(cloud: Cloud, function: str) -> dict[str, int]:
    """How many instances are kept ready of each version of a function."""
    return {
        made.inputs["qualifier"]: made.inputs["provisionedConcurrentExecutions"]
        for made in cloud.of(KEPT)
        if made.inputs["functionName"] == function
    }


def _kept(cloud: Cloud, kept: Resource, _before: Resource | None) -> dict[str, Any]:
    name, version = kept.inputs["functionName"], kept.inputs["qualifier"]
    number = kept.inputs["provisionedConcurrentExecutions"]
    (function,) = [made for made in cloud.of(FUNCTION) if made.outputs["name"] == name]
    if (name, version) not in cloud.published and version not in cloud.earlier:
        raise RefusedError(f"ResourceNotFoundException: there is no version {version} of {name}")
    if cloud.published.get((name, version), {}).get("snapStart"):
        raise RefusedError("InvalidParameterValueException: SnapStart and provisioned concurrency")
    reserved = function.inputs.get("reservedConcurrentExecutions", math.inf)
    if sum({**kept_of(cloud, name), version: number}.values()) > reserved:
        raise RefusedError(
            "InvalidParameterValueException: Requested Provisioned Concurrency should not be greater than the "
            "reservedConcurrentExecution for function"
        )
    return {}


def _alias(cloud: Cloud, alias: Resource, before: Resource | None) -> dict[str, Any]:
    inputs = alias.inputs
    path = f"function:{inputs['functionName']}:{inputs['name']}"
    if before is None and arn("lambda", path) in {of.outputs["arn"] for of in cloud.of(ALIAS)}:
        raise RefusedError(f"ResourceConflictException: Alias already exists: {arn('lambda', path)}")
    versions = cloud.versions[inputs["functionName"]]
    extra = (inputs.get("routingConfig") or {}).get("additionalVersionWeights") or {}
    for version in (inputs["functionVersion"], *extra):
        if version not in versions:
            raise RefusedError(f"ResourceNotFoundException: there is no version {version}")
    if inputs["functionVersion"] in extra:
        raise RefusedError(
            "InvalidParameterValueException: the additional version is the alias's own version"
        )
    if any(not 0 < weight <= 1 for weight in extra.values()):
        raise RefusedError(f"InvalidParameterValueException: the weights {extra} are not within 0 and 1")
    return {
        "arn": arn("lambda", path),
        "invokeArn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn('lambda', path)}/invocations",
    }


def _permission(cloud: Cloud, permission: Resource, _before: Resource | None) -> dict[str, Any]:
    aliases = {(a.inputs["functionName"], a.inputs["name"]) for a in cloud.of(ALIAS)}
    if (permission.inputs["function"], permission.inputs["qualifier"]) not in aliases:
        raise RefusedError("ResourceNotFoundException: the permission names no alias of this function")
    return {}


def _function_url(cloud: Cloud, url: Resource, _before: Resource | None) -> dict[str, Any]:
    aliases = {(a.inputs["functionName"], a.inputs["name"]) for a in cloud.of(ALIAS)}
    if (url.inputs["functionName"], url.inputs["qualifier"]) not in aliases:
        raise RefusedError("ResourceNotFoundException: the function URL names no alias of this function")
    return {"functionUrl": f"https://{url.id.lower()}.lambda-url.{REGION}.on.aws/", "urlId": url.id}


def _schedule(cloud: Cloud, schedule: Resource, _before: Resource | None) -> dict[str, Any]:
    target = schedule.inputs["target"]
    if target["arn"] == DELETES:
        return _deletion(cloud, target)
    if target["arn"] not in {alias.outputs["arn"] for alias in cloud.of(ALIAS)}:
        raise RefusedError(f"ValidationException: there is no target {target['arn']}")
    if rights_of(cloud, target["roleArn"]) != {"lambda:InvokeFunction"}:
        raise RefusedError("ValidationException: the role may not call the target, or it may do more")
    return {}


def _deletion(cloud: Cloud, target: Inputs) -> dict[str, Any]:
    wanted = json.loads(target["input"])
    if wanted["Qualifier"] not in cloud.versions.get(wanted["FunctionName"], []):
        raise RefusedError(f"ValidationException: there is no version {wanted}")
    if rights_of(cloud, target["roleArn"]) != {"lambda:DeleteFunction"}:
        raise RefusedError("ValidationException: the role may not delete the version, or it may do more")
    return {}


def a_day_passes(cloud: Cloud) -> set[str]:
    """Run what the account's scheduler runs once a day; the versions that it deletes.

    AWS refuses to delete a version that an alias names.
    """
    aliases = cloud.of(ALIAS)
    named = {
        version
        for alias in aliases
        for version in (
            alias.inputs["functionVersion"],
            *((alias.inputs.get("routingConfig") or {}).get("additionalVersionWeights") or {}),
        )
    }
    deleted = {
        json.loads(schedule.inputs["target"]["input"])["Qualifier"]
        for schedule in cloud.of("aws:scheduler/schedule:Schedule")
        if schedule.inputs["target"]["arn"] == DELETES
    }
    if refused := deleted & named:
        raise RefusedError(f"ResourceConflictException: an alias names {refused}")
    return deleted


KINDS: dict[str, Kind] = {
    FUNCTION: Kind(_function, frozenset({"name", "packageType"}), after_change=frozenset({"version"})),
    ALIAS: Kind(
        _alias,
        frozenset({"name", "functionName"}),
        imported_by=lambda alias: f"{alias.inputs['functionName']}/{alias.inputs['name']}",
    ),
    # Not the id in the state, but the one that an import takes.
    KEPT: Kind(
        _kept,
        frozenset({"functionName", "qualifier"}),
        imported_by=lambda kept: f"{kept.inputs['functionName']},{kept.inputs['qualifier']}",
        unready={"provisionedConcurrentExecutions": 0},
    ),
    "aws:lambda/functionUrl:FunctionUrl": Kind(_function_url, frozenset({"functionName", "qualifier"})),
    "aws:lambda/permission:Permission": Kind(
        _permission,
        frozenset(
            {
                *("action", "function", "principal", "qualifier", "sourceArn"),
                *("functionUrlAuthType", "invokedViaFunctionUrl"),
            }
        ),
    ),
    "aws:scheduler/schedule:Schedule": Kind(_schedule, frozenset({"name", "groupName"})),
}
INVOKES: dict[str, Callable[[Cloud, Inputs], dict[str, Any]]] = {
    "aws:lambda/getFunction:getFunction": _published,
}
