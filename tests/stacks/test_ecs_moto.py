"""The ecs stack is created at moto, but for the service itself, which moto does not have, and read back from it."""

import json
from collections.abc import Generator

import pytest
from moto.iam import aws_managed_policies, models

from tests.stacks.aws_cloud import REGION
from tests.stacks.ecs_cloud import EXPRESS, MANAGED
from tests.stacks.graph import Graph, run, service
from tests.stacks.moto_cloud import Moto, account


@pytest.fixture(scope="module")
def moto() -> Generator[Moto]:
    """An account that has those of AWS's own policies that are for ECS; all of them take moto some seconds."""
    every = json.loads(aws_managed_policies.aws_managed_policies_data)
    of_ecs = {name: policy for name, policy in every.items() if "ECS" in name}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "aws_managed_policies_data", json.dumps(of_ecs))
        with account(MOTO_IAM_LOAD_MANAGED_POLICIES="true") as moto:
            yield moto


@pytest.fixture(scope="module")
def graph(moto: Moto) -> Graph:
    """The ecs stack in that account."""
    return run(service("ecs", logDays=7, secretValues={"API_KEY": "canary"}), cloud=moto)


def test_the_cluster_has_fargate_and_nothing_else(moto: Moto, graph: Graph) -> None:
    """What Express Mode starts its tasks with, in a cluster of the stack's own."""
    (cluster,) = moto.clients["ecs"].describe_clusters(clusters=[graph.one("ecs/cluster:Cluster").id])[
        "clusters"
    ]

    assert (cluster["status"], cluster["capacityProviders"], cluster["defaultCapacityProviderStrategy"]) == (
        "ACTIVE",
        ["FARGATE"],
        [],
    )
    assert graph.one(EXPRESS).inputs["cluster"] == cluster["clusterName"]


def test_the_policy_that_aws_keeps_for_express_mode_is_there_and_attached(moto: Moto, graph: Graph) -> None:
    """By the very ARN, or the role would have no rights; the other roles have no such policy."""
    iam = moto.clients["iam"]
    attached = {
        node.name: [
            policy["PolicyArn"]
            for policy in iam.list_attached_role_policies(RoleName=node.id)["AttachedPolicies"]
        ]
        for node in graph.of("iam/role:Role")
    }
    version = iam.get_policy(PolicyArn=MANAGED)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=MANAGED, VersionId=version)["PolicyVersion"]["Document"]
    allowed = {
        action
        for statement in document["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }

    assert attached == {
        "demo-ecs-execution": [],
        "demo-ecs-infrastructure": [MANAGED],
        "demo-ecs-task": [],
    }
    assert {"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:DeregisterTargets"} <= allowed


def test_the_log_the_rights_and_the_secret_read_back(moto: Moto, graph: Graph) -> None:
    """A group with an end, and a role that opens it, pulls the image and reads the parameter."""
    (group,) = moto.clients["logs"].describe_log_groups()["logGroups"]
    node = graph.one("iam/rolePolicy:RolePolicy")
    read = moto.clients["iam"].get_role_policy(RoleName=node.inputs["role"], PolicyName=node.id)
    resources = [statement["Resource"] for statement in read["PolicyDocument"]["Statement"]]
    (repository,) = moto.clients["ecr"].describe_repositories()["repositories"]
    secret = moto.clients["ssm"].get_parameter(Name="/stacks/demo-ecs/API_KEY", WithDecryption=True)[
        "Parameter"
    ]

    assert group["retentionInDays"] == 7
    assert resources == [
        "*",
        repository["repositoryArn"],
        f"{group['arn'].removesuffix(':*')}:*",
        [secret["ARN"]],
    ]
    assert (secret["Type"], secret["Value"]) == ("SecureString", "canary")
    assert secret["ARN"].startswith(f"arn:aws:ssm:{REGION}:")
