"""The aws stack is created at moto, a second implementation of AWS, and read back from it."""

import json
from collections.abc import Generator
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stacks.releases import History
from tests.stacks.aws_calls import Call, calls
from tests.stacks.aws_cloud import ACCOUNT, REGION, arn
from tests.stacks.cloud import IMAGE, Cloud, Inputs, Resource
from tests.stacks.graph import Graph, Node, run, service

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


@cache
def _session() -> boto3.Session:
    """One for all tests, because it keeps the models that it has read."""
    return boto3.Session()


class Moto(Cloud):
    """The fake cloud with moto in place of its AWS, as far as moto goes: App Runner is not there."""

    def __init__(self) -> None:
        """Clients for moto, which has to be on, and the zone example.com."""
        super().__init__()
        names = ("ecr", "logs", "iam", "lambda", "apigatewayv2", "acm", "route53", "ssm", *GUARDS)
        session: Any = _session()
        self.clients = {name: session.client(name, region_name=REGION) for name in names}
        zone = self.clients["route53"].create_hosted_zone(Name="example.com", CallerReference="test")
        self.zones = {"example.com": zone["HostedZone"]["Id"].rpartition("/")[2]}

    def create(self, type_: str, name: str, inputs: Inputs) -> Resource:
        """Send what Pulumi's provider would send; botocore and moto raise what they do not take."""
        if type_ == IMAGE:
            return self._push(name, inputs)
        if type_.startswith("aws:apprunner"):
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
    "aws:ssm/parameter:Parameter": lambda _moto, _resource, answer: {"version": answer["Version"]},
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


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Generator[Moto]:
    """An empty account, whose Lambda looks for the image in its registry."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("MOTO_LAMBDA_STUB_ECR", "false")
    with mock_aws():
        yield Moto()


def deployed(moto: Moto, past: History | None = None, **settings: object) -> Graph:
    """The aws stack on moto."""
    return run(service("aws", **settings), past=past or History(), cloud=moto)


def test_the_function_is_accepted_and_reads_back(moto: Moto) -> None:
    """Image, memory, timeout, logging and reserved concurrency are what was declared."""
    graph = deployed(moto, memory=1024, timeout=7, maxInstances=5)
    function = graph.one("lambda/function:Function").id
    read = moto.clients["lambda"].get_function(FunctionName=function, Qualifier="live")

    assert read["Code"]["ImageUri"] == graph.outputs["image"]
    assert {
        key: read["Configuration"][key] for key in ("MemorySize", "Timeout", "PackageType", "Version")
    } == {
        "MemorySize": 1024,
        "Timeout": 7,
        "PackageType": "Image",
        "Version": "1",
    }
    assert moto.clients["lambda"].get_function_concurrency(FunctionName=function) | {
        "ResponseMetadata": None
    } == {
        "ReservedConcurrentExecutions": 5,
        "ResponseMetadata": None,
    }


def test_the_permission_reads_back_on_the_alias(moto: Moto) -> None:
    """The alias's policy names the API and nothing else does."""
    graph = deployed(moto)
    function, api = graph.one("lambda/function:Function").id, graph.one("apigatewayv2/api:Api").id
    policy = json.loads(moto.clients["lambda"].get_policy(FunctionName=function, Qualifier="live")["Policy"])

    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*/$default"}
    }


def test_the_http_api_reads_back(moto: Moto) -> None:
    """`$default` leads to the integration, the integration to the alias, and the stage logs and throttles."""
    graph = deployed(moto)
    client, api = moto.clients["apigatewayv2"], graph.one("apigatewayv2/api:Api").id
    (route,) = client.get_routes(ApiId=api)["Items"]
    (integration,) = client.get_integrations(ApiId=api)["Items"]
    (stage,) = client.get_stages(ApiId=api)["Items"]

    assert (route["RouteKey"], route["Target"]) == (
        "$default",
        f"integrations/{integration['IntegrationId']}",
    )
    assert integration["PayloadFormatVersion"] == "2.0"
    assert integration["IntegrationUri"].endswith(":live/invocations")
    assert stage["StageName"] == "$default"
    assert (
        stage["DefaultRouteSettings"]["ThrottlingRateLimit"],
        stage["DefaultRouteSettings"]["ThrottlingBurstLimit"],
    ) == (20, 50)


