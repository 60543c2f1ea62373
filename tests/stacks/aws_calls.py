"""Resources as the program registers them, turned into the requests that create them at AWS."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.stacks import alarm_calls, apprunner_calls, ecs_calls
from tests.stacks.graph import Node
from tests.stacks.spelling import tags, upper

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """A request in the names of botocore's models."""

    service: str
    operation: str
    parameters: dict[str, Any]


def calls(node: Node) -> list[Call]:
    """The requests that Pulumi's AWS provider sends for `node`; raises KeyError for a type that is not known here."""
    return [
        Call(service, operation, _without_nothing(parameters))
        for service, operation, parameters in CALLS[node.type](node.inputs, node)
    ]


def _without_nothing(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value


def _repository(inputs: Inputs, node: Node) -> list[Any]:
    encryption = inputs["encryptionConfigurations"][0]
    parameters = {
        "repositoryName": node.id.lower(),
        "imageTagMutability": inputs["imageTagMutability"],
        "imageScanningConfiguration": inputs["imageScanningConfiguration"],
        "encryptionConfiguration": {"encryptionType": encryption["encryptionType"]},
        "tags": tags(inputs["tags"]),
    }
    return [("ecr", "CreateRepository", parameters)]


def _log_group(inputs: Inputs, node: Node) -> list[Any]:
    name = f"{inputs['namePrefix']}{node.id}"
    return [
        ("logs", "CreateLogGroup", {"logGroupName": name, "tags": inputs["tags"]}),
        ("logs", "PutRetentionPolicy", {"logGroupName": name, "retentionInDays": inputs["retentionInDays"]}),
    ]


def _role(inputs: Inputs, node: Node) -> list[Any]:
    parameters = {
        "RoleName": node.id,
        "AssumeRolePolicyDocument": inputs["assumeRolePolicy"],
        "Tags": tags(inputs["tags"]),
    }
    return [("iam", "CreateRole", parameters)]


def _role_policy(inputs: Inputs, node: Node) -> list[Any]:
    parameters = {"RoleName": inputs["role"], "PolicyName": node.id, "PolicyDocument": inputs["policy"]}
    return [("iam", "PutRolePolicy", parameters)]


def _function(inputs: Inputs, node: Node) -> list[Any]:
    sent = {
        key: inputs.get(key)
        for key in (
            "architectures",
            "memorySize",
            "packageType",
            "publish",
            "role",
            "timeout",
            "loggingConfig",
            "snapStart",
        )
    }
    create = {
        **(upper(sent) or {}),
        "FunctionName": node.id,
        "Code": {"ImageUri": inputs["imageUri"]},
        "TracingConfig": upper(inputs["tracingConfig"]),
        "Environment": {"Variables": inputs["environment"]["variables"]} if "environment" in inputs else None,
        "Tags": inputs["tags"],
    }
    made = [("lambda", "CreateFunction", create)]
    if "reservedConcurrentExecutions" in inputs:
        reserved = {
            "FunctionName": node.id,
            "ReservedConcurrentExecutions": inputs["reservedConcurrentExecutions"],
        }
        made.append(("lambda", "PutFunctionConcurrency", reserved))
    return made


def _alias(inputs: Inputs, _node: Node) -> list[Any]:
    routing = inputs.get("routingConfig")
    return [
        (
            "lambda",
            "CreateAlias",
            {
                "FunctionName": inputs["functionName"],
                "Name": inputs["name"],
                "FunctionVersion": inputs["functionVersion"],
                "RoutingConfig": routing
                and {"AdditionalVersionWeights": routing["additionalVersionWeights"]},
            },
        )
    ]


def _kept(inputs: Inputs, _node: Node) -> list[Any]:
    parameters = {
        "FunctionName": inputs["functionName"],
        "Qualifier": inputs["qualifier"],
        "ProvisionedConcurrentExecutions": inputs["provisionedConcurrentExecutions"],
    }
    return [("lambda", "PutProvisionedConcurrencyConfig", parameters)]


def _permission(inputs: Inputs, node: Node) -> list[Any]:
    parameters = {
        "FunctionName": inputs["function"],
        "StatementId": node.id,
        "Action": inputs["action"],
        "Principal": inputs["principal"],
        "SourceArn": inputs.get("sourceArn"),
        "Qualifier": inputs["qualifier"],
        "FunctionUrlAuthType": inputs.get("functionUrlAuthType"),
        "InvokedViaFunctionUrl": inputs.get("invokedViaFunctionUrl"),
    }
    return [("lambda", "AddPermission", parameters)]


def _function_url(inputs: Inputs, _node: Node) -> list[Any]:
    parameters = {
        "FunctionName": inputs["functionName"],
        "Qualifier": inputs["qualifier"],
        "AuthType": inputs["authorizationType"],
        "InvokeMode": inputs["invokeMode"],
    }
    return [("lambda", "CreateFunctionUrlConfig", parameters)]


def _api(inputs: Inputs, node: Node) -> list[Any]:
    return [("apigatewayv2", "CreateApi", {**(upper(inputs) or {}), "Name": node.id, "Tags": inputs["tags"]})]


def _authorizer(inputs: Inputs, _node: Node) -> list[Any]:
    parameters = {
        "ApiId": inputs["apiId"],
        "AuthorizerType": inputs["authorizerType"],
        "IdentitySource": inputs["identitySources"],
        "JwtConfiguration": {
            "Audience": inputs["jwtConfiguration"]["audiences"],
            "Issuer": inputs["jwtConfiguration"]["issuer"],
        },
        "Name": inputs["name"],
    }
    return [("apigatewayv2", "CreateAuthorizer", parameters)]


def _stage(inputs: Inputs, _node: Node) -> list[Any]:
    parameters = {
        "ApiId": inputs["apiId"],
        "StageName": inputs["name"],
        "AutoDeploy": inputs["autoDeploy"],
        "DefaultRouteSettings": upper(inputs["defaultRouteSettings"]),
        "AccessLogSettings": upper(inputs["accessLogSettings"]),
        "Tags": inputs["tags"],
    }
    return [("apigatewayv2", "CreateStage", parameters)]


def _domain_name(inputs: Inputs, _node: Node) -> list[Any]:
    parameters = {
        "DomainName": inputs["domainName"],
        "DomainNameConfigurations": [upper(inputs["domainNameConfiguration"])],
        "Tags": inputs["tags"],
    }
    return [("apigatewayv2", "CreateDomainName", parameters)]


def _certificate(inputs: Inputs, _node: Node) -> list[Any]:
    parameters = {
        "DomainName": inputs["domainName"],
        "ValidationMethod": inputs["validationMethod"],
        "Tags": tags(inputs["tags"]),
    }
    return [("acm", "RequestCertificate", parameters)]


def _record(inputs: Inputs, _node: Node) -> list[Any]:
    alias = inputs.get("aliases", [None])[0]
    record_set = {
        "Name": inputs["name"],
        "Type": inputs["type"],
        "TTL": inputs.get("ttl"),
        "ResourceRecords": [{"Value": value} for value in inputs["records"]] if "records" in inputs else None,
        "AliasTarget": alias
        and {
            "HostedZoneId": alias["zoneId"],
            "DNSName": alias["name"],
            "EvaluateTargetHealth": alias["evaluateTargetHealth"],
        },
    }
    action = "UPSERT" if inputs.get("allowOverwrite") else "CREATE"
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record_set}]}
    return [("route53", "ChangeResourceRecordSets", {"HostedZoneId": inputs["zoneId"], "ChangeBatch": batch})]


