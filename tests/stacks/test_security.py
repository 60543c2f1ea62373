"""The security rules that these stacks keep, a test each; those that they waive are in test_waivers.py."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import platforms
from tests.stacks.ecs_cloud import EXPRESS, MANAGED
from tests.stacks.graph import Graph, Node, run, service, usual

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    """Each platform's stack with nothing but defaults, and one of each with all that can be switched on."""
    domain = {"domain": "api.example.com", "dnsZone": "example.com"}
    alarms = {"alarmEmail": "ops@example.com", "budget": 20}
    account = {"billingAccount": "0A1B2C-3D4E5F-6A7B8C"}
    return {
        "aws": usual("aws"),
        "gcp": usual("gcp"),
        "apprunner": usual("apprunner"),
        "ecs": usual("ecs"),
        "aws, all on": run(
            service("aws", tracing=True, maxInstances=3, canaryPercent=10, **domain, **alarms)
        ),
        "gcp, all on": run(service("gcp", minInstances=1, canaryPercent=10, **domain, **alarms, **account)),
        "apprunner, all on": run(service("apprunner", minInstances=2, **domain, **alarms)),
        "ecs, all on": run(service("ecs", minInstances=2, **alarms)),
    }


def every(graphs: dict[str, Graph], type_: str) -> list[Node]:
    """All resources of a type in all stacks; there has to be one, or the rule would hold for nothing."""
    found = [node for graph in graphs.values() for node in graph.of(type_)]
    assert found, f"no {type_} anywhere"
    return found


def statements(graphs: dict[str, Graph]) -> Iterator[dict[str, Any]]:
    """Every statement of every policy of a role."""
    for node in every(graphs, "iam/rolePolicy:RolePolicy"):
        yield from json.loads(node.inputs["policy"])["Statement"]


def actions(statement: dict[str, Any]) -> list[str]:
    """A statement's actions as a list."""
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def test_roles_have_no_managed_policies_and_no_wildcard_actions(graphs: dict[str, Graph]) -> None:
    """Every right is spelt out (CKV_AWS_60, 61, 62, 63, 274), but for the one role that a waiver names."""
    attached = {
        (name.partition(",")[0], node.inputs["policyArn"])
        for name, graph in graphs.items()
        for node in graph.nodes
        if "policyattachment" in node.type.lower()
    }

    assert attached == {("ecs", MANAGED)}
    assert not [node for node in every(graphs, "iam/role:Role") if "managedPolicyArns" in node.inputs]
    assert not [action for statement in statements(graphs) for action in actions(statement) if "*" in action]


def test_only_what_knows_no_resources_is_allowed_on_all(graphs: dict[str, Graph]) -> None:
    """A registry token and X-Ray cannot be narrowed to a resource; everything else is (CKV_AWS_111, 355)."""
    wide = {
        action
        for statement in statements(graphs)
        if statement["Resource"] == "*"
        for action in actions(statement)
    }

    assert wide == {"ecr:GetAuthorizationToken", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def test_the_functions_role_writes_its_own_log_and_no_more(graphs: dict[str, Graph]) -> None:
    """Two actions on one log group, unless tracing is on."""
    (statement,) = json.loads(graphs["aws"].named("iam/rolePolicy:RolePolicy", "demo-aws").inputs["policy"])[
        "Statement"
    ]

    assert actions(statement) == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"].endswith(
        f"{graphs['aws'].named('cloudwatch/logGroup:LogGroup', 'demo-aws').id}:*"
    )


def test_app_runners_access_role_only_pulls_and_its_instance_role_may_do_nothing(
    graphs: dict[str, Graph],
) -> None:
    """Reading actions of ECR, bound to the access role."""
    for name in ("apprunner", "apprunner, all on"):
        policy = graphs[name].one("iam/rolePolicy:RolePolicy")

        assert policy.inputs["role"].startswith("demo-apprunner-access")
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            assert all(
                re.match(r"ecr:(Get|BatchGet|BatchCheck|Describe)", action) for action in actions(statement)
            )


