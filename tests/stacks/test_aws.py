"""The resources of the aws stack: every property that matters, and what waits for what."""

import json

import pulumi
import pytest

from tests.stacks.aws_cloud import ACCOUNT
from tests.stacks.cloud import Cloud, RefusedError
from tests.stacks.graph import Graph, run, service, usual

TAGS = {"project": "demo", "stack": "aws", "managed-by": "pulumi"}


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The stack with nothing but defaults."""
    return usual("aws")


def test_these_resources_and_no_others(graph: Graph) -> None:
    """Nothing is made that costs money while nobody calls, or that nobody needs."""
    assert graph.types() == [
        "aws:apigatewayv2/api:Api",
        "aws:apigatewayv2/integration:Integration",
        "aws:apigatewayv2/route:Route",
        "aws:apigatewayv2/stage:Stage",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecr/repository:Repository",
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        "aws:iam/role:Role",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:lambda/alias:Alias",
        "aws:lambda/function:Function",
        "aws:lambda/permission:Permission",
        "aws:scheduler/schedule:Schedule",
        "awsx:ecr:Repository",
        "docker-build:index:Image",
    ]


def test_the_repository(graph: Graph) -> None:
    """Immutable, scanned, encrypted, and gone with the stack; only what has no tag ever expires."""
    assert graph.one("aws:ecr/repository:Repository").inputs == {
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfigurations": [{"encryptionType": "KMS"}],
        "forceDelete": True,
        "tags": TAGS,
    }
    (rule,) = graph.one("aws:ecr/lifecyclePolicy:LifecyclePolicy").inputs["policy"]["rules"]
    assert rule["selection"] == {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 7,
    }


def test_lambda_may_pull_from_the_repository(graph: Graph) -> None:
    """By a policy of the repository, for functions of this account and region only."""
    (statement,) = json.loads(graph.one("ecr/repositoryPolicy:RepositoryPolicy").inputs["policy"])[
        "Statement"
    ]

    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        "Condition": {"StringLike": {"aws:sourceArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:*"}},
    }


def test_the_function(graph: Graph) -> None:
    """The image by digest, a version at each change, a time limit under the HTTP API's, JSON logs to our group."""
    group = graph.named("cloudwatch/logGroup:LogGroup", "demo-aws")

    assert graph.one("lambda/function:Function").inputs == {
        "packageType": "Image",
        "imageUri": graph.outputs["image"],
        "architectures": ["x86_64"],
        "role": f"arn:aws:iam::{ACCOUNT}:role/{graph.named('iam/role:Role', 'demo-aws').id}",
        "memorySize": 512,
        "timeout": 29,
        "loggingConfig": {
            "logFormat": "JSON",
            "logGroup": f"{group.inputs['namePrefix']}{group.id}",
            "applicationLogLevel": "INFO",
            "systemLogLevel": "INFO",
        },
        "tracingConfig": {"mode": "PassThrough"},
        "publish": True,
        "tags": TAGS,
    }


def test_settings_reach_the_function() -> None:
    """Each number of the configuration is where it works."""
    graph = run(
        service(
            "aws", memory=2048, timeout=5, maxInstances=7, architecture="arm64", tracing=True, logDays=365
        )
    )
    function = graph.one("lambda/function:Function").inputs

    assert (function["memorySize"], function["timeout"], function["architectures"]) == (2048, 5, ["arm64"])
    assert function["reservedConcurrentExecutions"] == 7
    assert function["tracingConfig"] == {"mode": "Active"}
    assert {group.inputs["retentionInDays"] for group in graph.of("cloudwatch/logGroup:LogGroup")} == {365}


def test_the_function_may_write_its_log_and_trace_if_asked() -> None:
    """Two actions on one log group; X-Ray's two only with tracing on."""
    quiet, tracing = usual("aws"), run(service("aws", tracing=True))

    logs = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{quiet.cloud.named('aws:cloudwatch/logGroup:LogGroup', 'demo-aws').outputs['arn']}:*",
    }
    assert json.loads(quiet.named("iam/rolePolicy:RolePolicy", "demo-aws").inputs["policy"])["Statement"] == [
        logs
    ]
    assert json.loads(tracing.named("iam/rolePolicy:RolePolicy", "demo-aws").inputs["policy"])["Statement"][
        1:
    ] == [
        {"Effect": "Allow", "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"}
    ]


