"""The keys of a stack on AWS Lambda."""

import re
from collections.abc import Mapping

from platforms import limit, sold
from stacks.settings.by_platform import shared
from stacks.settings.table import Platform, Rule, free


def keys(_: float | None) -> Mapping[str, Rule | str]:
    """The rule of each key, or why there is none."""
    # One second less than the HTTP API waits, so that the function ends first and says so in its log.
    usual, longest = limit("aws", "request_timeout") - 1, limit("aws", "function_timeout_maximum")
    return {
        "memory": shared.memory("aws"),
        "cpu": "CPU comes with memory, one vCPU for 1,769 MB",
        "architecture": Rule(("amd64", "arm64")),
        "timeout": Rule(range(1, longest + 1), f"1 to {usual}, with a function URL to {longest}", usual),
        "concurrency": shared.concurrency("aws"),
        "minInstances": Rule(sold.kept_instances("aws").allowed, default=0),
        "maxInstances": Rule(sold.instances("aws").allowed),
        "billing": shared.ONE_BILL,
        "door": Rule(("http-api", "function-url")),
        "snapStart": shared.SWITCH,
        "eventsPath": free("a path of the app, such as /events"),
        # Low, because whoever finds the URL spends its owner's money: at 512 MB and 100 ms at most some $4 a day.
        "throttleRate": Rule(range(1, limit("aws", "throttle_rate") + 1), default=20),
        "throttleBurst": Rule(range(1, limit("aws", "throttle_burst") + 1), default=50),
        "logDays": Rule(limit("aws", "log_days"), default=30),
        "tracing": shared.SWITCH,
        "canaryPercent": shared.SHARE,
        "pin": free("a version or a digest from `pulumi stack output releases`"),
        "access": Rule(("public", "jwt", "private")),
        "jwtIssuer": free("with access jwt"),
        "jwtAudience": free("with access jwt"),
        "invokers": "the account's own policies decide who may call it; docs/access.md has one",
        "budget": shared.BUDGET,
        "billingAccount": shared.BUDGET_OF_THE_ACCOUNT,
        "wakeUp": shared.SWITCH,
        **shared.DOMAIN,
        "domainReady": shared.SWITCH,
    }


PLATFORM = Platform(
    keys=keys,
    providers=shared.AWS_REGION,
    images=shared.ECR,
    images_cross_regions=False,
    secrets=shared.SECRETS,
    reserved=re.compile(
        r"AWS_LAMBDA_\w+|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|"
        r"AWS_SESSION_TOKEN|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR|SECRETS_FROM|INVOKE_MODE|EVENTS_PATH"
    ),
)