def test_tasks_of_ecs_are_started_with_few_rights_and_run_with_none(graphs: dict[str, Graph]) -> None:
    """One repository and one log group for the role that starts them; no policy has the role that the app has."""
    for name in ("ecs", "ecs, all on"):
        graph = graphs[name]
        policy = graph.one("iam/rolePolicy:RolePolicy")
        task = graph.named("iam/role:Role", "demo-ecs-task")
        granted = [
            node.inputs["role"]
            for node in graph.nodes
            if "policy" in node.type.lower() and "role" in node.inputs
        ]

        assert policy.inputs["role"].startswith("demo-ecs-execution")
        assert {
            action for s in json.loads(policy.inputs["policy"])["Statement"] for action in actions(s)
        } == {
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        }
        assert graph.one(EXPRESS).inputs["taskRoleArn"].endswith(f"/{task.id}")
        assert task.id not in granted


def test_cloud_run_has_an_account_of_its_own_without_roles(graphs: dict[str, Graph]) -> None:
    """No binding of any kind exists, so neither the service nor the public has a role (CKV_GCP_102)."""
    for name in ("gcp", "gcp, all on"):
        graph = graphs[name]
        account = graph.cloud.one("gcp:serviceaccount/account:Account").outputs["email"]

        assert graph.one("cloudrunv2/service:Service").inputs["template"]["serviceAccount"] == account
        assert not [
            node.type for node in graph.nodes if re.search("iam|binding|member", node.type, re.IGNORECASE)
        ]


def test_roles_are_assumed_by_one_service_each(graphs: dict[str, Graph]) -> None:
    """No account and no other service can take them on (CKV_AWS_60)."""
    principals = {
        json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]["Principal"]["Service"]
        for role in every(graphs, "iam/role:Role")
    }

    assert principals == {
        "lambda.amazonaws.com",
        "scheduler.amazonaws.com",
        "build.apprunner.amazonaws.com",
        "tasks.apprunner.amazonaws.com",
        "ecs-tasks.amazonaws.com",
        "ecs.amazonaws.com",
    }


def test_registries_have_immutable_tags(graphs: dict[str, Graph]) -> None:
    """What was reviewed is what runs (CKV_AWS_51)."""
    assert {node.inputs["imageTagMutability"] for node in every(graphs, "aws:ecr/repository:Repository")} == {
        "IMMUTABLE"
    }
    assert all(
        node.inputs["dockerConfig"]["immutableTags"]
        for node in every(graphs, "artifactregistry/repository:Repository")
    )


def test_ecr_scans_on_push_and_encrypts_with_kms(graphs: dict[str, Graph]) -> None:
    """By the registry itself, without a monthly fee for the key (CKV_AWS_163, 136)."""
    for node in every(graphs, "aws:ecr/repository:Repository"):
        assert node.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
        assert node.inputs["encryptionConfigurations"] == [{"encryptionType": "KMS"}]


def test_clean_up_never_takes_an_image_that_a_release_names(graphs: dict[str, Graph]) -> None:
    """Each pushed image has a tag, and only what has none expires, so a pinned release always starts."""
    for node in every(graphs, "aws:ecr/lifecyclePolicy:LifecyclePolicy"):
        assert [rule["selection"]["tagStatus"] for rule in node.inputs["policy"]["rules"]] == ["untagged"]
    for node in every(graphs, "artifactregistry/repository:Repository"):
        assert [policy["condition"]["tagState"] for policy in node.inputs["cleanupPolicies"]] == ["UNTAGGED"]
    for node in every(graphs, "docker-build:index:Image"):
        assert node.inputs["tags"]
        assert node.retained


def test_what_is_deployed_is_named_by_digest(graphs: dict[str, Graph]) -> None:
    """A tag could come to mean something else."""
    images = [
        *(node.inputs["imageUri"] for node in every(graphs, "lambda/function:Function")),
        *(
            node.inputs["sourceConfiguration"]["imageRepository"]["imageIdentifier"]
            for node in every(graphs, "apprunner/service:Service")
        ),
        *(
            node.inputs["template"]["containers"][0]["image"]
            for node in every(graphs, "cloudrunv2/service:Service")
        ),
        *(node.inputs["primaryContainer"]["image"] for node in every(graphs, EXPRESS)),
    ]

    assert all(re.search(r"[a-z0-9]@sha256:[0-9a-f]{64}$", image) for image in images)


def test_the_http_api_logs_every_request(graphs: dict[str, Graph]) -> None:
    """To a group of the stack (CKV_AWS_76, 95)."""
    for node in every(graphs, "apigatewayv2/stage:Stage"):
        assert node.inputs["accessLogSettings"]["destinationArn"].startswith("arn:aws:logs:")


