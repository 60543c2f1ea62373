"""A deployment into the lines that make it: `pulumi config set KEY VALUE` for each key of a stack that it decides."""

import math

from cost.setup import Setup
from platforms import calls_a_function, has, limit, sold

ARCHITECTURES = {"x86": "amd64", "arm64": "arm64"}
HEADROOM = 2
"""How many times the highest average rate is let through, and the most instances at once are allowed."""
STACKS_RATE = 20
"""Requests a second that an HTTP API of a stack lets through if nobody says otherwise."""


def config(setup: Setup, most: int, rate: float) -> dict[str, str]:
    """The keys of a stack and their values.

    most: instances at once in the simulation, which the keys allow. rate: requests a second in the busiest hour.
    """
    platform = setup.platform
    keys: dict[str, object] = {"memory": setup.memory_mb}
    if sold.cpus(platform):
        keys["cpu"] = f"{setup.vcpu.normalize():f}"
    if calls_a_function(platform):
        keys |= {"architecture": ARCHITECTURES[setup.architecture], "door": setup.door}
        keys["snapStart"] = str(setup.snapstart).lower()
        keys |= _throttle(rate) if setup.door == "http-api" else {}
    at_once, kept = sold.concurrency(platform, setup.vcpu), sold.kept_instances(platform)
    if at_once is not None and len(at_once.allowed) > 1:
        keys["concurrency"] = setup.concurrency
    if has(platform, "cpu_of_billed_instances"):
        keys["billing"] = setup.billing
    if len(kept.allowed) > 1:
        keys["minInstances"] = setup.minimum
    if not calls_a_function(platform):
        allowed = sold.instances(platform).allowed
        keys["maxInstances"] = min(HEADROOM * max(most, setup.minimum, 1), allowed[-1])
    if setup.shared and setup.vcpu > 1:
        # A process computes on one vCPU at most.
        keys["environment.WEB_CONCURRENCY"] = math.ceil(setup.vcpu)
    return {key: str(value) for key, value in keys.items()}


def lines(platform: str, keys: dict[str, str]) -> list[str]:
    """What to type, in a stack of the platform's name."""
    return [
        f"pulumi stack select {platform}",
        *(f"pulumi config set {'--path ' if '.' in key else ''}{key} {value}" for key, value in keys.items()),
    ]


def _throttle(rate: float) -> dict[str, object]:
    """What an HTTP API lets through: more than a stack's default if the traffic is more than that."""
    through = math.ceil(rate * HEADROOM)
    if through <= STACKS_RATE:
        return {}
    return {
        "throttleRate": min(through, limit("aws", "throttle_rate")),
        "throttleBurst": min(HEADROOM * through, limit("aws", "throttle_burst")),
    }
