"""The keys of a stack on App Runner."""

import re
from collections.abc import Mapping

from stacks.settings.by_platform import shared
from stacks.settings.table import Platform, Rule

_PUBLIC = "its URL is open to all; closed it would be reached from a VPC only, which this stack does not make"


def keys(_: float | None) -> Mapping[str, Rule | str]:
    """The rule of each key, or why there is none."""
    return {
        "memory": shared.memory("apprunner"),
        "cpu": shared.cpu("apprunner"),
        "architecture": shared.AMD64,
        "timeout": "it gives every request 120 seconds",
        "concurrency": shared.concurrency("apprunner"),
        **shared.always_there("apprunner"),
        "billing": shared.ONE_BILL,
        "door": shared.ONE_DOOR,
        "snapStart": shared.PERMANENT,
        "eventsPath": shared.NO_EVENTS,
        "throttleRate": shared.BOUNDED,
        "throttleBurst": shared.BOUNDED,
        "logDays": "it makes its log groups by itself and keeps them",
        "tracing": "its tracing needs a collector inside the image",
        "canaryPercent": "it moves all traffic to the new release at once",
        "pin": "it keeps no earlier release; deploy the earlier commit instead",
        "access": _PUBLIC,
        "jwtIssuer": _PUBLIC,
        "jwtAudience": _PUBLIC,
        "invokers": _PUBLIC,
        "budget": shared.BUDGET,
        "billingAccount": shared.BUDGET_OF_THE_ACCOUNT,
        "wakeUp": shared.PERMANENT,
        **shared.DOMAIN,
        "domainReady": shared.ONE_STEP,
    }


PLATFORM = Platform(
    keys=keys,
    providers=shared.AWS_REGION,
    images=shared.ECR,
    images_cross_regions=False,
    secrets=shared.SECRETS,
    reserved=re.compile(r"PORT|AWSAPPRUNNER\w*|THREADS|SECRETS_VERSIONS"),
)
