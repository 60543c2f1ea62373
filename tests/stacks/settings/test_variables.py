"""The app's own settings and secrets reach it on every platform, readable for it alone, and shown nowhere."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import platforms
from stacks.settings import ConfigError, read, variables
from tests.soak import drawn
from tests.stacks.aws_cloud import ACCOUNT, REGION
from tests.stacks.cloud import Cloud, RefusedError
from tests.stacks.graph import PROVIDER_CONFIG, Graph, run, service
from tests.stacks.inline import InlineStack
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
        for node in run(service(platform, environment={"LOG_LEVEL": "debug"})).nodes
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


def test_a_secret_in_plain_text_is_refused() -> None:
    """Forgetting --secret leaves the value in a file that is committed, be it beside others that are encrypted."""
    config = {**PROVIDER_CONFIG, "demo:secretValues": '{"API_KEY": "canary", "OTHER": "x"}'}

    with pytest.raises(ConfigError) as caught:
        read(config, "demo", "aws", {}, lambda _, name: name == "OTHER")

    assert caught.value.problems == (
        (
            "secretValues.API_KEY: it is in the stack's file as plain text; type `pulumi config set --secret --path "
            "secretValues.API_KEY`, and treat the value as known to others"
        ),
    )


@pytest.mark.parametrize("platform", platforms.NAMES)
@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("environment", "and what is in environment is in the state as plain text"),
        ("secrets", "and secrets holds names in the platform's own store, no values"),
    ],
)
@pytest.mark.parametrize("value", ["canary", "postgres://me:canary@db/shop"])
def test_a_secret_under_another_key_is_refused_and_not_shown(
    platform: str, key: str, why: str, value: str
) -> None:
    """Whoever types --secret wants no one to see it, and only secretValues keeps that."""
    config = {**PROVIDER_CONFIG, f"demo:{key}": json.dumps({"API_KEY": value, "OTHER": "other"})}

    with pytest.raises(ConfigError) as caught:
        read(config, "demo", platform, {}, lambda _, name: name == "API_KEY")

    assert caught.value.problems == (
        (
            f"{key}.API_KEY: it was set with --secret, {why}; type `pulumi config rm --path {key}.API_KEY` and "
            "`pulumi config set --secret --path secretValues.API_KEY`"
        ),
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
)


@settings(settings.get_profile("stacks"), max_examples=drawn(60))
@given(
    st.sampled_from(platforms.NAMES),
    st.sampled_from(variables.KEYS),
    st.dictionaries(
        st.text(max_size=6) | st.sampled_from(["KEY", "PORT"]), VALUES | st.just("canary-1"), max_size=3
    )
    | VALUES,
)
def test_no_map_gives_a_trace_and_no_error_shows_a_secret(platform: str, key: str, held: Any) -> None:
    """Whatever is in the three maps, the answer is a Service or a ConfigError, and neither prints a value."""
    try:
        shown = repr(service(platform, **{key: held if isinstance(held, dict) else json.dumps(held)}))
    except ConfigError as error:
        shown = str(error)

    assert key != "secretValues" or "canary-1" not in shown


CANARY = "canary-7f3a91"


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_a_secret_is_in_no_state_log_output_or_export(
    platform: str, new_inline_stack: Callable[[str], InlineStack], cloud: Cloud
) -> None:
    """The steps of docs/secrets.md on the engine, with a value that is looked for in all that they leave behind."""
    stack = new_inline_stack(platform)
    if platform == "gcp":
        stack.set(gcp__project="my-project")
    stack("config", "set", "--path", "environment.LOG_LEVEL", "debug")
    stack("config", "set", "--secret", "--path", "secretValues.API_KEY", CANARY)

    printed = stack.run("preview", "--diff") + stack.up("--diff") + stack.up("--expect-no-changes")
    stack("config", "set", "--secret", "--path", "secretValues.API_KEY", f"{CANARY}-2")
    before = json.dumps(stack.outputs())
    printed += stack.up("--diff")

    held = [made for made in cloud.resources.values() if CANARY in json.dumps(made.inputs)]
    assert {made.type.rpartition(":")[2] for made in held} <= {"Parameter", "SecretVersion"}
    assert f"{CANARY}-2" in json.dumps([made.inputs for made in held])
    assert platform in {"apprunner", "ecs"} or json.loads(before)["promoted"] != stack.outputs()["promoted"]
    left = printed + before + json.dumps(stack.outputs()) + stack("stack", "export") + stack("stack")
    files = [Path(folder, name) for folder, _, names in os.walk(stack.home) for name in names]
    files.append(stack.folder / f"Pulumi.{platform}.yaml")
    assert CANARY not in left
    assert [file for file in files if CANARY.encode() in file.read_bytes()] == []

    stack("destroy", "--yes", "--skip-preview")
    assert (cloud.resources, cloud.images) == ({}, {})


@pytest.mark.parametrize("key", ["environment", "secrets", "secretValues"])
def test_one_value_that_is_not_as_secret_as_it_should_be_stops_everything(
    key: str, new_inline_stack: Callable[[str], InlineStack], cloud: Cloud
) -> None:
    """The engine tells only of a whole map whether something in it is secret, so the stack's own file is looked at."""
    stack = new_inline_stack("aws")
    stack("config", "set", "--secret", "--path", "secretValues.API_KEY", "x")
    how = "--plaintext" if key == "secretValues" else "--secret"
    stack("config", "set", how, "--path", f"{key}.TOKEN", CANARY)
    stack("config", "set", "--path", "environment.LOG_LEVEL", "debug")

    printed = stack.up(fails=True)

    assert "One setting needs a change; nothing was deployed." in printed
    assert f"{key}.TOKEN: it " in printed
    assert CANARY not in printed + stack("stack", "export")
    assert cloud.resources == {}
