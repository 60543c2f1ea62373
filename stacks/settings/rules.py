"""What each platform takes for each key: its default, what it allows, and why some keys are not for it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

import platforms
from platforms import sold

Value = str | int | float | bool

# Keys whose neutral value ("" or 0) leaves the choice to the platform.
LEFT_OPEN = frozenset(
    {
        "cpu",
        "timeout",
        "concurrency",
        "minInstances",
        "maxInstances",
        "throttleRate",
        "throttleBurst",
        "logDays",
        "budget",
        "billingAccount",
    }
)
# Keys that mean the same everywhere; what they may hold is no matter of the platform.
COMMON = frozenset({"platform", "app", "appDir", "image", "otlpEndpoint", "alarmEmail"})

# Platforms whose health check asks for a path; the others look at the port as well.
ASKS_A_PATH = frozenset({"ecs"})

# Keys that hold a text which no list can give.
FREE = frozenset(
    {"pin", "eventsPath", "billingAccount", "jwtIssuer", "jwtAudience", "invokers", "domain", "dnsZone"}
)

_BY_IAM = "whoever the account's own policies let call it may; docs/access.md has one"
_OPEN = "its load balancer lets everyone in"
_PUBLIC = "its URL is open to all; closed it would be reached from a VPC only, which this stack does not make"
_PERMANENT = "an instance is awake all the time"
_ACCOUNT = "a budget at AWS belongs to the account itself"
_BOUNDED = "maxInstances bounds what it can cost"
_BY_HAND = "the load balancer is Express Mode's own; docs/domain.md says how to add a domain by hand"
_ROLLING = "it moves 5% of the traffic to each new release, and the rest minutes later, by itself"
_ONE_DOOR = "there is one way in, and it streams"
_NO_EVENTS = (
    "all that comes in there is HTTP: let Pub/Sub, EventBridge or a scheduler send a request to a route"
)
_TOKENS = "with access private it takes Google's identity tokens, and no other issuer's"

WHY_NOT = {
    **{(platform, "door"): _ONE_DOOR for platform in ("gcp", "apprunner", "ecs")},
    **{(platform, "eventsPath"): _NO_EVENTS for platform in ("gcp", "apprunner", "ecs")},
    ("aws", "invokers"): _BY_IAM,
    ("gcp", "jwtIssuer"): _TOKENS,
    ("gcp", "jwtAudience"): _TOKENS,
    **{("apprunner", key): _PUBLIC for key in ("access", "jwtIssuer", "jwtAudience", "invokers")},
    **{("ecs", key): _OPEN for key in ("access", "jwtIssuer", "jwtAudience", "invokers")},
    **{(platform, "billingAccount"): _ACCOUNT for platform in ("aws", "apprunner", "ecs")},
    ("gcp", "wakeUp"): "a service that is idle for long starts like any other",
    ("apprunner", "wakeUp"): _PERMANENT,
    ("ecs", "wakeUp"): _PERMANENT,
    ("aws", "cpu"): "CPU comes with memory, one vCPU for 1,769 MB",
    ("aws", "minInstances"): "it keeps no instance for a function that nobody calls",
    ("gcp", "throttleRate"): "maxInstances and concurrency bound what it can cost",
    ("gcp", "throttleBurst"): "maxInstances and concurrency bound what it can cost",
    (
        "gcp",
        "logDays",
    ): "Cloud Logging keeps logs for 30 days, which is set for the whole Google Cloud project",
    ("gcp", "tracing"): "it traces a sample of the requests by itself",
    ("gcp", "domainReady"): "a domain takes one step there",
    ("apprunner", "timeout"): "it gives every request 120 seconds",
    ("apprunner", "throttleRate"): _BOUNDED,
    ("apprunner", "throttleBurst"): _BOUNDED,
    ("apprunner", "logDays"): "it makes its log groups by itself and keeps them",
    ("apprunner", "tracing"): "its tracing needs a collector inside the image",
    ("apprunner", "canaryPercent"): "it moves all traffic to the new release at once",
    ("apprunner", "pin"): "it keeps no earlier release; deploy the earlier commit instead",
    ("apprunner", "domainReady"): "a domain takes one step there",
    ("ecs", "timeout"): "its load balancer gives up a request to which it hears nothing for 60 seconds",
    (
        "ecs",
        "concurrency",
    ): "it adds tasks by their CPU; environment.THREADS says how many requests a task works on",
    ("ecs", "throttleRate"): _BOUNDED,
    ("ecs", "throttleBurst"): _BOUNDED,
    ("ecs", "tracing"): "its tracing needs a collector beside the image",
    ("ecs", "canaryPercent"): _ROLLING,
    ("ecs", "pin"): "it sends nobody to an earlier release; deploy the earlier commit instead",
    **{("ecs", key): _BY_HAND for key in ("domain", "dnsZone", "domainReady")},
}


@dataclass(frozen=True)
class Rule:
    """A key on one platform: the value where none is set, what is allowed, and the same in words."""

    default: Value | None
    allowed: Collection[Value]
    words: str = ""

    def __str__(self) -> str:
        """What is allowed, as an error and the documentation say it."""
        if self.words:
            return self.words
        if isinstance(self.allowed, range):
            return (
                f"{self.allowed[0]} to {self.allowed[-1]}" if len(self.allowed) > 1 else f"{self.allowed[0]}"
            )
        return ", ".join(str(value).lower() for value in self.allowed)


def rules(platform: str, cpu: float | None = None) -> dict[str, Rule]:
    """The rule of each key that `platform` takes; `cpu` is what its user chose, for what follows from it."""
    match platform:
        case "aws":
            return _lambda()
        case "gcp":
            return _cloud_run(cpu)
        case "apprunner":
            return _app_runner()
        case "ecs":
            return _ecs()
        case other:
            raise NotImplementedError(f"no rules for {other!r}")


def combinations(platform: str, values: Mapping[str, Value | None]) -> list[str]:
    """What is wrong with `values` together, each of which is allowed by itself or None, where nothing is said of it."""
    problems = list[str]()
    cpu, memory, concurrency = values["cpu"], values["memory"], values["concurrency"]
    title = platforms.TITLES[platform]
    if isinstance(cpu, float):
        fitting = sold.memories(platform, _exact(cpu))
        if isinstance(memory, int) and memory not in fitting:
            allowed = (
                f"{fitting[0]} to {fitting[-1]}"
                if isinstance(fitting, range)
                else " or ".join(map(str, fitting))
            )
            problems.append(f"memory: it is {memory}; with cpu {cpu:g} {title} allows {allowed}")
        at_once = sold.concurrency(platform, _exact(cpu))
        if at_once and concurrency is not None and concurrency not in at_once.allowed:
            problems.append(
                f"concurrency: it is {concurrency}; with cpu {cpu:g}, less than 1, {title} allows {at_once}"
            )
    least, most = values["minInstances"], values["maxInstances"]
    if isinstance(least, int) and isinstance(most, int) and least > most:
        problems.append(f"minInstances: it is {least}; at most maxInstances is allowed, which is {most}")
    return problems


def watching(email: str, budget: object, account: str, platform: str) -> list[str]:
    """What is wrong with the guards: an address that is none, or a budget of which nobody could be told."""
    problems = list[str]()
    if email and not EMAIL.fullmatch(email):
        problems.append(f"alarmEmail: it is {email!r}; allowed is one address, such as ops@example.com")
    if budget and not email:
        problems.append(
            f"budget: it is {budget}, but nobody would be told; type `pulumi config set alarmEmail ops@example.com`"
        )
    if platform == "gcp":
        if account and not BILLING_ACCOUNT.fullmatch(account):
            problems.append(
                f"billingAccount: it is {account!r}; allowed is its ID, such as 0A1B2C-3D4E5F-6A7B8C, "
                "which `gcloud billing accounts list` shows"
            )
        elif budget and not account:
            problems.append(
                f"budget: it is {budget}, and Google Cloud keeps budgets with the billing account; "
                "type `pulumi config set billingAccount ID`, which `gcloud billing accounts list` shows"
            )
    return problems


EMAIL = re.compile(r"[^@\s]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
BILLING_ACCOUNT = re.compile(r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}")
BUDGET = Rule(None, range(1, 1_000_001))  # dollars a month
DOMAIN = {"domain": Rule("", (), "a host name"), "dnsZone": Rule("", (), "with domain")}


def _lambda() -> dict[str, Rule]:
    # One second less than the HTTP API waits, so that it is the function that ends and says so in its log.
    usual, longest = (
        platforms.limit("aws", "request_timeout") - 1,
        platforms.limit("aws", "function_timeout_maximum"),
    )
    return {
        "memory": Rule(512, sold.memories("aws")),
        "architecture": Rule("amd64", ("amd64", "arm64")),
        "timeout": Rule(usual, range(1, longest + 1), f"1 to {usual}, with a function URL to {longest}"),
        "concurrency": _concurrency("aws"),
        "maxInstances": Rule(None, sold.instances("aws").allowed),
        "door": Rule("http-api", ("http-api", "function-url")),
        "eventsPath": Rule("", (), "a path of the app, such as /events"),
        # Low, because whoever finds the URL spends its owner's money: at 512 MB and 100 ms at most some $4 a day.
        "throttleRate": Rule(20, range(1, platforms.limit("aws", "throttle_rate") + 1)),
        "throttleBurst": Rule(50, range(1, platforms.limit("aws", "throttle_burst") + 1)),
        "logDays": Rule(30, platforms.limit("aws", "log_days")),
        "tracing": Rule(False, (False, True)),  # noqa: FBT003
        "canaryPercent": Rule(100, range(101)),
        "pin": Rule("", (), "a version or a digest from `pulumi stack output releases`"),
        "access": Rule("public", ("public", "jwt", "private")),
        "jwtIssuer": Rule("", (), "with access jwt"),
        "jwtAudience": Rule("", (), "with access jwt"),
        "budget": BUDGET,
        "wakeUp": Rule(True, (False, True)),  # noqa: FBT003
        **DOMAIN,
        "domainReady": Rule(False, (False, True)),  # noqa: FBT003
    }


def _cloud_run(cpu: float | None) -> dict[str, Rule]:
    return {
        "memory": Rule(512, sold.memories("gcp")),
        "cpu": _cpu("gcp"),
        "architecture": Rule("amd64", ("amd64",)),
        "timeout": Rule(60, range(1, platforms.limit("gcp", "request_timeout_maximum") + 1)),
        "concurrency": _concurrency("gcp", cpu),
        "minInstances": Rule(0, sold.kept_instances("gcp").allowed),
        # Low, because whoever finds the URL spends its owner's money.
        "maxInstances": Rule(4, sold.instances("gcp").allowed),
        "canaryPercent": Rule(100, range(101)),
        "pin": Rule("", (), "a revision or a digest from `pulumi stack output releases`"),
        "access": Rule("public", ("public", "private"), "public, or private with Google's identity tokens"),
        "invokers": Rule("", (), "with access private"),
        "budget": BUDGET,
        "billingAccount": Rule("", (), "its ID, from `gcloud billing accounts list`"),
        **DOMAIN,
    }


def _app_runner() -> dict[str, Rule]:
    return {
        **_sold_in_sizes("apprunner"),
        "concurrency": _concurrency("apprunner"),
        **DOMAIN,
        **_always_there("apprunner"),
    }


def _ecs() -> dict[str, Rule]:
    return {
        **_sold_in_sizes("ecs"),
        "logDays": Rule(30, platforms.limit("aws", "log_days")),
        **_always_there("ecs"),
    }


def _sold_in_sizes(platform: str) -> dict[str, Rule]:
    return {
        "memory": Rule(512, sold.memories(platform)),
        "cpu": _cpu(platform),
        "architecture": Rule("amd64", ("amd64",)),
    }


def _cpu(platform: str) -> Rule:
    allowed = tuple(map(float, sold.cpus(platform)))
    return Rule(float(sold.cpu_with(platform, 512)), allowed, sold.cpus_in_words(platform))


def _concurrency(platform: str, cpu: float | None = None) -> Rule:
    """All numbers that are sold with some CPU; `combinations` says what does not go with the chosen one."""
    usual, any_cpu = sold.concurrency(platform, _exact(cpu)), sold.concurrency(platform)
    return Rule(usual.default if usual else None, any_cpu.allowed if any_cpu else ())


def _exact(cpu: float | None) -> Decimal | None:
    return None if cpu is None else Decimal(str(cpu))


def _always_there(platform: str) -> dict[str, Rule]:
    """Instances that are there without traffic, few at most: each costs by the hour."""
    instances = sold.kept_instances(platform).allowed
    return {"budget": BUDGET, "minInstances": Rule(1, instances), "maxInstances": Rule(2, instances)}
