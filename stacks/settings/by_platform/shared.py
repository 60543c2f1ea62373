"""Rules, reasons and facts that several platforms share."""

import re
from decimal import Decimal

from platforms import sold
from stacks.settings.declared import KEYS
from stacks.settings.table import Provider, Rule, Store, free

BUDGET = Rule(range(1, 1_000_001))  # dollars a month
SWITCH = Rule((False, True))
SHARE = Rule(range(101))  # percent
AMD64 = Rule(("amd64",))
DOMAIN = {"domain": free("a host name"), "dnsZone": free("with domain")}

ONE_BILL = "it has one way to bill, which docs/cost.md describes"
ONE_DOOR = "there is one way in, and it streams"
NO_EVENTS = (
    "all that comes in there is HTTP: let Pub/Sub, EventBridge or a scheduler send a request to a route"
)
BUDGET_OF_THE_ACCOUNT = "a budget at AWS belongs to the account itself"
BOUNDED = "maxInstances bounds what it can cost"
PERMANENT = "an instance is awake all the time"
ONE_STEP = "a domain takes one step there"

AWS_REGION = {"aws:region": Provider(("AWS_REGION", "AWS_DEFAULT_REGION"), "us-east-1")}
ECR = Store(
    re.compile(
        r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<name>[a-z0-9._/-]+)@(?P<digest>sha256:[0-9a-f]{64})"
    ),
    "ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:DIGEST",
)
SECRETS_MANAGER = re.compile(
    r"arn:aws[a-z-]*:secretsmanager:(?P<region>[a-z0-9-]+):\d{12}:secret:(?P<name>[\w/+=.@-]+)-[A-Za-z0-9]{6}"
)
_PARAMETER = r"(?!/?(?i:aws|ssm))(/[\w.-]+)+|(?!(?i:aws|ssm))[\w.-]+"
SECRETS = Store(
    re.compile(f"{_PARAMETER}|{SECRETS_MANAGER.pattern}"),
    "the name of a parameter, such as /shop/api-key, or the ARN of a secret in Secrets Manager",
)


def memory(platform: str) -> Rule:
    """All sizes that are sold with some CPU; `rules.combinations` says which do not go with the chosen one."""
    return Rule(sold.memories(platform))


def cpu(platform: str) -> Rule:
    """Every CPU that is sold; the default is the one that goes with the default of memory."""
    allowed, memory = sold.cpus(platform), KEYS["memory"]
    # Someone may have declared a size in Pulumi.yaml that this platform does not sell; memory's own rule says so.
    usual = sold.cpu_with(platform, int(memory)) if memory in sold.memories(platform) else allowed[0]
    return Rule(tuple(map(float, allowed)), sold.cpus_in_words(platform), float(usual))


def concurrency(platform: str, cpu: float | None = None) -> Rule:
    """All numbers that are sold with some CPU; `rules.combinations` says what does not go with the chosen one."""
    usual, any_cpu = sold.concurrency(platform, exact(cpu)), sold.concurrency(platform)
    return Rule(any_cpu.allowed if any_cpu else (), default=usual.default if usual else None)


def exact(cpu: float | None) -> Decimal | None:
    """The decimal that a user typed."""
    return None if cpu is None else Decimal(str(cpu))


def always_there(platform: str) -> dict[str, Rule]:
    """Instances that are there without traffic, few at most: each costs by the hour."""
    instances = sold.kept_instances(platform).allowed
    return {"minInstances": Rule(instances, default=1), "maxInstances": Rule(instances, default=2)}