def test_the_http_api_throttles_low_by_default(graphs: dict[str, Graph]) -> None:
    """A stranger with the URL can spend a few dollars a day, not thousands: no scanner looks at this."""
    account = platforms.limit("aws", "throttle_rate")
    for node in every(graphs, "apigatewayv2/stage:Stage"):
        assert node.inputs["defaultRouteSettings"]["throttlingRateLimit"] <= account / 100


def test_the_permission_to_invoke_is_bound_to_this_api(graphs: dict[str, Graph]) -> None:
    """No other account's or API's request passes (CKV_AWS_301, 364)."""
    for node in every(graphs, "lambda/permission:Permission"):
        assert node.inputs["principal"] == "apigateway.amazonaws.com"
        assert re.fullmatch(
            r"arn:aws:execute-api:[a-z0-9-]+:\d{12}:[^*/]+/\*/\$default", node.inputs["sourceArn"]
        )
        assert node.inputs["qualifier"] == "live"


def test_lambda_ends_before_the_http_api_gives_up(graphs: dict[str, Graph]) -> None:
    """An explicit timeout, so that it is the function that fails, and says so in its log."""
    for node in every(graphs, "lambda/function:Function"):
        assert node.inputs["timeout"] < platforms.limit("aws", "request_timeout")


def test_log_groups_have_an_end(graphs: dict[str, Graph]) -> None:
    """The stack makes them with a retention (CKV_AWS_66)."""
    for node in every(graphs, "cloudwatch/logGroup:LogGroup"):
        assert node.inputs["retentionInDays"] in platforms.limit("aws", "log_days")


def test_domains_speak_tls_1_2_and_certificates_name_one_host(graphs: dict[str, Graph]) -> None:
    """No wildcard, nothing older (CKV_AWS_206)."""
    for node in every(graphs, "apigatewayv2/domainName:DomainName"):
        assert node.inputs["domainNameConfiguration"]["securityPolicy"] == "TLS_1_2"
    for node in every(graphs, "acm/certificate:Certificate"):
        assert "*" not in node.inputs["domainName"]
        assert "subjectAlternativeNames" not in node.inputs


def test_cloud_run_is_bounded_public_and_probed(graphs: dict[str, Graph]) -> None:
    """Few instances at most, no `allUsers`, and no traffic before the port is open."""
    for node in every(graphs, "cloudrunv2/service:Service"):
        template = node.inputs["template"]
        assert template["scaling"]["maxInstanceCount"] <= 10
        assert node.inputs["invokerIamDisabled"] is True
        assert "startupProbe" in template["containers"][0]


def test_app_runner_is_bounded(graphs: dict[str, Graph]) -> None:
    """Each instance costs by the hour."""
    for node in every(graphs, "apprunner/autoScalingConfigurationVersion:AutoScalingConfigurationVersion"):
        assert node.inputs["maxSize"] <= 5


def test_ecs_is_bounded(graphs: dict[str, Graph]) -> None:
    """Each task costs by the hour."""
    for node in every(graphs, EXPRESS):
        assert node.inputs["scalingTargets"][0]["maxTaskCount"] <= 5


def test_everything_that_takes_labels_says_whose_it_is(graphs: dict[str, Graph]) -> None:
    """Project and stack, so that a bill and a clean-up find it."""
    for graph in graphs.values():
        for node in graph.nodes:
            labels = next(
                (node.inputs[key] for key in ("tags", "userLabels", "labels") if key in node.inputs), None
            )
            if isinstance(labels, dict):
                assert {"project", "stack", "managed-by"} == labels.keys()


def test_the_image_runs_without_root_on_a_pinned_base_with_a_health_check() -> None:
    """CKV_DOCKER_2, 3 and 7, and the digest that 7 does not ask for."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    (base,) = [line for line in lines if line.startswith("ARG BASE=")]
    last_stage = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM ")) :]
    (user,) = [line for line in last_stage if line.startswith("USER ")]

    assert re.search(r":[\w.-]+@sha256:[0-9a-f]{64}$", base)
    assert ":latest" not in base
    assert user.removeprefix("USER ").partition(":")[0] not in {"0", "root"}
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