def test_every_request_goes_to_the_alias(graph: Graph) -> None:
    """`$default` catches every method and path, the root too, as payload 2.0; the URL ends without a stage."""
    alias = graph.cloud.one("aws:lambda/alias:Alias")
    api, integration = graph.one("apigatewayv2/api:Api"), graph.one("apigatewayv2/integration:Integration")

    assert alias.inputs["name"] == "live"
    assert api.inputs == {"protocolType": "HTTP", "tags": TAGS}
    assert integration.inputs == {
        "apiId": api.id,
        "integrationType": "AWS_PROXY",
        "integrationUri": alias.outputs["invokeArn"],
        "payloadFormatVersion": "2.0",
    }
    assert graph.one("apigatewayv2/route:Route").inputs == {
        "apiId": api.id,
        "routeKey": "$default",
        "target": f"integrations/{integration.id}",
    }
    assert graph.outputs["url"] == f"https://{api.id}.execute-api.us-east-1.amazonaws.com"


def test_only_this_api_may_call_only_this_alias(graph: Graph) -> None:
    """The permission names the API's own ARN and the alias, on no other route than `$default`."""
    api = graph.one("apigatewayv2/api:Api")

    assert graph.one("lambda/permission:Permission").inputs == {
        "action": "lambda:InvokeFunction",
        "function": graph.cloud.one("aws:lambda/function:Function").outputs["name"],
        "qualifier": "live",
        "principal": "apigateway.amazonaws.com",
        "sourceArn": f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api.id}/*/$default",
    }


def test_the_stage_throttles_and_logs() -> None:
    """What a stranger can spend is bounded by rate and burst; every request leaves a line."""
    graph = run(service("aws", throttleRate=5, throttleBurst=9))
    stage, access = (
        graph.one("apigatewayv2/stage:Stage").inputs,
        graph.named("cloudwatch/logGroup:LogGroup", "demo-aws-access"),
    )

    line = json.loads(stage["accessLogSettings"]["format"])
    assert stage["name"] == "$default"
    assert stage["autoDeploy"] is True
    assert stage["defaultRouteSettings"] == {"throttlingRateLimit": 5, "throttlingBurstLimit": 9}
    assert access.inputs["namePrefix"] == "/aws/vendedlogs/demo-aws-"
    assert stage["accessLogSettings"]["destinationArn"].endswith(f":{access.inputs['namePrefix']}{access.id}")
    assert {"requestId", "status", "sourceIp", "path", "integrationError"} <= line.keys()


def test_nothing_starts_before_what_it_needs(graph: Graph) -> None:
    """The role's rights and the right to pull precede the function, the permission and the route precede the stage."""
    function = graph.ancestors(graph.one("lambda/function:Function"))
    stage = graph.ancestors(graph.one("apigatewayv2/stage:Stage"))

    assert ("aws:iam/rolePolicy:RolePolicy", "demo-aws") in function
    assert ("aws:ecr/repositoryPolicy:RepositoryPolicy", "demo-aws") in function
    assert ("aws:lambda/permission:Permission", "demo-aws") in stage
    assert ("aws:apigatewayv2/route:Route", "demo-aws") in stage


def test_what_a_person_wants_next(graph: Graph) -> None:
    """The log command names the function's group and the link its page."""
    function = graph.cloud.one("aws:lambda/function:Function").outputs["name"]
    group = graph.cloud.named("aws:cloudwatch/logGroup:LogGroup", "demo-aws").outputs["name"]

    assert graph.outputs["logs"] == f"aws logs tail {group} --follow --region us-east-1"
    assert graph.outputs["console"] == (
        f"https://us-east-1.console.aws.amazon.com/lambda/home?region=us-east-1#/functions/{function}"
    )
    assert {key: graph.outputs[key] for key in ("platform", "region", "promoted")} == {
        "platform": "aws",
        "region": "us-east-1",
        "promoted": "1",
    }


def test_a_domain_with_a_zone_takes_one_up() -> None:
    """Certificate, its record, waiting for it, the name with TLS 1.2, the mapping, and both address records."""
    graph = run(service("aws", domain="api.example.com", dnsZone="example.com"))
    name = graph.cloud.one("aws:apigatewayv2/domainName:DomainName")
    target = name.outputs["domainNameConfiguration"]
    records = {record.inputs["type"]: record.inputs for record in graph.of("route53/record:Record")}

    assert graph.one("acm/certificate:Certificate").inputs["validationMethod"] == "DNS"
    assert records["CNAME"] == {
        "zoneId": "Z123",
        "name": "_proof.api.example.com.",
        "type": "CNAME",
        "records": ["_answer.acm-validations.aws."],
        "ttl": 60,
        "allowOverwrite": True,
    }
    assert graph.one("acm/certificateValidation:CertificateValidation").timeouts == {"create": "30m"}
    assert {key: target[key] for key in ("endpointType", "securityPolicy", "ipAddressType")} == {
        "endpointType": "REGIONAL",
        "securityPolicy": "TLS_1_2",
        "ipAddressType": "dualstack",
    }
    assert graph.one("apigatewayv2/apiMapping:ApiMapping").inputs == {
        "apiId": graph.one("apigatewayv2/api:Api").id,
        "domainName": "api.example.com",
        "stage": "$default",
    }
    alias = {
        "name": target["targetDomainName"],
        "zoneId": target["hostedZoneId"],
        "evaluateTargetHealth": False,
    }
    for kind in ("A", "AAAA"):
        assert records[kind] == {
            "zoneId": "Z123",
            "name": "api.example.com",
            "type": kind,
            "aliases": [alias],
        }
    assert graph.outputs["customUrl"] == "https://api.example.com"
    assert "dnsRecords" not in graph.outputs


@pytest.mark.parametrize("platform", ["aws", "apprunner"])
def test_a_zone_that_is_not_there_is_told_in_one_line(platform: str, cloud: Cloud) -> None:
    """With what Route 53 says, because it also refuses a name that two zones have, or whoever may not ask."""
    with pytest.raises(pulumi.RunError) as caught:
        run(service(platform, domain="api.b.org", dnsZone="b.org"), cloud=cloud)

    told = str(caught.value)
    assert told.startswith("dnsZone: it is 'b.org', and Route 53 gives no public zone for it (")
    assert "no matching Route 53 Hosted Zone found: b.org" in told
    assert told.endswith("or `pulumi config rm dnsZone` to make the records by hand")
    assert "\n" not in told


def test_a_domain_without_a_zone_takes_two_phases(cloud: Cloud) -> None:
    """First the record that proves the domain, to be made by hand; then, told so, the domain and where to point it."""
    first = run(service("aws", domain="api.example.com"))
    proof = {"name": "_proof.api.example.com.", "type": "CNAME", "value": "_answer.acm-validations.aws."}

    assert first.outputs["dnsRecords"] == [proof]
    assert first.of("apigatewayv2/domainName:DomainName") == []
    assert first.of("acm/certificateValidation:CertificateValidation") == []

    cloud.records_by_hand.add("_proof.api.example.com.")
    second = run(service("aws", domain="api.example.com", domainReady=True), cloud=cloud)
    target = second.cloud.one("aws:apigatewayv2/domainName:DomainName").outputs["domainNameConfiguration"]

    assert second.outputs["dnsRecords"] == [
        proof,
        {"name": "api.example.com", "type": "CNAME", "value": target["targetDomainName"]},
    ]
    assert second.of("route53/record:Record") == []


def test_the_judge_refuses_a_domain_whose_record_nobody_made(cloud: Cloud) -> None:
    """`domainReady` said too early ends in a wait for the certificate, which is refused in the end."""
    with pytest.raises(RefusedError, match="is not in the DNS"):
        run(service("aws", domain="api.example.com", domainReady=True), cloud=cloud)
