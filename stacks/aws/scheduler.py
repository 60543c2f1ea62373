"""The rights of EventBridge Scheduler, which calls Lambda in the name of a role."""

import pulumi
import pulumi_aws as aws

from stacks.aws_shared.iam import assumed_by_this_account, policy
from stacks.settings import Service


def scheduler_role(
    service: Service, name: str, account: pulumi.Output[str], action: str, resource: pulumi.Output[str]
) -> "tuple[aws.iam.Role, aws.iam.RolePolicy]":
    """A role that this account's scheduler may take, and its only right: one action on one resource."""
    role = aws.iam.Role(
        name,
        assume_role_policy=account.apply(
            lambda number: assumed_by_this_account("scheduler.amazonaws.com", number)
        ),
        tags=service.labels,
    )
    right = aws.iam.RolePolicy(
        name,
        role=role.name,
        policy=resource.apply(lambda arn: policy({"Action": action, "Resource": arn})),
    )
    return role, right
