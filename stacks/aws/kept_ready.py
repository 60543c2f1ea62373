"""Keeps instances of a version initialised, whether someone calls or not: Lambda's provisioned concurrency.

They belong to the version that serves, not to the alias. On an alias, AWS moves them to a new version by weights of its
own, and forbids other changes meanwhile: https://github.com/hashicorp/terraform/issues/24957. If the new version does
not start, the weights stay: https://github.com/gradientedge/cdk-utils/pull/1110. On a version, the next one's instances
are ready before the alias names it. If they do not start, the `up` ends, and the traffic stays where it is.
"""

import pulumi
import pulumi_aws as aws

from stacks.releases import History
from stacks.settings import Service


def check(service: Service, past: History, primary: str | None) -> None:
    """Raise pulumi.RunError if `primary`, the version that keeps the traffic, can have no such instances."""
    if service.min_instances and primary and past.has_snapshot(primary):
        other = "pin" if service.pin else "canaryPercent"
        raise pulumi.RunError(
            f"minInstances: it is {service.min_instances}, and version {primary}, which keeps the traffic, was "
            f"published with SnapStart, which does not go with it; type `pulumi config rm {other}` to give the "
            "traffic to the newest version, or `pulumi config rm minInstances`"
        )


def keep_ready(
    service: Service, function: "aws.lambda_.Function", version: pulumi.Input[str]
) -> "aws.lambda_.ProvisionedConcurrencyConfig | None":
    """The instances that are kept of `version`, initialised when this is made; None if none are asked for."""
    if not service.min_instances:
        return None
    most = service.max_instances
    return aws.lambda_.ProvisionedConcurrencyConfig(
        service.name,
        function_name=function.name,
        qualifier=version,
        provisioned_concurrent_executions=service.min_instances,
        opts=pulumi.ResourceOptions(
            # AWS counts those of both versions against the reserved concurrency. If there is no room for both, the old
            # ones go first, and until the new ones are ready every instance starts on demand.
            delete_before_replace=most is not None and most < 2 * service.min_instances
        ),
    )
