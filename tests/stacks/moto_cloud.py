"""The fake cloud with moto, a second implementation of AWS, in place of its AWS."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.stacks.aws_calls import Call, calls
from tests.stacks.aws_cloud import REGION, arn
from tests.stacks.cloud import IMAGE, Cloud, Inputs, Resource
from tests.stacks.ecs_cloud import EXPRESS
from tests.stacks.graph import Node

MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 1,
            "digest": "sha256:" + "0" * 64,
        },
        "layers": [],
    }
)


GUARDS = ("scheduler", "sns", "cloudwatch", "budgets")


KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


@cache
def _client(service: str) -> Any:
    """One for all tests: what it asks goes to moto while that is on."""
    return _session().client(service, region_name=REGION, **KEYS)


@cache
def _session() -> Any:
    """One for all clients, because it keeps the models that it has read."""
    return boto3.Session()


@contextmanager
def account(**environment: str) -> Generator["Moto"]:
    """An empty account at moto, which `environment` sets up."""
    # The variables are gone before moto ends, because it would make what they ask for once more.
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield Moto()


class Moto(Cloud):
    """The fake cloud with moto in place of its AWS, as far as moto goes: App Runner and Express Mode are not there."""

    def __init__(self) -> None:
        """Clients for moto, which has to be on, and the zone example.com."""
        super().__init__()
        names = ("ecr", "logs", "iam", "lambda", "apigatewayv2", "acm", "route53", "ssm", "ecs", *GUARDS)
        self.clients = {name: _client(name) for name in names}
        zone = self.clients["route53"].create_hosted_zone(Name="example.com", CallerReference="test")
        self.zones = {"example.com": zone["HostedZone"]["Id"].rpartition("/")[2]}

    def create(self, type_: str, name: str, inputs: Inputs) -> Resource:
        """Send what Pulumi's provider would send; botocore and moto raise what they do not take."""
        if type_ == IMAGE:
            return self._push(name, inputs)
        if type_.startswith(("aws:apprunner/", EXPRESS)):
            return super().create(type_, name, inputs)
        self._count += 1
        resource = Resource(type_, name, f"{name}-{self._count:07x}", dict(inputs))
        answers = [
            self.send(call) for call in calls(Node(type_, name, dict(inputs), resource.id, frozenset()))
        ]
        if type_ == "aws:lambda/function:Function":
            answers[0]["Version"] = self._older_versions(resource.id) or answers[0]["Version"]
        told = _OUTPUTS.get(type_, lambda _moto, _resource, _answer: {})(self, resource, answers[0])
        resource.id = told.pop("id", resource.id)
        resource.outputs = {**inputs, **told}
        self.resources[type_, resource.id] = resource
        return resource

    def invoke(self, token: str, arguments: Inputs) -> dict[str, Any]:
        """Ask moto for what a function's version has, the fake cloud for everything else."""
        if token != "aws:lambda/getFunction:getFunction":
            return super().invoke(token, arguments)
        name, version = arguments["functionName"], arguments["qualifier"]
        answer = self.clients["lambda"].get_function(FunctionName=name, Qualifier=version)
        configuration = answer["Configuration"]
        return {
            "id": name,
            "functionName": name,
            "qualifier": version,
            "version": configuration["Version"],
            "imageUri": answer["Code"]["ImageUri"],
            "memorySize": configuration["MemorySize"],
            "timeout": configuration["Timeout"],
            "environment": {"variables": configuration.get("Environment", {}).get("Variables", {})},
        }

    def read(self, type_: str, id_: str) -> Resource | None:
        """Ask moto for an alias, the fake cloud for everything else."""
        if type_ != "aws:lambda/alias:Alias":
            return super().read(type_, id_)
        name, _, alias = id_.partition("/")
        answer = self.clients["lambda"].get_alias(FunctionName=name, Name=alias)
        weights = (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
        told = {
            "functionVersion": answer["FunctionVersion"],
            "routingConfig": {"additionalVersionWeights": weights} if weights else None,
        }
        return Resource(type_, alias, answer["AliasArn"], told, told)

    def has_image(self, reference: str) -> bool:
        """Whether REPOSITORY@DIGEST is in moto's registry."""
        repository, _, digest = reference.partition("@")
        found = self.clients["ecr"].describe_images(repositoryName=repository.partition("/")[2])
        return digest in {image["imageDigest"] for image in found["imageDetails"]}

    def send(self, call: Call) -> dict[str, Any]:
        """One request."""
        client = self.clients[call.service]
        methods = {operation: method for method, operation in client.meta.method_to_api_mapping.items()}
        answer: dict[str, Any] = getattr(client, methods[call.operation])(**call.parameters)
        return answer

    def _push(self, name: str, inputs: Inputs) -> Resource:
        repository, _, tag = inputs["tags"][0].rpartition(":")
        pushed = self.clients["ecr"].put_image(
            repositoryName=repository.partition("/")[2], imageManifest=MANIFEST, imageTag=tag
        )
        outputs = {**inputs, "digest": pushed["image"]["imageId"]["imageDigest"]}
        return Resource(IMAGE, name, name, dict(inputs), outputs)

    def _older_versions(self, function: str) -> str:
        """Publish as many more versions as `earlier` names; gives the newest."""
        newest = ""
        for number, _ in enumerate(self.earlier):
            self.clients["lambda"].update_function_configuration(
                FunctionName=function, Description=str(number)
            )
            newest = self.clients["lambda"].publish_version(FunctionName=function)["Version"]
        return newest


def _alias_arn(answer: dict[str, Any]) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{answer['AliasArn']}/invocations"


def _validation_options(moto: Moto, certificate: str) -> list[dict[str, str]]:
    described = moto.clients["acm"].describe_certificate(CertificateArn=certificate)["Certificate"]
    return [
        {
            "domainName": option["DomainName"],
            "resourceRecordName": option["ResourceRecord"]["Name"],
            "resourceRecordType": option["ResourceRecord"]["Type"],
            "resourceRecordValue": option["ResourceRecord"]["Value"],
        }
        for option in described["DomainValidationOptions"]
    ]


def _domain(_moto: Moto, resource: Resource, answer: dict[str, Any]) -> dict[str, Any]:
    # moto gives no target, so it is made up.
    target = {"targetDomainName": "d-1.execute-api.us-east-1.amazonaws.com", "hostedZoneId": "Z1UJRXOUMOOFQ8"}
    return {
        "id": answer["DomainName"],
        "domainNameConfiguration": {**resource.inputs["domainNameConfiguration"], **target},
    }


_OUTPUTS: dict[str, Any] = {
    "aws:ecr/repository:Repository": lambda _moto, _resource, answer: {
        "name": answer["repository"]["repositoryName"],
        "arn": answer["repository"]["repositoryArn"],
        "repositoryUrl": answer["repository"]["repositoryUri"],
    },
    "aws:cloudwatch/logGroup:LogGroup": lambda _moto, resource, _answer: {
        "name": f"{resource.inputs['namePrefix']}{resource.id}",
        "arn": arn("logs", f"log-group:{resource.inputs['namePrefix']}{resource.id}"),
    },
    "aws:iam/role:Role": lambda _moto, _resource, answer: {
        "name": answer["Role"]["RoleName"],
        "arn": answer["Role"]["Arn"],
    },
    "aws:ssm/parameter:Parameter": lambda _moto, resource, answer: {
        "version": answer["Version"],
        "arn": arn("ssm", f"parameter{resource.inputs['name']}"),
    },
    "aws:ecs/cluster:Cluster": lambda _moto, _resource, answer: {
        "name": answer["cluster"]["clusterName"],
        "arn": answer["cluster"]["clusterArn"],
    },
    "aws:lambda/function:Function": lambda _moto, _resource, answer: {
        "name": answer["FunctionName"],
        "arn": answer["FunctionArn"],
        "version": answer["Version"],
    },
    "aws:lambda/alias:Alias": lambda _moto, _resource, answer: {
        "invokeArn": _alias_arn(answer),
        "arn": answer["AliasArn"],
    },
    "aws:sns/topic:Topic": lambda _moto, _resource, answer: {"arn": answer["TopicArn"]},
    "aws:lambda/functionUrl:FunctionUrl": lambda _moto, _resource, answer: {
        "id": answer["FunctionArn"],
        "functionUrl": answer["FunctionUrl"],
    },
    "aws:apigatewayv2/api:Api": lambda _moto, _resource, answer: {
        "id": answer["ApiId"],
        "apiEndpoint": answer["ApiEndpoint"],
        "executionArn": arn("execute-api", answer["ApiId"]),
    },
    "aws:apigatewayv2/integration:Integration": lambda _moto, _resource, answer: {
        "id": answer["IntegrationId"]
    },
    "aws:apigatewayv2/authorizer:Authorizer": lambda _moto, _resource, answer: {"id": answer["AuthorizerId"]},
    "aws:apigatewayv2/route:Route": lambda _moto, _resource, answer: {"id": answer["RouteId"]},
    "aws:apigatewayv2/stage:Stage": lambda _moto, _resource, answer: {"id": answer["StageName"]},
    "aws:apigatewayv2/domainName:DomainName": _domain,
    "aws:acm/certificate:Certificate": lambda moto, _resource, answer: {
        "arn": answer["CertificateArn"],
        "domainValidationOptions": _validation_options(moto, answer["CertificateArn"]),
    },
    "aws:route53/record:Record": lambda _moto, resource, _answer: {
        "fqdn": resource.inputs["name"].rstrip(".")
    },
}