def _as_named(service: str, operation: str) -> Callable[[Inputs, Node], list[Any]]:
    """A request whose parameters are the inputs by the same names."""
    return lambda inputs, _node: [(service, operation, upper(inputs))]


def _schedule(inputs: Inputs, node: Node) -> list[Any]:
    return [("scheduler", "CreateSchedule", {**(upper(inputs) or {}), "Name": node.id})]


def _parameter(inputs: Inputs, _node: Node) -> list[Any]:
    return [("ssm", "PutParameter", {**(upper(inputs) or {}), "Tags": tags(inputs["tags"])})]


def _attachment(inputs: Inputs, _node: Node) -> list[Any]:
    return [("iam", "AttachRolePolicy", {"RoleName": inputs["role"], "PolicyArn": inputs["policyArn"]})]


CALLS: dict[str, Callable[[Inputs, Node], list[Any]]] = {
    "aws:ecr/repository:Repository": _repository,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": lambda inputs, _node: [
        (
            "ecr",
            "PutLifecyclePolicy",
            {"repositoryName": inputs["repository"], "lifecyclePolicyText": json.dumps(inputs["policy"])},
        )
    ],
    "aws:ecr/repositoryPolicy:RepositoryPolicy": lambda inputs, _node: [
        (
            "ecr",
            "SetRepositoryPolicy",
            {"repositoryName": inputs["repository"], "policyText": inputs["policy"]},
        )
    ],
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:iam/role:Role": _role,
    "aws:ssm/parameter:Parameter": _parameter,
    "aws:scheduler/schedule:Schedule": _schedule,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _attachment,
    "aws:lambda/function:Function": _function,
    "aws:lambda/alias:Alias": _alias,
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": _kept,
    "aws:lambda/permission:Permission": _permission,
    "aws:lambda/functionUrl:FunctionUrl": _function_url,
    "aws:apigatewayv2/api:Api": _api,
    "aws:apigatewayv2/integration:Integration": _as_named("apigatewayv2", "CreateIntegration"),
    "aws:apigatewayv2/authorizer:Authorizer": _authorizer,
    "aws:apigatewayv2/route:Route": _as_named("apigatewayv2", "CreateRoute"),
    "aws:apigatewayv2/stage:Stage": _stage,
    "aws:apigatewayv2/domainName:DomainName": _domain_name,
    "aws:apigatewayv2/apiMapping:ApiMapping": _as_named("apigatewayv2", "CreateApiMapping"),
    "aws:acm/certificate:Certificate": _certificate,
    "aws:acm/certificateValidation:CertificateValidation": lambda inputs, _node: [
        ("acm", "DescribeCertificate", {"CertificateArn": inputs["certificateArn"]})
    ],
    "aws:route53/record:Record": _record,
    **alarm_calls.CALLS,
    **apprunner_calls.CALLS,
    **ecs_calls.CALLS,
}
