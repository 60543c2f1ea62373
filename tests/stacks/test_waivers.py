"""The security rules that scanners ask for and these stacks do without, each with its reason."""

from collections.abc import Callable

import pytest

import platforms
from tests.stacks.ecs_cloud import EXPRESS, MANAGED
from tests.stacks.graph import Graph, usual


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    """Each platform's stack with nothing but defaults."""
    return {platform: usual(platform) for platform in platforms.NAMES}


# The rule, why it is waived, and a look that shows it to be unmet, so that a
# waiver goes when it is no longer needed.
WAIVERS: dict[str, tuple[str, Callable[[Graph], bool]]] = {
    "aws CKV_AWS_116 dead-letter queue": (
        "the function is called and answers at once; nothing is queued",
        lambda graph: "deadLetterConfig" not in graph.one("lambda/function:Function").inputs,
    ),
    "aws CKV_AWS_117 function in a VPC": (
        "it reaches nothing private, and a VPC would need a NAT gateway to reach the rest",
        lambda graph: "vpcConfig" not in graph.one("lambda/function:Function").inputs,
    ),
    "aws CKV_AWS_272 code signing": (
        "Lambda does not offer it for images; the digest says what runs",
        lambda graph: "codeSigningConfigArn" not in graph.one("lambda/function:Function").inputs,
    ),
    "aws CKV_AWS_50 tracing": (
        "optional by the key tracing, because it costs by the trace",
        lambda graph: graph.one("lambda/function:Function").inputs["tracingConfig"]["mode"] == "PassThrough",
    ),
    "aws CKV_AWS_115 reserved concurrency": (
        "optional by the key maxInstances, because a new account may reserve nothing; throttling bounds the cost",
        lambda graph: "reservedConcurrentExecutions" not in graph.one("lambda/function:Function").inputs,
    ),
    "aws CKV_AWS_158 log groups under a customer's key": (
        "a key costs more than the app; CloudWatch encrypts anyway",
        lambda graph: not [n for n in graph.of("cloudwatch/logGroup:LogGroup") if "kmsKeyId" in n.inputs],
    ),
    "aws CKV_AWS_338 logs for a year": (
        "thirty days by default, more by the key logDays",
        lambda graph: all(
            n.inputs["retentionInDays"] < 365 for n in graph.of("cloudwatch/logGroup:LogGroup")
        ),
    ),
    "aws CKV_AWS_309 authorizer": (
        "public by default, as the documentation says; closed by the key access",
        lambda graph: "authorizationType" not in graph.one("apigatewayv2/route:Route").inputs,
    ),
    "ecs CKV_AWS_274 managed policy": (
        (
            "AWS keeps the rights by which Express Mode makes load balancers, certificates and scaling in this policy "
            "alone, and changes them with it; only ECS may take on the role"
        ),
        lambda graph: (
            graph.one("iam/rolePolicyAttachment:RolePolicyAttachment").inputs["policyArn"] == MANAGED
        ),
    ),
    "ecs CKV_AWS_65 container insights": (
        "they cost by the metric; the load balancer's own metrics are free and tell of failures",
        lambda graph: "settings" not in graph.one("ecs/cluster:Cluster").inputs,
    ),
    "ecs CKV_AWS_158 log groups under a customer's key": (
        "a key costs more than the app; CloudWatch encrypts anyway",
        lambda graph: not [n for n in graph.of("cloudwatch/logGroup:LogGroup") if "kmsKeyId" in n.inputs],
    ),
    "ecs CKV_AWS_338 logs for a year": (
        "thirty days by default, more by the key logDays",
        lambda graph: graph.one("cloudwatch/logGroup:LogGroup").inputs["retentionInDays"] < 365,
    ),
    "ecs CKV_AWS_333 public addresses of tasks": (
        (
            "Express Mode gives them one in public subnets, where they would need a NAT gateway without; the security "
            "group that it makes admits the load balancer alone"
        ),
        lambda graph: "networkConfigurations" not in graph.one(EXPRESS).inputs,
    ),
    "gcp CKV_GCP_84 registry under a customer's key": (
        "a key costs more than the app; Google encrypts anyway",
        lambda graph: "kmsKeyName" not in graph.one("artifactregistry/repository:Repository").inputs,
    ),
    "gcp scan on push": (
        "scanning costs $0.26 an image; whoever enables its API has it",
        lambda graph: (
            "vulnerabilityScanningConfig" not in graph.one("artifactregistry/repository:Repository").inputs
        ),
    ),
}


@pytest.mark.parametrize("waiver", WAIVERS)
def test_a_waived_rule_is_indeed_unmet(waiver: str, graphs: dict[str, Graph]) -> None:
    """Each waiver names its rule and its reason, and is still needed."""
    reason, unmet = WAIVERS[waiver]

    assert reason
    assert unmet(graphs[waiver.partition(" ")[0]])
