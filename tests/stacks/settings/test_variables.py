"""The app's own settings and secrets reach it on every platform, readable for it alone, and shown nowhere."""

import json
from typing import Any

import pytest

import platforms
from tests.stacks.aws_cloud import ACCOUNT, REGION
from tests.stacks.cloud import Cloud, RefusedError
from tests.stacks.graph import Graph, run, service, usual
from tests.stacks.settings.test_settings import problems
from tests.stacks.test_models import said

ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/db-AbCdEf"
PARAMETERS = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter"
OWN: dict[str, Any] = {
    "environment": {"LOG_LEVEL": "debug", "LIMIT": 5},
    "secretValues": {"API_KEY": "canary"},
}


def reads(graph: Graph, role: str) -> dict[str, list[str]]:
    """What the role may do beyond its log and its image, by action."""
    return {
        statement["Action"]: statement["Resource"]
        for node in graph.of("iam/rolePolicy:RolePolicy")
        if node.inputs["role"].startswith(role)
        for statement in json.loads(node.inputs["policy"])["Statement"]
        if isinstance(statement["Action"], str) and statement["Action"] != "ecr:GetAuthorizationToken"
    }


def test_lambda_gets_settings_and_the_names_of_its_secrets(cloud: Cloud) -> None:
    """Never a value: the door reads them at the start, each version by its number, with a right for exactly these."""
    cloud.kept = {"/aws/reference/secretsmanager/shop/db", "/shop/mail"}
    graph = run(service("aws", wakeUp=False, **OWN, secrets={"DB": ARN, "MAIL": "/shop/mail"}), cloud=cloud)
    found = graph.one("lambda/function:Function").inputs["environment"]["variables"]
    parameter = graph.one("ssm/parameter:Parameter").inputs

    assert json.loads(found.pop("SECRETS_FROM")) == {
        "API_KEY": "/stacks/demo-aws/API_KEY:1",
        "DB": "/aws/reference/secretsmanager/shop/db",
        "MAIL": "/shop/mail",
    }
    assert found == {"LOG_LEVEL": "debug", "LIMIT": "5"}
    assert (parameter["name"], parameter["type"], parameter["value"]) == (
        "/stacks/demo-aws/API_KEY",
        "SecureString",
        "canary",
    )
    assert reads(graph, "demo-aws") == {
        "ssm:GetParameters": [
            f"{PARAMETERS}/aws/reference/secretsmanager/shop/db",
            f"{PARAMETERS}/shop/mail",
            f"{PARAMETERS}/stacks/demo-aws/API_KEY",
        ],
        "secretsmanager:GetSecretValue": [ARN],
    }


def test_app_runner_hands_secrets_out_by_itself(cloud: Cloud) -> None:
    """By ARN, with a right of the instance role for exactly these."""
    cloud.kept = {ARN}
    graph = run(service("apprunner", **OWN, secrets={"DB": ARN}), cloud=cloud)
    source = graph.one("apprunner/service:Service").inputs["sourceConfiguration"]["imageRepository"]
    configuration = source["imageConfiguration"]

    assert configuration["runtimeEnvironmentSecrets"] == {
        "API_KEY": f"{PARAMETERS}/stacks/demo-apprunner/API_KEY",
        "DB": ARN,
    }
    assert configuration["runtimeEnvironmentVariables"] == {
        "LOG_LEVEL": "debug",
        "LIMIT": "5",
        "THREADS": "100",
        "SECRETS_VERSIONS": '{"API_KEY": "/stacks/demo-apprunner/API_KEY:1"}',
    }
    assert reads(graph, "demo-apprunner-instance") == {
        "ssm:GetParameters": [f"{PARAMETERS}/stacks/demo-apprunner/API_KEY"],
        "secretsmanager:GetSecretValue": [ARN],
    }


def test_ecs_hands_secrets_out_by_itself(cloud: Cloud) -> None:
    """By ARN, with a right for exactly these of the role that starts tasks; the app's own role has none."""
    cloud.kept = {ARN}
    graph = run(service("ecs", **OWN, secrets={"DB": ARN}), cloud=cloud)
    container = graph.one("ecs/expressGatewayService:ExpressGatewayService").inputs["primaryContainer"]

    assert container["secrets"] == [
        {"name": "API_KEY", "valueFrom": f"{PARAMETERS}/stacks/demo-ecs/API_KEY"},
        {"name": "DB", "valueFrom": ARN},
    ]
    assert container["environments"] == [
        {"name": "LIMIT", "value": "5"},
        {"name": "LOG_LEVEL", "value": "debug"},
        {"name": "SECRETS_VERSIONS", "value": '{"API_KEY": "/stacks/demo-ecs/API_KEY:1"}'},
    ]
    assert reads(graph, "demo-ecs-execution") == {
        "ssm:GetParameters": [f"{PARAMETERS}/stacks/demo-ecs/API_KEY"],
        "secretsmanager:GetSecretValue": [ARN],
    }
    assert reads(graph, "demo-ecs-task") == {}


