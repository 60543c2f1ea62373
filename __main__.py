"""The Pulumi program: the stack's settings, its platform's resources, its outputs."""

import os

import pulumi
from pulumi.runtime.config import CONFIG

from stacks.settings import ConfigError, read

try:
    service = read(CONFIG.get(), pulumi.get_project(), pulumi.get_stack(), os.environ)
except ConfigError as error:
    raise pulumi.RunError(str(error)) from None

# Each platform's SDK is large, so only the chosen one is imported.
match service.platform:
    case "aws":
        from stacks.aws import deploy
    case "gcp":
        from stacks.gcp import deploy
    case _:
        from stacks.apprunner import deploy

deploy(service).export(service.platform)
