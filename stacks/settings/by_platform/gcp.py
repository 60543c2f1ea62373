"""The keys of a stack on Cloud Run."""

import re
from collections.abc import Mapping

from platforms import limit, sold
from stacks.settings.by_platform import shared
from stacks.settings.table import Platform, Provider, Rule, Store, free

_TOKENS = "with access private it takes Google's identity tokens, and no other issuer's"
_BOUNDED = "maxInstances and concurrency bound what it can cost"


def keys(cpu: float | None) -> Mapping[str, Rule | str]:
    """The rule of each key, or why there is none."""
    return {
        "memory": shared.memory("gcp"),
        "cpu": shared.cpu("gcp"),
        "architecture": shared.AMD64,
        "timeout": Rule(range(1, limit("gcp", "request_timeout_maximum") + 1), default=60),
        "concurrency": shared.concurrency("gcp", cpu),
        "minInstances": Rule(sold.kept_instances("gcp").allowed, default=0),
        # Low, because whoever finds the URL spends its owner's money.
        "maxInstances": Rule(sold.instances("gcp").allowed, default=4),
        "billing": Rule(("request", "instance")),
        "door": shared.ONE_DOOR,
        "snapStart": "it starts containers and restores none; minInstances keeps some ready",
        "eventsPath": shared.NO_EVENTS,
        "throttleRate": _BOUNDED,
        "throttleBurst": _BOUNDED,
        "logDays": "Cloud Logging keeps logs for 30 days, which is set for the whole Google Cloud project",
        "tracing": "it traces a sample of the requests by itself",
        "canaryPercent": shared.SHARE,
        "pin": free("a revision or a digest from `pulumi stack output releases`"),
        "access": Rule(("public", "private"), "public, or private with Google's identity tokens"),
        "jwtIssuer": _TOKENS,
        "jwtAudience": _TOKENS,
        "invokers": free("with access private"),
        "budget": shared.BUDGET,
        "billingAccount": free("its ID, from `gcloud billing accounts list`"),
        "wakeUp": "a service that is idle for long starts like any other",
        **shared.DOMAIN,
        "domainReady": shared.ONE_STEP,
    }


PLATFORM = Platform(
    keys=keys,
    providers={
        "gcp:region": Provider(("GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"), "us-central1"),
        "gcp:project": Provider(
            ("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"),
            "MY-PROJECT",
        ),
    },
    images=Store(
        re.compile(
            r"(?P<region>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[a-z0-9:.-]+)/(?P<name>[a-z0-9._/-]+)@(?P<digest>sha256:[0-9a-f]{64})"
        ),
        "REGION-docker.pkg.dev/PROJECT/REPOSITORY/app@sha256:DIGEST",
    ),
    images_cross_regions=True,
    secrets=Store(
        re.compile(r"(projects/[a-z0-9:.-]+/secrets/)?[\w-]{1,255}", re.ASCII),
        "a secret's name in Secret Manager, such as api-key or projects/MY-PROJECT/secrets/api-key",
    ),
    reserved=re.compile(
        r"PORT|K_SERVICE|K_REVISION|K_CONFIGURATION|X_GOOGLE_\w+|GOOGLE_CLOUD_PROJECT|THREADS"
    ),
)
