"""Turns a stack's configuration, as the engine gives it, into a checked Service, or raises all errors at once."""

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import platforms
from appfolder import settings as appfolder
from appfolder.settings import App
from stacks.settings import access, by_platform, doors, otlp, rules, variables
from stacks.settings import image as images
from stacks.settings.declared import KEYS, Value
from stacks.settings.keys import typed
from stacks.settings.names import label, resource_name
from stacks.settings.stack_file import IsSecret
from stacks.settings.variables import Variables
from usererror import UserError

# What a budget needs besides on Google Cloud, each with the variables that may hold it instead.
BILLING_KEYS = {
    "gcp:billingProject": ("GOOGLE_BILLING_PROJECT",),
    "gcp:userProjectOverride": ("USER_PROJECT_OVERRIDE",),
}

HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


class ConfigError(Exception):
    """What is wrong with the configuration: `problems`, one sentence for each key that needs a change."""

    def __init__(self, problems: Sequence[str]) -> None:
        """`problems` are whole lines without an end, each naming its key, its value and what is allowed."""
        self.problems = tuple(problems)
        count = "One setting needs" if len(self.problems) == 1 else f"{len(self.problems)} settings need"
        super().__init__(
            "\n".join([f"{count} a change; nothing was deployed.", *(f"  {line}" for line in problems)])
        )


@dataclass(frozen=True, kw_only=True)
class Service:
    """The settings of a service on any platform: a field for each key, under the key's name in snake case.

    A field's default holds on a platform that has no such key.
    """

    platform: str
    name: str  # 6 to 30 of a-z, 0-9 and "-", from project and stack: fit for every platform's resources
    labels: dict[str, str]  # on every resource that takes tags or labels
    region: str
    cloud_project: str  # Google Cloud's project, "" elsewhere
    app: App  # as app.toml, the environment and the keys app and appDir say
    image: str  # REPOSITORY@sha256:DIGEST of another stack, or "" to build one
    memory: int  # MB
    cpu: float | None = None  # vCPU
    architecture: str  # amd64 or arm64
    timeout: int | None = None  # seconds
    concurrency: int | None = None  # requests an instance
    min_instances: int = 0
    max_instances: int | None = None
    billing: str = "request"  # or instance on gcp
    door: str = "http-api"  # or function-url on aws
    snap_start: bool = False
    events_path: str = ""  # of the app, for events that are no HTTP requests
    throttle_rate: int | None = None  # requests a second
    throttle_burst: int | None = None  # requests
    log_days: int | None = None
    tracing: bool = False
    otlp_endpoint: str  # where OpenTelemetry sends traces, "" for none and an image without it
    canary_percent: int = 100  # of the traffic, for the newest release
    pin: str = ""  # a version, a revision or a digest
    access: str = "public"  # public, jwt or private
    jwt_issuer: str = ""
    jwt_audience: str = ""  # several are separated by commas
    invokers: str = ""  # likewise; IAM members of Google Cloud
    alarm_email: str  # "": no alarm and no budget sends an email
    budget: int | None = None  # dollars a month
    billing_account: str = ""  # Google Cloud's
    wake_up: bool = False
    domain: str = ""
    dns_zone: str = ""
    domain_ready: bool = False
    variables: Variables  # the app's own settings and secrets


def read(
    config: Mapping[str, str],
    project: str,
    stack: str,
    environment: Mapping[str, str],
    is_secret: IsSecret = lambda key, _: key.endswith(":secretValues"),
) -> Service:
    """The Service that `config` describes: full keys ("PROJECT:memory", "aws:region") with their text.

    `is_secret` says of a value in a map whether it was set as a secret. Raises ConfigError with every problem found.
    """
    values, unread, problems = typed(config, project)
    platform = str(values["platform"]) or stack
    if platform not in platforms.NAMES:
        raise ConfigError([*problems, _no_platform(str(values["platform"]), stack)])

    provider, missing = _provider_settings(config, environment, platform)
    region = provider.get("aws:region") or provider.get("gcp:region", "")
    image, endpoint = str(values["image"]), str(values["otlpEndpoint"])
    app, unknown_app = _app(values, environment, platform)
    variables_read, unfit = variables.read(config, project, platform, region, is_secret, endpoint)
    chosen, wrong = _chosen(values, platform, unread)
    problems += [
        *images.problems(image, {key: str(values[key]) for key in ("app", "appDir")}, platform, region),
        *otlp.problems(endpoint, image),
        *rules.watching(str(values["alarmEmail"]), values["budget"], str(values["billingAccount"]), platform),
        *_billed(config, environment, platform, values["budget"]),
        *access.problems(values, platform),
        *doors.problems(values, platform),
        *unfit,
        *missing,
        *_refused(values, platform),
        *wrong,
        *unknown_app,
        *_domain(values, platform),
        *rules.combinations(platform, chosen),
    ]
    if problems or app is None:
        raise ConfigError(problems)
    return Service(
        **_fields(chosen),
        platform=platform,
        name=resource_name(project, stack),
        labels={"project": label(project), "stack": label(stack), "managed-by": "pulumi"},
        region=region,
        cloud_project=provider.get("gcp:project", ""),
        app=app,
        events_path=str(values["eventsPath"]).rstrip("/"),
        variables=variables_read,
    )


