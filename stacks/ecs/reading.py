"""What ECS says of an Express Mode service after a deployment, which no data source of the provider does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws

from stacks.aws_shared import sizes
from stacks.image import Pushed
from stacks.releases import History
from stacks.running import Asked, Outcome, Running, digest_of, outcome
from stacks.settings import Service


def read_back(
    service: Service,
    past: History,
    pushed: Pushed,
    express: aws.ecs.ExpressGatewayService,
    variables: Mapping[str, pulumi.Input[str]],
) -> pulumi.Output[Outcome]:
    """The stack's outputs from the service as it is."""
    live = aws.ecs.ExpressGatewayService.get(
        f"{service.name}-live", id=express.service_arn, opts=pulumi.ResourceOptions(depends_on=[express])
    )
    asked = {"cpu": f"{service.cpu:g}", "memory": str(service.memory)}
    return pulumi.Output.all(
        pushed.reference,
        pushed.build,
        variables,
        live.primary_container.apply(running_of),
        live.cpu,
        live.memory,
    ).apply(
        lambda got: outcome(
            Asked(got[0], got[1], asked, got[2]),
            replace(got[3], settings=sizes.settings(got[4], got[5])),
            past,
            service.platform,
        )
    )


def running_of(container: Any) -> Running:
    """What runs, out of a service's container; a deployment that failed has gone back to what was before."""
    told: Sequence[Any] = container.environments or []
    # ECS keeps earlier revisions but sends nobody there, so the digest is all that there is to name one by.
    digest = digest_of(container.image)
    variables = {entry.name: entry.value for entry in told}
    return Running(digest, container.image, {}, variables, {digest: 100})
