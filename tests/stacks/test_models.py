"""Every input of every resource is one that the cloud's own API model allows."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import platforms
from stacks.settings.rules import rules
from tests.soak import drawn
from tests.stacks.graph import Graph, run, service, usual
from tests.stacks.models import problems
from tests.stacks.strategies import valid_settings

SCENARIOS = {
    "nothing set": {},
    "a domain in a zone": {"domain": "api.example.com", "dnsZone": "example.com"},
    "a domain elsewhere": {"domain": "api.example.com"},
}
EXPRESS = "ecs/expressGatewayService:ExpressGatewayService"
FEW = settings(settings.get_profile("stacks"), max_examples=drawn(16))


def said(graph: Graph) -> list[str]:
    """What the models say against any resource of a graph."""
    return [f"{node.type} {problem}" for node in graph.nodes for problem in problems(node)]


@pytest.mark.parametrize(
    ("platform", "scenario"),
    [
        (platform, scenario)
        for platform in platforms.NAMES
        for scenario, config in SCENARIOS.items()
        if config.keys() <= rules(platform).keys()
    ],
)
def test_the_models_allow_every_resource(platform: str, scenario: str) -> None:
    """Names, types, enums, ranges and patterns of AWS's service models and Google's discovery documents."""
    assert said(usual(platform, **SCENARIOS[scenario])) == []


@FEW
@given(st.sampled_from(platforms.NAMES), st.data())
def test_any_allowed_settings_make_a_program_that_the_models_allow(
    platform: str, data: st.DataObject
) -> None:
    """The program builds, each resource waits only for what is there, and no input is out of a model's bounds."""
    graph = run(service(platform, **data.draw(valid_settings(platform))))

    seen = {("pulumi:pulumi:Stack", "demo-test")}
    for node in graph.nodes:
        assert node.after <= seen, f"{node.type} waits for what is not there"
        seen.add((node.type, node.name))
    assert said(graph) == []
    assert graph.outputs["url"].startswith("https://")
    assert "@sha256:" in graph.outputs["image"]


@pytest.mark.parametrize(
    ("platform", "type_", "path", "wrong", "words"),
    [
        ("aws", "lambda/function:Function", "memorySize", 64, "valid min value: 128"),
        ("aws", "lambda/function:Function", "memorySize", 99999, "is over"),
        ("aws", "lambda/function:Function", "architectures", ["x86"], "none of ['x86_64', 'arm64']"),
        ("aws", "lambda/function:Function", "timeout", 0, "valid min value: 1"),
        ("aws", "lambda/function:Function", "role", "my role", "does not match"),
        (
            "aws",
            "lambda/function:Function",
            "loggingConfig",
            {"logFormat": "json"},
            "none of ['JSON', 'Text']",
        ),
        ("aws", "lambda/function:Function", "loggingConfig", {"format": "JSON"}, "Unknown parameter"),
        ("aws", "lambda/permission:Permission", "principal", None, "Missing required parameter"),
        ("aws", "lambda/alias:Alias", "functionVersion", "one", "does not match"),
        ("aws", "apigatewayv2/integration:Integration", "integrationType", "PROXY", "is none of"),
        ("aws", "apigatewayv2/api:Api", "protocolType", "HTTPS", "is none of"),
        ("aws", "ecr/repository:Repository", "imageTagMutability", "FIXED", "is none of"),
        ("aws", "cloudwatch/logGroup:LogGroup", "namePrefix", "/aws/lambda/a b", "does not match"),
        ("apprunner", "apprunner/service:Service", "serviceName", "a" * 41, "is over 40"),
        ("apprunner", "apprunner/service:Service", "instanceConfiguration", {"cpu": "300"}, "does not match"),
        ("ecs", EXPRESS, "cpu", 256, "valid types"),
        ("ecs", EXPRESS, "infrastructureRoleArn", None, "Missing required parameter"),
        ("ecs", EXPRESS, "healthPath", "/health", "Unknown parameter"),
        ("ecs", EXPRESS, "scalingTargets", [{"autoScalingMetric": "CONCURRENCY"}], "is none of"),
        ("ecs", EXPRESS, "tags", {"stack": "a{b}"}, "does not match"),
        ("gcp", "cloudrunv2/service:Service", "ingress", "ALL", "is none of"),
        ("gcp", "cloudrunv2/service:Service", "invokerIamDisabled", "true", "is no boolean"),
        ("gcp", "cloudrunv2/service:Service", "template", {"timeout": "60"}, "is no duration"),
        ("gcp", "cloudrunv2/service:Service", "template", {"concurrency": 80}, "there is no such field"),
        ("gcp", "cloudrunv2/service:Service", "traffics", [{"type": "LATEST"}], "is none of"),
        ("gcp", "artifactregistry/repository:Repository", "format", "docker", "is none of"),
    ],
)
def test_a_wrong_value_is_caught(platform: str, type_: str, path: str, wrong: Any, words: str) -> None:
    """The judges themselves: each kind of rule finds a value that breaks it."""
    node = usual(platform).of(type_)[0]
    inputs = {key: value for key, value in {**node.inputs, path: wrong}.items() if value is not None}

    try:
        found = problems(replace(node, inputs=inputs))
    except KeyError as missing:
        found = [f"Missing required parameter {missing}"]

    assert any(words in problem for problem in found), found
