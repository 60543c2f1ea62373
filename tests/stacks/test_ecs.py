"""The resources of the ecs stack: every property that matters, what waits for what, and the faults that cannot be."""

import json

import pulumi
import pytest

from tests.stacks.aws_cloud import ACCOUNT, ATTACHMENT
from tests.stacks.cloud import Cloud, RefusedError
from tests.stacks.ecs_cloud import CAPACITY, CLUSTER, EXPRESS, MANAGED
from tests.stacks.graph import Graph, Node, run, service, usual

TAGS = {"project": "demo", "stack": "ecs", "managed-by": "pulumi"}


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The stack with nothing but defaults."""
    return usual("ecs")


def role(graph: Graph, name: str) -> Node:
    """One of the stack's roles, by the end of its name."""
    return graph.named("iam/role:Role", f"demo-ecs-{name}")


def test_these_resources_and_no_others(graph: Graph) -> None:
    """The registry is the same code as in aws; the rest is three roles, a log, a cluster and the service."""
    assert graph.types() == [
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecr/repository:Repository",
        "aws:ecs/cluster:Cluster",
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        EXPRESS,
        "aws:iam/role:Role",
        "aws:iam/role:Role",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "awsx:ecr:Repository",
        "docker-build:index:Image",
    ]


def test_the_registry_is_that_of_the_aws_stack(graph: Graph) -> None:
    """One code, one behaviour: only the tags differ."""
    own, other = (g.one("aws:ecr/repository:Repository").inputs for g in (graph, usual("aws")))

    assert {**own, "tags": {}} == {**other, "tags": {}}


def test_each_role_is_one_services_and_the_tasks_may_do_nothing(graph: Graph) -> None:
    """Tasks are started by one, run as another; ECS itself has the third."""
    trusted = {
        node.name.removeprefix("demo-ecs-"): json.loads(node.inputs["assumeRolePolicy"])["Statement"]
        for node in graph.of("iam/role:Role")
    }

    assert {name: statement["Principal"] for name, (statement,) in trusted.items()} == {
        "execution": {"Service": "ecs-tasks.amazonaws.com"},
        "infrastructure": {"Service": "ecs.amazonaws.com"},
        "task": {"Service": "ecs-tasks.amazonaws.com"},
    }
    assert graph.one("iam/rolePolicy:RolePolicy").inputs["role"] == role(graph, "execution").id
    assert graph.one("iam/rolePolicyAttachment:RolePolicyAttachment").inputs == {
        "role": role(graph, "infrastructure").id,
        "policyArn": MANAGED,
    }


def test_who_starts_a_task_pulls_this_image_and_writes_this_log(graph: Graph) -> None:
    """The token is for everything, the rest for one repository and one log group."""
    log = graph.cloud.one("aws:cloudwatch/logGroup:LogGroup").outputs["arn"]

    assert json.loads(graph.one("iam/rolePolicy:RolePolicy").inputs["policy"])["Statement"] == [
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": graph.cloud.one("aws:ecr/repository:Repository").outputs["arn"],
        },
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{log}:*",
        },
    ]


def test_the_log_has_an_end() -> None:
    """Thirty days unless another number is set."""
    logs = [
        run(service("ecs", **config)).one("cloudwatch/logGroup:LogGroup").inputs
        for config in ({}, {"logDays": 7})
    ]

    assert [(log["namePrefix"], log["retentionInDays"]) for log in logs] == [
        ("/aws/ecs/demo-ecs-", 30),
        ("/aws/ecs/demo-ecs-", 7),
    ]


def test_the_service(graph: Graph) -> None:
    """The image by digest, the smallest size, the health check on /health, all that AWS would fill in said."""
    roles = f"arn:aws:iam::{ACCOUNT}:role/"

    assert graph.one(EXPRESS).inputs == {
        "serviceName": "demo-ecs",
        "cluster": graph.one(CLUSTER).id,
        "executionRoleArn": f"{roles}{role(graph, 'execution').id}",
        "infrastructureRoleArn": f"{roles}{role(graph, 'infrastructure').id}",
        "taskRoleArn": f"{roles}{role(graph, 'task').id}",
        "cpu": "256",
        "memory": "512",
        "healthCheckPath": "/health",
        "primaryContainer": {
            "image": graph.outputs["image"],
            "commands": ["gunicorn"],
            "containerPort": 8080,
            "awsLogsConfigurations": [
                {
                    "logGroup": graph.cloud.one("aws:cloudwatch/logGroup:LogGroup").outputs["name"],
                    "logStreamPrefix": "ecs",
                }
            ],
            "environments": [],
        },
        "scalingTargets": [
            {
                "autoScalingMetric": "AVERAGE_CPU",
                "autoScalingTargetValue": 60,
                "minTaskCount": 1,
                "maxTaskCount": 2,
            }
        ],
        "waitForSteadyState": True,
        "tags": TAGS,
    }


def test_settings_reach_the_service() -> None:
    """Each number of the configuration is where it works."""
    inputs = run(service("ecs", cpu="2", memory=7168, minInstances=3, maxInstances=8)).one(EXPRESS).inputs
    (scaling,) = inputs["scalingTargets"]

    assert (inputs["cpu"], inputs["memory"]) == ("2048", "7168")
    assert (scaling["minTaskCount"], scaling["maxTaskCount"]) == (3, 8)


