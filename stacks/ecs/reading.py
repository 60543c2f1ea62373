"""What ECS says of an Express Mode service after a deployment. No data source of the provider reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws

from stacks.aws_shared import reading, sizes
from stacks.image import Pushed
from stacks.reading import read_at
from stacks.releases import History
from stacks.running import Outcome, Running
from stacks.settings import Service


def read_back(
    service: Service,
    past: History,
    pushed: Pushed,
    express: "aws.ecs.ExpressGatewayService",
    variables: Mapping[str, pulumi.Input[str]],
) -> pulumi.Output[Outcome]:
    """The stack's outputs from the service as it is."""

    def read(id_: str) -> pulumi.Output[Running]:
        live = aws.ecs.ExpressGatewayService.get(
            f"{service.name}-live", id=id_, opts=pulumi.ResourceOptions(depends_on=[express])
        )
        return pulumi.Output.all(live.primary_container.apply(running_of), live.cpu, live.memory).apply(
            lambda got: replace(got[0], settings=sizes.settings(got[1], got[2]))
        )

    return reading.compared(service, past, pushed, variables, read_at(express.service_arn, read))


def running_of(container: Any) -> Running:
    """What runs, out of a service's container; ECS keeps earlier revisions, but sends them no requests.

    After a deployment that failed, `container` is that of the revision before.
    """
    environment: Sequence[Any] = container.environments or []
    variables = {entry.name: entry.value for entry in environment}
    return reading.running(container.image, variables)
