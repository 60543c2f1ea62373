"""The keys of a stack on ECS Express Mode."""

import re
from collections.abc import Mapping

from platforms import limit
from stacks.settings.by_platform import shared
from stacks.settings.table import Platform, Rule

_OPEN = "its load balancer lets everyone in"
_BY_HAND = "the load balancer is Express Mode's own; docs/domain.md says how to add a domain by hand"


def keys(_: float | None) -> Mapping[str, Rule | str]:
    """The rule of each key, or why there is none."""
    return {
        "memory": shared.memory("ecs"),
        "cpu": shared.cpu("ecs"),
        "architecture": shared.AMD64,
        "timeout": "its load balancer gives up a request after 60 seconds of silence",
        "concurrency": "it adds tasks by their CPU; environment.THREADS says how many requests a task works on",
        **shared.always_there("ecs"),
        "billing": shared.ONE_BILL,
        "door": shared.ONE_DOOR,
        "snapStart": shared.PERMANENT,
        "eventsPath": shared.NO_EVENTS,
        "throttleRate": shared.BOUNDED,
        "throttleBurst": shared.BOUNDED,
        "logDays": Rule(limit("aws", "log_days"), default=30),
        "tracing": "its tracing needs a collector beside the image",
        "canaryPercent": "it moves 5% of the traffic to each new release, and the rest minutes later, by itself",
        "pin": "it sends nobody to an earlier release; deploy the earlier commit instead",
        "access": _OPEN,
        "jwtIssuer": _OPEN,
        "jwtAudience": _OPEN,
        "invokers": _OPEN,
        "budget": shared.BUDGET,
        "billingAccount": shared.BUDGET_OF_THE_ACCOUNT,
        "wakeUp": shared.PERMANENT,
        "domain": _BY_HAND,
        "dnsZone": _BY_HAND,
        "domainReady": _BY_HAND,
    }


PLATFORM = Platform(
    keys=keys,
    providers=shared.AWS_REGION,
    images=shared.ECR,
    images_cross_regions=False,
    secrets=shared.SECRETS,
    reserved=re.compile(
        r"PORT|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_CONTAINER_\w+|ECS_\w+|SECRETS_VERSIONS"
    ),
    asks_a_path=True,
    drops_empty_variables=True,
)
