"""The Pulumi program: the stack's settings, its platform's resources, its outputs."""

import os
from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from stacks.deployment import deploy
from stacks.releases import last_outputs, remembered
from stacks.settings import ConfigError, read
from stacks.settings.stack_file import secrecy


async def main() -> pulumi.Inputs:
    """Deploy what the stack's settings describe; the result is the stack's outputs."""
    project, stack = pulumi.get_project(), pulumi.get_stack()
    try:
        is_secret = secrecy(Path(f"Pulumi.{stack}.yaml"), is_config_secret)
        service = read(CONFIG.get(), project, stack, os.environ, is_secret)
    except ConfigError as error:
        raise pulumi.RunError(str(error)) from None
    last = await last_outputs()

    deployment = deploy(service, remembered(last, service))
    deployment.check()
    return deployment.outputs(service.platform, last)


pulumi.run(main)
