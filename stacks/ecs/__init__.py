"""ECS Express Mode: tasks behind a load balancer. It never scales to zero: both are always billed by the hour."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

import platforms
from stacks.aws_shared import ecr, secrets
from stacks.aws_shared.alarms import budget
from stacks.aws_shared.iam import assumed_by, partition, policy
from stacks.deployment import Deployment
from stacks.ecs.alarms import watch
from stacks.ecs.reading import read_back
from stacks.releases import History
from stacks.settings import Service

PORT = 8080
# Tasks are added above this share of their CPU.
BUSY = platforms.limit("ecs", "scaling_cpu")
# What Express Mode makes for a service (load balancer, certificate, security groups, scaling) changes with AWS's
# releases, and so do the rights for it, which is why AWS keeps this policy and documents no other.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRoleforExpressGatewayServices.html
INFRASTRUCTURE = "service-role/AmazonECSInfrastructureRoleforExpressGatewayServices"


def deploy(service: Service, past: History) -> Deployment:
    """Every resource of the stack, in the order in which they need each other.

    Express Mode itself makes the load balancer and what belongs to it, in the account's default VPC.
    """
    tags, account = service.labels, aws.get_caller_identity_output().account_id
    past = past.of(service.name)
    if not past.releases:
        pulumi.log.warn(
            "ECS Express Mode does not scale to zero: a task and a load balancer are billed by the hour, at the least "
            "some $36 a month while nobody calls (docs/deploying.md). `pulumi destroy` ends that."
        )

    repository = ecr.repository(service)

    # The tasks' log, made here so that its entries expire.
    log_group = aws.cloudwatch.LogGroup(
        service.name,
        name_prefix=f"/aws/ecs/{service.name}-",
        retention_in_days=service.log_days,
        tags=tags,
    )

    # The role that starts a task: it pulls this image, opens this log and hands over these secrets. The roles come
    # before the image: a new role is not known everywhere for some seconds, and building takes longer than that.
    # Without a build the provider asks ECS again for some minutes.
    execution = aws.iam.Role(
        f"{service.name}-execution", assume_role_policy=assumed_by("ecs-tasks.amazonaws.com"), tags=tags
    )
    may_start = aws.iam.RolePolicy(
        f"{service.name}-execution",
        role=execution.name,
        policy=pulumi.Output.all(ecr.source(service, repository), log_group.arn, account).apply(
            lambda got: _starts(service, *got)
        ),
    )

    # The role that makes the load balancer and the rest. The service cannot get another such role later, and cannot be
    # deleted without the role's rights. So it depends on the attachment, and is deleted first.
    infrastructure = aws.iam.Role(
        f"{service.name}-infrastructure", assume_role_policy=assumed_by("ecs.amazonaws.com"), tags=tags
    )
    may_build = aws.iam.RolePolicyAttachment(
        f"{service.name}-infrastructure",
        role=infrastructure.name,
        policy_arn=f"arn:{partition(service.region)}:iam::aws:policy/{INFRASTRUCTURE}",
    )
    pushed = ecr.push(service, repository.url, [may_start, may_build])

    # The app's own role at AWS, which may do nothing.
    task = aws.iam.Role(
        f"{service.name}-task", assume_role_policy=assumed_by("ecs-tasks.amazonaws.com"), tags=tags
    )
    parameters = secrets.keep(service)

    variables = secrets.stamped(service.variables.plain, secrets.versions(parameters))

    # A cluster of its own, with a new name each time it is made: ECS remembers a deleted service for a while, and
    # takes its name for taken in the same cluster.
    cluster = aws.ecs.Cluster(service.name, tags=tags)
    capacity = aws.ecs.ClusterCapacityProviders(
        service.name, cluster_name=cluster.name, capacity_providers=["FARGATE"]
    )

    # All values that AWS would fill in are set here, or each `up` would find them changed. Only the network is not set:
    # AWS adds a security group of its own to any network that is named.
    express = aws.ecs.ExpressGatewayService(
        service.name,
        service_name=service.name,
        cluster=cluster.name,
        execution_role_arn=execution.arn,
        infrastructure_role_arn=infrastructure.arn,
        task_role_arn=task.arn,
        cpu=f"{(service.cpu or 0) * 1024:.0f}",
        memory=str(service.memory),
        health_check_path=service.app.health,
        primary_container=_container(service, pushed.reference, log_group, account, variables),
        scaling_targets=[
            aws.ecs.ExpressGatewayServiceScalingTargetArgs(
                auto_scaling_metric="AVERAGE_CPU",
                auto_scaling_target_value=BUSY,
                min_task_count=service.min_instances,
                max_task_count=service.max_instances or service.min_instances,
            )
        ],
        # `up` ends when the new release has the traffic, and fails if Express Mode took it back.
        wait_for_steady_state=True,
        tags=tags,
        opts=pulumi.ResourceOptions(
            depends_on=[may_start, may_build, capacity, *parameters.values()],
            # Two of one name cannot be in one cluster.
            delete_before_replace=True,
        ),
    )

    if service.alarm_email:
        watch(service, express)
    budget(service)

    return Deployment(
        url=express.ingress_paths.apply(_public),
        service=service.name,
        outcome=read_back(service, past, pushed, express, variables),
        region=service.region,
        logs=pulumi.Output.concat("aws logs tail ", log_group.name, f" --follow --region {service.region}"),
        console=pulumi.Output.concat(
            f"https://{service.region}.console.aws.amazon.com/ecs/v2/clusters/",
            cluster.name,
            f"/services/{service.name}/health?region={service.region}",
        ),
    )


def _container(
    service: Service,
    image: pulumi.Output[str],
    log_group: "aws.cloudwatch.LogGroup",
    account: pulumi.Output[str],
    variables: Mapping[str, pulumi.Input[str]],
) -> "aws.ecs.ExpressGatewayServicePrimaryContainerArgs":
    """The image with the app's settings and secrets, each list in the order of the names."""
    return aws.ecs.ExpressGatewayServicePrimaryContainerArgs(
        image=image,
        # The entrypoint looks at no argument. Without one AWS says [] for it, which the provider takes for a change,
        # and each `up` would deploy anew.
        commands=["gunicorn"],
        container_port=PORT,
        aws_logs_configurations=[
            aws.ecs.ExpressGatewayServicePrimaryContainerAwsLogsConfigurationArgs(
                log_group=log_group.name, log_stream_prefix="ecs"
            )
        ],
        environments=[
            aws.ecs.ExpressGatewayServicePrimaryContainerEnvironmentArgs(name=name, value=variables[name])
            for name in sorted(variables)
        ],
        secrets=account.apply(lambda number: _handed_over(secrets.arns(service, number)))
        if service.variables.has_secrets
        else None,
    )


def _handed_over(arns: dict[str, str]) -> "list[aws.ecs.ExpressGatewayServicePrimaryContainerSecretArgs]":
    return [
        aws.ecs.ExpressGatewayServicePrimaryContainerSecretArgs(name=name, value_from=arns[name])
        for name in sorted(arns)
    ]


def _starts(service: Service, repository: str, log_group: str, account: str) -> str:
    logs = {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{log_group}:*"}
    return policy(*ecr.pulls(repository), logs, *secrets.rights(service, account, borrowed=False))


def _public(paths: "Sequence[aws.ecs.outputs.ExpressGatewayServiceIngressPath]") -> str:
    """The address that everyone reaches; raises pulumi.RunError if there is none."""
    open_to_all = [path.endpoint for path in paths if path.access_type == "PUBLIC"]
    if not open_to_all:
        raise pulumi.RunError(
            "the service has no public address: ECS Express Mode takes the default VPC's subnets, and these lead to no "
            "internet gateway; docs/deploying.md says what it needs"
        )
    # AWS gives the host with the scheme or without.
    return f"https://{open_to_all[0].removeprefix('https://').rstrip('/')}"
