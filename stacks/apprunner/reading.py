"""What App Runner says of a service after a deployment. No data source of the provider reads it."""

from collections.abc import Mapping
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
    app_runner: "aws.apprunner.Service",
    variables: Mapping[str, pulumi.Input[str]],
) -> pulumi.Output[Outcome]:
    """The stack's outputs from the service as it is."""

    def read(id_: str) -> pulumi.Output[Running]:
        live = aws.apprunner.Service.get(
            f"{service.name}-live", id=id_, opts=pulumi.ResourceOptions(depends_on=[app_runner])
        )
        size = live.instance_configuration.apply(lambda of: sizes.settings(of.cpu, of.memory))
        return pulumi.Output.all(live.source_configuration.apply(running_of), size).apply(
            lambda got: replace(got[0], settings=got[1])
        )

    return reading.compared(service, past, pushed, variables, read_at(app_runner.arn, read))


def running_of(source: Any) -> Running:
    """What runs, out of a service's source.

    After a deployment that failed, App Runner runs the image of the one before, and `source` has that image.
    """
    repository = source.image_repository
    configuration = repository.image_configuration
    variables = (configuration.runtime_environment_variables if configuration else None) or {}
    return reading.running(repository.image_identifier, variables)
