"""What App Runner says of a service after a deployment, which no data source of the provider does."""

from collections.abc import Mapping
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
    app_runner: aws.apprunner.Service,
    variables: Mapping[str, pulumi.Input[str]],
) -> pulumi.Output[Outcome]:
    """The stack's outputs from the service as it is."""
    live = aws.apprunner.Service.get(
        f"{service.name}-live", id=app_runner.arn, opts=pulumi.ResourceOptions(depends_on=[app_runner])
    )
    asked = {"cpu": f"{service.cpu:g}", "memory": str(service.memory)}
    return pulumi.Output.all(
        pushed.reference,
        pushed.build,
        variables,
        live.source_configuration.apply(running_of),
        live.instance_configuration.apply(settings_of),
    ).apply(
        lambda got: outcome(
            Asked(got[0], got[1], asked, got[2]), replace(got[3], settings=got[4]), past, service.platform
        )
    )


def settings_of(instance: Any) -> dict[str, str]:
    """The size of a service's instances."""
    return sizes.settings(instance.cpu, instance.memory)


def running_of(source: Any) -> Running:
    """What runs, out of a service's source; a deployment that failed has gone back to what was before."""
    repository = source.image_repository
    image = repository.image_identifier
    configuration = repository.image_configuration
    # App Runner keeps no releases, so the digest is all that there is to name one by.
    digest = digest_of(image)
    return Running(
        digest,
        image,
        {},
        (configuration.runtime_environment_variables if configuration else None) or {},
        {digest: 100},
    )