def test_cloud_run_hands_secrets_out_by_itself(cloud: Cloud) -> None:
    """By name and version, to the service's own account alone."""
    cloud.kept = {"mail"}
    graph = run(service("gcp", **OWN, secrets={"MAIL": "mail"}), cloud=cloud)
    template = graph.one("cloudrunv2/service:Service").inputs["template"]
    entries = {entry.pop("name"): entry for entry in template["containers"][0]["envs"]}

    assert {name: entries[name] for name in ("LOG_LEVEL", "LIMIT", "API_KEY", "MAIL")} == {
        "LOG_LEVEL": {"value": "debug"},
        "LIMIT": {"value": "5"},
        "API_KEY": {"valueSource": {"secretKeyRef": {"secret": "demo-gcp-API_KEY", "version": "1"}}},
        "MAIL": {"valueSource": {"secretKeyRef": {"secret": "mail", "version": "latest"}}},
    }
    assert {
        (node.inputs["secretId"].rpartition("/")[2], node.inputs["role"], node.inputs["member"])
        for node in graph.of("secretmanager/secretIamMember:SecretIamMember")
    } == {
        (name, "roles/secretmanager.secretAccessor", f"serviceAccount:{template['serviceAccount']}")
        for name in ("demo-gcp-API_KEY", "mail")
    }


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_the_models_allow_them_and_without_them_nothing_is_made(platform: str, cloud: Cloud) -> None:
    """Names and types of the clouds' own models; no store and no right where there is no secret."""
    cloud.kept = {"mail", f"{PARAMETERS}/mail"}

    assert said(run(service(platform, **OWN, secrets={"MAIL": "mail"}), cloud=cloud)) == []
    assert not [
        node.type
        for node in usual(platform, environment={"LOG_LEVEL": "debug"}).nodes
        if "ssm" in node.type or "secret" in node.type
    ]


def test_a_secret_that_nobody_keeps_is_refused_by_the_judge(cloud: Cloud) -> None:
    """The fake clouds look every secret up."""
    for platform in platforms.NAMES:
        with pytest.raises(RefusedError, match="there is no"):
            run(service(platform, secrets={"MAIL": "mail"}), cloud=cloud)


@pytest.mark.parametrize(
    ("platform", "config", "problem"),
    [
        (
            "aws",
            {"environment": "debug"},
            "environment: it is no map; type `pulumi config set --path environment.NAME VALUE`",
        ),
        ("aws", {"environment": {"A1": ["x"]}}, "environment.A1: allowed is one text"),
        (
            "aws",
            {"environment": {"a-b": "x"}},
            "environment.a-b: allowed as a name are letters, digits and _, two or more, a letter first",
        ),
        (
            "gcp",
            {"environment": {"APP": "x"}},
            "environment.APP: this variable belongs to the image; the key app decides it",
        ),
        (
            "gcp",
            {"environment": {"APP_DIR": "/data"}},
            "environment.APP_DIR: this variable belongs to the image; the key appDir decides it",
        ),
        (
            "gcp",
            {"environment": {"PORT": "1"}},
            "environment.PORT: this variable is set for Cloud Run already",
        ),
        (
            "aws",
            {"secretValues": {"AWS_REGION": "canary"}},
            "secretValues.AWS_REGION: this variable is set for AWS Lambda already",
        ),
        (
            "apprunner",
            {"environment": {"KEY": "x"}, "secrets": {"KEY": "/x"}},
            "KEY: it is in environment and in secrets; one of them has to go",
        ),
        (
            "aws",
            {"secrets": {"DB": ARN.replace(REGION, "eu-west-1")}},
            "secrets.DB: it is in eu-west-1, and this stack is in us-east-1",
        ),
        (
            "aws",
            {"secrets": {"DB": "a b"}},
            (
                "secrets.DB: it is 'a b'; allowed is the name of a parameter, such as /shop/api-key, "
                "or the ARN of a secret in Secrets Manager"
            ),
        ),
        (
            "gcp",
            {"secrets": {"DB": ARN}},
            (
                f"secrets.DB: it is {ARN!r}; allowed is a secret's name in Secret Manager, such as api-key or "
                "projects/MY-PROJECT/secrets/api-key"
            ),
        ),
        ("aws", {"secretValues": {"KEY": ""}}, "secretValues.KEY: allowed are 1 to 4096 bytes"),
        ("gcp", {"secretValues": {"KEY": "x" * 65537}}, "secretValues.KEY: allowed are 1 to 65536 bytes"),
        (
            "aws",
            {"environment": {"BIG": "x" * 4096}},
            "environment: it takes 4099 bytes with the names of the secrets; AWS Lambda allows 4096",
        ),
    ],
)
def test_a_mistake_names_the_key_and_what_is_allowed(
    platform: str, config: dict[str, object], problem: str
) -> None:
    """Before anything is made."""
    assert problems(platform, **config) == [problem]