def test_the_registry_the_log_and_the_role_read_back(moto: Moto) -> None:
    """Immutable and scanned, kept for thirty days, allowed to write one log."""
    graph = deployed(moto)
    (repository,) = moto.clients["ecr"].describe_repositories()["repositories"]
    groups = moto.clients["logs"].describe_log_groups()["logGroups"]
    role = graph.named("iam/role:Role", "demo-aws").id
    policy = moto.clients["iam"].get_role_policy(
        RoleName=role, PolicyName=graph.named("iam/rolePolicy:RolePolicy", "demo-aws").id
    )

    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert {group["retentionInDays"] for group in groups} == {30}
    assert policy["PolicyDocument"]["Statement"][0]["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]


def test_a_canary_is_accepted_and_reads_back(moto: Moto) -> None:
    """The alias stays on what was promoted and gives the newest its share."""
    moto.earlier = ["2", "3"]
    graph = deployed(moto, History("2", ()), canaryPercent=10)
    alias = moto.clients["lambda"].get_alias(
        FunctionName=graph.one("lambda/function:Function").id, Name="live"
    )

    assert alias["FunctionVersion"] == "2"
    assert alias["RoutingConfig"] == {"AdditionalVersionWeights": {"3": 0.1}}


def test_a_domain_is_accepted_and_reads_back(moto: Moto) -> None:
    """The certificate's own record and both aliases are in the zone, and the mapping leads to the API."""
    graph = deployed(moto, domain="api.example.com", dnsZone="example.com")
    records = moto.clients["route53"].list_resource_record_sets(HostedZoneId=moto.zones["example.com"])
    kinds = sorted((record["Type"], "AliasTarget" in record) for record in records["ResourceRecordSets"])
    (mapping,) = moto.clients["apigatewayv2"].get_api_mappings(DomainName="api.example.com")["Items"]

    assert [kind for kind in kinds if kind[0] not in {"NS", "SOA"}] == [
        ("A", True),
        ("AAAA", True),
        ("CNAME", False),
    ]
    assert (mapping["ApiId"], mapping["Stage"]) == (graph.one("apigatewayv2/api:Api").id, "$default")


def test_secrets_are_accepted_and_read_back_as_the_door_asks_for_them(moto: Moto) -> None:
    """Encrypted in Parameter Store, under the names and versions that the function is told, and not in it."""
    graph = deployed(moto, environment={"LOG_LEVEL": "debug"}, secretValues={"API_KEY": "canary"})
    function = moto.clients["lambda"].get_function(FunctionName=graph.one("lambda/function:Function").id)
    variables = function["Configuration"]["Environment"]["Variables"]
    places = json.loads(variables["SECRETS_FROM"])
    answer = moto.clients["ssm"].get_parameters(Names=list(places.values()), WithDecryption=True)

    assert variables["LOG_LEVEL"] == "debug"
    assert "canary" not in str(function)
    assert [(entry["Type"], entry["Value"]) for entry in answer["Parameters"]] == [("SecureString", "canary")]


def test_a_place_for_traces_is_accepted_and_reads_back(moto: Moto) -> None:
    """The function is told where to, and its image is the one that was built for it."""
    graph = deployed(moto, otlpEndpoint="https://collector.example.com")
    function = moto.clients["lambda"].get_function(FunctionName=graph.one("lambda/function:Function").id)

    assert function["Configuration"]["Environment"]["Variables"] == {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example.com"
    }
    assert function["Code"]["ImageUri"] == graph.outputs["image"]


def test_guards_are_accepted_and_read_back(moto: Moto) -> None:
    """The schedule calls the alias, both alarms speak to the topic, the budget has its limit."""
    graph = deployed(moto, alarmEmail="ops@example.com", budget=20)
    (schedule,) = moto.clients["scheduler"].list_schedules()["Schedules"]
    (topic,) = moto.clients["sns"].list_topics()["Topics"]
    alarms = moto.clients["cloudwatch"].describe_alarms()["MetricAlarms"]
    (budget,) = moto.clients["budgets"].describe_budgets(AccountId=ACCOUNT)["Budgets"]

    assert schedule["Target"]["Arn"] == graph.cloud.one("aws:lambda/alias:Alias").outputs["arn"]
    assert {alarm["AlarmName"].rpartition("-")[0] for alarm in alarms} == {
        "demo-aws-errors",
        "demo-aws-throttles",
    }
    assert all(alarm["AlarmActions"] == [topic["TopicArn"]] for alarm in alarms)
    assert (float(budget["BudgetLimit"]["Amount"]), budget["BudgetLimit"]["Unit"]) == (20.0, "USD")


def test_an_authorizer_is_accepted_and_reads_back_on_the_route(moto: Moto) -> None:
    """Issuer, audiences, and the one route that is behind them."""
    graph = deployed(moto, access="jwt", jwtIssuer="https://login.example.com", jwtAudience="shop, api")
    client, api = moto.clients["apigatewayv2"], graph.one("apigatewayv2/api:Api").id
    (route,) = client.get_routes(ApiId=api)["Items"]
    authorizer = client.get_authorizer(ApiId=api, AuthorizerId=route["AuthorizerId"])

    assert authorizer["JwtConfiguration"] == {
        "Audience": ["shop", "api"],
        "Issuer": "https://login.example.com",
    }
    assert route["AuthorizationType"] == "JWT"
