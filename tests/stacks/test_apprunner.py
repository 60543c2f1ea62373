"""The resources of the apprunner stack: every property that matters, and what waits for what."""

import json

import pytest

from tests.stacks.aws_cloud import ACCOUNT
from tests.stacks.graph import Graph, run, service, usual

TAGS = {"project": "demo", "stack": "apprunner", "managed-by": "pulumi"}


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The stack with nothing but defaults."""
    return usual("apprunner")


def test_these_resources_and_no_others(graph: Graph) -> None:
    """The registry is the same code as in aws; the rest is two roles, the scaling and the service."""
    assert graph.types() == [
        "aws:apprunner/autoScalingConfigurationVersion:AutoScalingConfigurationVersion",
        "aws:apprunner/service:Service",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecr/repository:Repository",
        "aws:iam/role:Role",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "awsx:ecr:Repository",
        "docker-build:index:Image",
    ]


def test_the_registry_is_that_of_the_aws_stack(graph: Graph) -> None:
    """One code, one behaviour: only the tags differ."""
    own, other = (g.one("aws:ecr/repository:Repository").inputs for g in (graph, usual("aws")))

    assert {**own, "tags": {}} == {**other, "tags": {}}


def test_the_access_role_only_pulls(graph: Graph) -> None:
    """App Runner's builder may take on the role; the token is for everything, the rest for this repository."""
    access, instance = sorted(graph.of("iam/role:Role"), key=lambda role: role.name)
    repository = graph.cloud.one("aws:ecr/repository:Repository").outputs["arn"]

    assert json.loads(access.inputs["assumeRolePolicy"])["Statement"][0]["Principal"] == {
        "Service": "build.apprunner.amazonaws.com"
    }
    assert json.loads(instance.inputs["assumeRolePolicy"])["Statement"][0]["Principal"] == {
        "Service": "tasks.apprunner.amazonaws.com"
    }
    assert graph.one("iam/rolePolicy:RolePolicy").inputs["role"] == access.id
    assert json.loads(graph.one("iam/rolePolicy:RolePolicy").inputs["policy"])["Statement"] == [
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:DescribeImages",
                "ecr:GetDownloadUrlForLayer",
            ],
            "Resource": repository,
        },
    ]


def test_the_service(graph: Graph) -> None:
    """The image by digest, the smallest size, the health check on /health, a role that may do nothing."""
    role = f"arn:aws:iam::{ACCOUNT}:role/"
    scaling = graph.cloud.one("aws:apprunner/autoScalingConfigurationVersion:AutoScalingConfigurationVersion")
    access, instance = sorted(
        (role.id for role in graph.of("iam/role:Role")), key=lambda id_: "instance" in id_
    )

    assert graph.one("apprunner/service:Service").inputs == {
        "serviceName": "demo-apprunner",
        "sourceConfiguration": {
            "authenticationConfiguration": {"accessRoleArn": f"{role}{access}"},
            "autoDeploymentsEnabled": False,
            "imageRepository": {
                "imageIdentifier": graph.outputs["image"],
                "imageRepositoryType": "ECR",
                "imageConfiguration": {"port": "8080", "runtimeEnvironmentVariables": {"THREADS": "100"}},
            },
        },
        "instanceConfiguration": {"cpu": "256", "memory": "512", "instanceRoleArn": f"{role}{instance}"},
        "autoScalingConfigurationArn": scaling.outputs["arn"],
        "healthCheckConfiguration": {
            "protocol": "HTTP",
            "path": "/health",
            "interval": 10,
            "timeout": 5,
            "healthyThreshold": 1,
            "unhealthyThreshold": 5,
        },
        "tags": TAGS,
    }


def test_settings_reach_the_service_and_its_scaling() -> None:
    """Each number of the configuration is where it works."""
    graph = run(service("apprunner", cpu="2", memory=4096, concurrency=50, minInstances=2, maxInstances=5))
    scaling = graph.one("apprunner/autoScalingConfigurationVersion:AutoScalingConfigurationVersion").inputs
    instance = graph.one("apprunner/service:Service").inputs["instanceConfiguration"]

    assert (instance["cpu"], instance["memory"]) == ("2048", "4096")
    assert (scaling["minSize"], scaling["maxSize"], scaling["maxConcurrency"]) == (2, 5, 50)


def test_a_new_role_has_the_time_of_a_build_to_become_known(graph: Graph) -> None:
    """App Runner fails for good when the access role is too new, so the image is built after the role."""
    rights = ("aws:iam/rolePolicy:RolePolicy", "demo-apprunner-access")

    assert rights in graph.ancestors(graph.one("docker-build:index:Image"))
    assert rights in graph.ancestors(graph.one("apprunner/service:Service"))


def test_what_a_person_wants_next(graph: Graph) -> None:
    """The URL, the log command, the page, and the digest as what is promoted."""
    digest = graph.outputs["image"].partition("@")[2]
    build = graph.one("docker-build:index:Image").inputs["buildArgs"]["BUILD_ID"]

    assert {key: value for key, value in graph.outputs.items() if key != "image"} == {
        "url": "https://abcdefghij.us-east-1.awsapprunner.com",
        "service": "demo-apprunner",
        "platform": "apprunner",
        "region": "us-east-1",
        "promoted": digest,
        "promotedBefore": "",
        "releases": [{"version": digest, "digest": digest, "build": build}],
        "traffic": {digest: 100},
        "logs": (
            "aws logs tail /aws/apprunner/demo-apprunner/0123456789abcdef/application --follow --region us-east-1"
        ),
        "console": (
            "https://us-east-1.console.aws.amazon.com/apprunner/home?region=us-east-1#/services/"
            f"arn:aws:apprunner:us-east-1:{ACCOUNT}:service/demo-apprunner/0123456789abcdef"
        ),
    }


def test_a_domain_with_a_zone_takes_one_up() -> None:
    """The association without www, its two proofs, and the alias to App Runner's own zone."""
    graph = run(service("apprunner", domain="api.example.com", dnsZone="example.com"))
    records = {record.inputs["name"]: record.inputs for record in graph.of("route53/record:Record")}

    assert graph.one("apprunner/customDomainAssociation:CustomDomainAssociation").inputs == {
        "domainName": "api.example.com",
        "serviceArn": graph.cloud.one("aws:apprunner/service:Service").outputs["arn"],
        "enableWwwSubdomain": False,
    }
    assert {name: record.get("records") for name, record in records.items()} == {
        "_1.api.example.com.": ["_1.acm-validations.aws."],
        "_2.api.example.com.": ["_2.acm-validations.aws."],
        "api.example.com": None,
    }
    assert records["api.example.com"]["aliases"] == [
        {
            "name": "abcdefghij.us-east-1.awsapprunner.com",
            "zoneId": "Z01915732ZBZKC8D32TPT",
            "evaluateTargetHealth": False,
        }
    ]


def test_a_domain_without_a_zone_exports_its_records() -> None:
    """App Runner waits for them by itself, so one `up` is enough."""
    graph = run(service("apprunner", domain="api.example.com"))

    assert graph.outputs["dnsRecords"] == [
        {"name": "_1.api.example.com.", "type": "CNAME", "value": "_1.acm-validations.aws."},
        {"name": "_2.api.example.com.", "type": "CNAME", "value": "_2.acm-validations.aws."},
        {"name": "api.example.com", "type": "CNAME", "value": "abcdefghij.us-east-1.awsapprunner.com"},
    ]
