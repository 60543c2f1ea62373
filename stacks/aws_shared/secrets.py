"""Secrets in Amazon's stores: parameters for the stack's own secrets, and the rights to read secrets."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from stacks.aws_shared.iam import partition
from stacks.settings import Service
from stacks.settings.by_platform.shared import SECRETS_MANAGER

# Under this prefix Parameter Store hands out secrets of Secrets Manager.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
BORROWED = "/aws/reference/secretsmanager/"


def keep(service: Service) -> "dict[str, aws.ssm.Parameter]":
    """A parameter for each value that the stack holds; a standard one costs nothing, nor does Amazon's own key."""
    return {
        variable: aws.ssm.Parameter(
            f"{service.name}-{variable}",
            name=_own(service, variable),
            type="SecureString",
            value=pulumi.Output.secret(value),
            tags=service.labels,
        )
        for variable, value in service.variables.values.items()
    }


def versions(parameters: "Mapping[str, aws.ssm.Parameter]") -> dict[str, pulumi.Output[str]]:
    """NAME:VERSION of each parameter: a changed value is a changed setting, and an old release keeps its own."""
    return {
        variable: pulumi.Output.concat(parameter.name, ":", parameter.version.apply(str))
        for variable, parameter in parameters.items()
    }


def stamped(
    variables: Mapping[str, str], versions: Mapping[str, pulumi.Output[str]]
) -> dict[str, pulumi.Input[str]]:
    """`variables`, and one that changes with a secret: for platforms that read secrets only when they deploy."""
    stamped_variables: dict[str, pulumi.Input[str]] = dict(variables)
    if versions:
        stamped_variables["SECRETS_VERSIONS"] = pulumi.Output.json_dumps(versions)
    return stamped_variables


def names(service: Service) -> dict[str, str]:
    """The names in Parameter Store of secrets that are not the stack's own, by variable."""
    return {variable: _parameter(place) for variable, place in service.variables.stored.items()}


def arns(service: Service, account: str) -> dict[str, str]:
    """The ARN of each secret, by variable: that of a parameter, or of a secret in Secrets Manager."""
    arns_kept = {
        variable: _arn(service, account, _own(service, variable)) for variable in service.variables.values
    }
    kept = {
        variable: place if SECRETS_MANAGER.fullmatch(place) else _arn(service, account, place)
        for variable, place in service.variables.stored.items()
    }
    return {**arns_kept, **kept}


def rights(service: Service, account: str, *, borrowed: bool) -> list[dict[str, object]]:
    """The statements that allow reading exactly these secrets; none without secrets.

    `borrowed`: secrets of Secrets Manager are read by way of Parameter Store.
    """
    all_of_them = arns(service, account).values()
    managed = sorted({arn for arn in all_of_them if SECRETS_MANAGER.fullmatch(arn)})
    parameters = {arn for arn in all_of_them if arn not in managed}
    if borrowed:
        parameters |= {_arn(service, account, _parameter(arn)) for arn in managed}
    reads = {"ssm:GetParameters": sorted(parameters), "secretsmanager:GetSecretValue": managed}
    return [{"Action": action, "Resource": resources} for action, resources in reads.items() if resources]


def _own(service: Service, variable: str) -> str:
    # Parameter Store takes no name that begins with "aws" or "ssm", which a project's may.
    return f"/stacks/{service.name}/{variable}"


def _parameter(place: str) -> str:
    match = SECRETS_MANAGER.fullmatch(place)
    return f"{BORROWED}{match['name']}" if match else place


def _arn(service: Service, account: str, name: str) -> str:
    return (
        f"arn:{partition(service.region)}:ssm:{service.region}:{account}:parameter/{name.removeprefix('/')}"
    )