def test_variables_and_secrets_are_listed_by_name(cloud: Cloud) -> None:
    """A list in another order is a change to AWS's provider, and a change is a deployment of ten minutes."""
    names = ["ZONE", "LOG_LEVEL", "AREA"]
    cloud.kept = {"/x/y", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/x/y"}
    inputs = [
        run(
            service("ecs", environment=dict.fromkeys(order, "1"), secrets={f"S{n}": "/x/y" for n in order}),
            cloud=cloud,
        )
        .one(EXPRESS)
        .inputs["primaryContainer"]
        for order in (names, names[::-1])
    ]

    assert [[entry["name"] for entry in of["environments"]] for of in inputs] == [sorted(names)] * 2
    assert [[entry["name"] for entry in of["secrets"]] for of in inputs] == [
        [f"S{name}" for name in sorted(names)]
    ] * 2


def test_a_new_role_has_the_time_of_a_build_to_become_known(graph: Graph) -> None:
    """ECS refuses a role that it does not know yet, so the image is built after the roles."""
    before = graph.ancestors(graph.one("docker-build:index:Image"))

    assert {
        ("aws:iam/rolePolicy:RolePolicy", "demo-ecs-execution"),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "demo-ecs-infrastructure"),
    } <= before


def test_the_service_goes_before_the_rights_by_which_it_goes(graph: Graph) -> None:
    """A service whose infrastructure role lost its rights stays DRAINING for ever, so it depends on all of them."""
    assert {
        ("aws:iam/rolePolicy:RolePolicy", "demo-ecs-execution"),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "demo-ecs-infrastructure"),
        ("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "demo-ecs"),
    } <= graph.one(EXPRESS).after


def test_a_service_that_is_replaced_goes_first(graph: Graph) -> None:
    """Another infrastructure role makes another service, and two of one name cannot be in one cluster."""
    assert graph.one(EXPRESS).is_deleted_first


def test_no_network_is_named(graph: Graph) -> None:
    """AWS adds a security group of its own to those that are, and the provider found its plan not carried out."""
    assert "networkConfigurations" not in graph.one(EXPRESS).inputs


def test_what_a_person_wants_next(graph: Graph) -> None:
    """The URL, the log command, the page, and the digest as what is promoted."""
    digest = graph.outputs["image"].partition("@")[2]
    build = graph.one("docker-build:index:Image").inputs["buildArgs"]["BUILD_ID"]
    cluster, log = (
        graph.one(CLUSTER).id,
        graph.cloud.one("aws:cloudwatch/logGroup:LogGroup").outputs["name"],
    )

    assert {key: value for key, value in graph.outputs.items() if key != "image"} == {
        "url": "https://de-0123456789abcdef.ecs.us-east-1.on.aws",
        "service": "demo-ecs",
        "platform": "ecs",
        "region": "us-east-1",
        "promoted": digest,
        "promotedBefore": "",
        "releases": [{"version": digest, "digest": digest, "build": build}],
        "traffic": {digest: 100},
        "logs": f"aws logs tail {log} --follow --region us-east-1",
        "console": (
            f"https://us-east-1.console.aws.amazon.com/ecs/v2/clusters/{cluster}/services/demo-ecs/health"
            "?region=us-east-1"
        ),
    }


@pytest.mark.parametrize("endpoint", ["a.ecs.us-east-1.on.aws", "https://a.ecs.us-east-1.on.aws/"])
def test_the_url_is_whole_in_whatever_form_aws_gives_it(endpoint: str, cloud: Cloud) -> None:
    """The API gives the host, Terraform's users found it with the scheme; of several the public one counts."""
    cloud.paths = [
        {"accessType": "PRIVATE", "endpoint": "inside"},
        {"accessType": "PUBLIC", "endpoint": endpoint},
    ]

    assert run(service("ecs"), cloud=cloud).outputs["url"] == "https://a.ecs.us-east-1.on.aws"


def test_a_service_without_a_public_address_is_told(cloud: Cloud) -> None:
    """In private subnets Express Mode makes an internal load balancer."""
    cloud.paths = [{"accessType": "PRIVATE", "endpoint": "inside"}]

    with pytest.raises(pulumi.RunError, match=r"no public address.*docs/deploying\.md"):
        run(service("ecs"), cloud=cloud)


def test_the_judge_knows_what_users_of_express_mode_ran_into(cloud: Cloud) -> None:
    """The fake ECS itself: a name that is taken, missing rights, a cluster without Fargate, what AWS fills in."""
    run(service("ecs"), cloud=cloud)
    made = cloud.one(EXPRESS)

    with pytest.raises(RefusedError, match="already exists"):
        cloud.create(EXPRESS, "twice", made.inputs)
    with pytest.raises(RefusedError, match="while it has services"):
        cloud.delete(CLUSTER, cloud.one(CLUSTER).id)
    with pytest.raises(RefusedError, match="in use"):
        cloud.delete(CAPACITY, cloud.one(CAPACITY).id)
    cloud.delete(ATTACHMENT, cloud.one(ATTACHMENT).id)
    with pytest.raises(RefusedError, match="not authorized"):
        cloud.delete(EXPRESS, made.id)