def _fields(chosen: Mapping[str, Value | None]) -> dict[str, Any]:
    """The chosen values, by the name of Service's field; `read` itself gives fields that depend on several keys."""
    named = {re.sub(r"(?=[A-Z])", "_", key).lower(): value for key, value in chosen.items()}
    held = {field.name for field in fields(Service)} - {"platform", "app", "events_path"}
    return {name: value for name, value in named.items() if name in held}


def _no_platform(platform: str, stack: str) -> str:
    choices = ", ".join(platforms.NAMES)
    near = difflib.get_close_matches(platform or stack, platforms.NAMES, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    if platform:
        return f"platform: it is {platform!r}; allowed are {choices}{hint}"
    return (
        f"platform: it is not set, and the stack's name, {stack!r}, is none of {choices}; "
        f"type `pulumi config set platform {near[0] if near else 'aws'}`"
    )


def _provider_settings(
    config: Mapping[str, str], environment: Mapping[str, str], platform: str
) -> tuple[dict[str, str], list[str]]:
    provider_settings, problems = dict[str, str](), list[str]()
    for key, its in by_platform.of(platform).providers.items():
        provider_settings[key] = config.get(key) or next(
            (environment[name] for name in its.variables if environment.get(name)), ""
        )
        if not provider_settings[key]:
            problems.append(f"{key}: it is not set; type `pulumi config set {key} {its.example}`")
    return provider_settings, problems


def _billed(
    config: Mapping[str, str], environment: Mapping[str, str], platform: str, budget: object
) -> list[str]:
    """What the provider lacks to ask for a budget, if budgets are kept with a billing account."""
    if not budget or "billingAccount" not in rules.rules(platform):
        return []
    examples = {
        "gcp:billingProject": config.get("gcp:project") or "MY-PROJECT",
        "gcp:userProjectOverride": "true",
    }
    held = {
        key: config.get(key) or next((environment[name] for name in names if environment.get(name)), "")
        for key, names in BILLING_KEYS.items()
    }
    return [
        f"{key}: it is {held[key] or 'not set'}, and budget is {budget}: the budgets' API counts its quota on a "
        f"project; type `pulumi config set {key} {example}`"
        for key, example in examples.items()
        if held[key].lower() in ("", "false")
    ]


def _refused(values: Mapping[str, Value], platform: str) -> list[str]:
    return [
        f"{key}: it is {_show(values[key])}; {platforms.TITLES[platform]} has no such setting: {reason}. "
        f"Type `pulumi config rm {key}`"
        for key, reason in rules.reasons(platform).items()
        if values[key] != KEYS[key]
    ]


def _chosen(
    values: Mapping[str, Value], platform: str, unread: Collection[str]
) -> tuple[dict[str, Value | None], list[str]]:
    """The value of each key that the platform has or that is common, and the problems of values out of range.

    None is for keys without a limit and for those that are wrong.
    """
    cpu = values["cpu"]
    chosen, problems = dict[str, Value | None]((key, values[key]) for key in rules.COMMON), list[str]()
    for key, rule in rules.rules(platform, cpu if isinstance(cpu, float) and cpu else None).items():
        chosen[key] = None
        if key in unread:
            continue  # said already
        if not KEYS[key] and not values[key]:  # "" or 0 leaves the choice to the platform
            chosen[key] = rule.default
        elif rule.is_free or values[key] in rule.allowed:
            chosen[key] = values[key]
        else:
            problems.append(f"{key}: it is {_show(values[key])}; {platforms.TITLES[platform]} allows {rule}")
    return chosen, problems


def _show(value: Value) -> str:
    return (
        repr(value)
        if isinstance(value, str)
        else f"{value:g}"
        if isinstance(value, float)
        else f"{value}".lower()
    )


def _app(
    values: Mapping[str, Value], environment: Mapping[str, str], platform: str
) -> tuple[App | None, list[str]]:
    """The app that is deployed, and the problems with it."""
    try:
        app = appfolder.read(environment, str(values["appDir"]), str(values["app"]))
    except UserError as problem:
        key = "appDir" if values["appDir"] else "app"
        return None, [f"{key}: {problem}"]
    if by_platform.of(platform).asks_a_path and not app.health:
        needed = "a path that answers 200 when the app is healthy, and app.toml names none"
        return app, [
            f'app: {platforms.TITLES[platform]} asks {needed}; write one there, such as health = "/"'
        ]
    return app, []


def _domain(values: Mapping[str, Value], platform: str) -> list[str]:
    domain, zone = str(values["domain"]), str(values["dnsZone"])
    problems = list[str]()
    if "domain" not in rules.rules(platform):
        return problems  # refused already
    if domain and not HOST.fullmatch(domain):
        problems.append(
            f"domain: it is {domain!r}; allowed is one host name in lower case, such as api.example.com"
        )
    if zone and not domain:
        problems.append(
            f"dnsZone: it is {zone!r}, but there is no domain; type `pulumi config set domain api.{zone}`"
        )
    elif zone and not HOST.fullmatch(zone):
        problems.append(f"dnsZone: it is {zone!r}; allowed is the zone's DNS name, such as example.com")
    elif zone and domain != zone and not domain.endswith(f".{zone}"):
        problems.append(f"dnsZone: it is {zone!r}, which does not hold the domain {domain!r}")
    if values["domainReady"] and "domainReady" in rules.rules(platform) and (zone or not domain):
        problems.append("domainReady: it is true; it is only for a domain without a dnsZone")
    return problems
