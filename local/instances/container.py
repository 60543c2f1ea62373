"""An instance's settings to the command line of podman or docker that runs it, and what that asks of its image."""

import asyncio
import json
import os

from local.settings import Settings

# Where a folder of this machine is in a container that is to find it first on its PYTHONPATH.
FIRST = "/opt/scale-to-zero-first"


async def image_python_path(settings: Settings) -> str:
    """The PYTHONPATH that the image sets, "" if it sets none."""
    assert settings.image is not None  # noqa: S101 - checked by require_engine
    command = [settings.engine, "image", "inspect", "--format", "{{json .Config.Env}}", settings.image]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    variables = dict(entry.partition("=")[::2] for entry in json.loads(output) or ())
    return variables.get("PYTHONPATH", "")


def command_of(
    settings: Settings,
    name: str,
    variables: dict[str, str],
    port: int | None,
    system: str,
    secret: frozenset[str] = frozenset(),
) -> list[str]:
    """The engine's command line; `system` is sys.platform. It has only the names of `secret` variables, no values."""
    command = [settings.engine, "run", "--rm", "--name", name_of(name), *settings.engine_options]
    # Lambda's root is read-only except for /tmp, and the image has to run on all platforms.
    command += ["--read-only", "--tmpfs", "/tmp", "--memory", f"{settings.memory}m"]  # noqa: S108
    if system == "linux":
        command += ["--network", "host"]
        variables = {"HOST": "127.0.0.1"} | variables
    elif port:
        command += ["--publish", f"127.0.0.1:{port}:{port}"]
    for key, value in variables.items():
        # Every user of this machine can read a command line. The engine takes a missing value from its own environment.
        command += ["--env", key if key in secret else f"{key}={value}"]
    assert settings.image is not None  # noqa: S101 - checked by require_engine
    return [*command, settings.image]


def name_of(name: str) -> str:
    """The container's name: no two emulators of one machine share it."""
    return f"scale-to-zero-{os.getpid()}-{name}"
