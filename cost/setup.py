"""A deployment and its place: all settings on which a bill depends, checked once."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from commandline import UserError
from cost.app import App
from platforms import NAMES, TITLES, calls_a_function, least_instances, limit, of, scales_by_cpu, sold

MB_OF_GB = 1024
REGIONS = {"aws": "us-east-1", "gcp": "us-central1", "apprunner": "us-east-1", "ecs": "us-east-1"}
KEPT_VERSIONS = 2
"""Versions whose snapshots are paid for in a quiet time: the one with the traffic, and the one for a roll back."""
Architecture = Literal["x86", "arm64"]
Door = Literal["http-api", "function-url"]
Billing = Literal["request", "instance"]
_ACTIVE_WHILE_STARTING = {"aws": False, "gcp": True, "apprunner": False, "ecs": False}


@dataclass(frozen=True)
class Setup:
    """One platform's deployment.

    memory_mb: an instance's memory in MB of 1,048,576 bytes. vcpu: on Lambda it follows from memory and is not billed.
    minimum: instances that are always there, on Lambda its provisioned concurrency. maximum, concurrency: instances at
    most, requests at once in each, None if nothing bounds them. zones: availability zones of ECS's load balancer, None
    if the user gave none. billing: of Cloud Run, for the time of requests or for that of instances.
    kept_versions: of Lambda with SnapStart, each of which has a snapshot.
    stop_s: seconds between the signal to stop and the end of an instance, which Cloud Run bills.
    """

    platform: str
    region: str
    memory_mb: int
    vcpu: Decimal
    concurrency: int | None
    minimum: int
    maximum: int
    zones: int | None = None
    architecture: Architecture = "x86"
    door: Door = "http-api"
    snapstart: bool = False
    kept_versions: int = KEPT_VERSIONS
    billing: Billing = "request"
    app: App = field(default_factory=App)
    stop_s: Decimal = Decimal("0.2")

    @property
    def active_while_starting(self) -> bool:
        """Whether an instance is billed as active from its start to its end, without requests too."""
        return of(_ACTIVE_WHILE_STARTING, self.platform, "cost/setup.py: _ACTIVE_WHILE_STARTING")

    @property
    def shared(self) -> bool:
        """Whether requests at once share the CPU of an instance."""
        return self.concurrency != 1

    @property
    def alone_s(self) -> Decimal:
        """Seconds of a request that has an instance for itself."""
        return self.app.alone_s(self.vcpu)

    @property
    def boosted_vcpu(self) -> Decimal:
        """The vCPUs that Cloud Run gives an instance that starts, and for some seconds more."""
        rows = [(Decimal(str(most)), Decimal(str(boosted))) for most, boosted in limit("gcp", "boosted_cpu")]
        return next(boosted for most, boosted in rows if self.vcpu <= most)

    @property
    def memory_gb(self) -> Decimal:
        return Decimal(self.memory_mb) / MB_OF_GB

    @property
    def fewest_zones(self) -> bool:
        """Whether ECS's load balancer is counted with the fewest availability zones, because the user gave none."""
        return scales_by_cpu(self.platform) and self.zones is None

    @property
    def title(self) -> str:
        """The platform's name, with the settings that are not usual."""
        extras = [
            "function URL" if self.door == "function-url" else "",
            "arm64" if self.architecture == "arm64" else "",
            "SnapStart" if self.snapstart else "",
            "billed by instance" if self.billing == "instance" else "",
            f"{self.minimum} kept ready" if self.minimum > least_instances(self.platform) else "",
        ]
        return ", ".join([TITLES[self.platform], *(extra for extra in extras if extra)])


def setup(  # noqa: PLR0913 -- each is one setting of the command line
    platform: str,
    region: str,
    *,
    memory_mb: int = 512,
    vcpu: Decimal | None = None,
    concurrency: int | None = None,
    minimum: int | None = None,
    zones: int | None = None,
    architecture: Architecture = "x86",
    door: Door = "http-api",
    snapstart: bool = False,
    kept_versions: int = KEPT_VERSIONS,
    billing: Billing = "request",
    app: App | None = None,
) -> Setup:
    """A checked Setup with the platform's own defaults; UserError names the setting and what is allowed."""
    if platform not in NAMES:
        raise UserError(f"{platform!r} is not a platform; known: {', '.join(NAMES)}")
    _check_size(platform, memory_mb, vcpu)
    _check_at_least("requests at once", concurrency, 1)
    _check_at_least("availability zones of ECS's load balancer", zones, limit("ecs", "load_balancer_zones"))
    _check_at_least("versions kept with SnapStart", kept_versions, 1)
    if calls_a_function(platform) and snapstart and minimum:
        raise UserError("SnapStart does not go with provisioned concurrency: see --snapstart and --minimum")
    if (
        platform == "gcp"
        and billing == "instance"
        and vcpu is not None
        and vcpu < sold.least_billed(platform)
    ):
        raise UserError(
            f"Cloud Run bills an instance with {vcpu} vCPU by request only; by instance from 1 vCPU on"
        )
    return Setup(
        platform=platform,
        region=region,
        memory_mb=memory_mb,
        vcpu=vcpu if vcpu is not None and sold.cpus(platform) else sold.cpu_with(platform, memory_mb),
        concurrency=_concurrency(platform, concurrency, vcpu),
        minimum=_minimum(platform, minimum),
        maximum=max(limit(platform, "instances"), minimum or 0),
        zones=zones if scales_by_cpu(platform) else None,
        architecture=architecture if calls_a_function(platform) else "x86",
        door=door if calls_a_function(platform) else "http-api",
        snapstart=snapstart and calls_a_function(platform),
        kept_versions=kept_versions,
        billing=billing if platform == "gcp" else "request",
        app=app or App(),
    )


def _concurrency(platform: str, asked: int | None, vcpu: Decimal | None) -> int | None:
    """Requests at once. None on ECS: the load balancer has no limit, and requests wait in the task."""
    choice = sold.concurrency(platform, vcpu)
    if choice is None:
        return None
    # A function cannot have more than one. The setting is ignored there, so that other platforms can be asked for it.
    if asked is None or calls_a_function(platform):
        return choice.default
    if asked not in choice.allowed:
        size = "" if vcpu is None else f" with {vcpu} vCPU"
        raise UserError(f"requests at once: {TITLES[platform]}'s instance{size} takes {choice}, not {asked}")
    return asked


def _minimum(platform: str, asked: int | None) -> int:
    """Instances kept ready. On Lambda that is provisioned concurrency."""
    choice = sold.kept_instances(platform)
    if asked is None:
        return choice.default
    if asked not in choice.allowed:
        raise UserError(f"instances kept ready: {TITLES[platform]} keeps {choice}, not {asked}")
    return asked


def _check_size(platform: str, memory_mb: int, vcpu: Decimal | None) -> None:
    """UserError for an instance that is not sold; a function's CPU always comes with its memory."""
    title, counts = TITLES[platform], sold.cpus(platform)
    cpu = (sold.usual_cpu(platform) if vcpu is None else vcpu) if counts else None
    if cpu is not None and cpu not in counts:
        raise UserError(f"{title} has no instance of {cpu} vCPU; it has {sold.cpus_in_words(platform)}")
    sizes = sold.memories(platform, cpu)
    if memory_mb not in sizes:
        size = "" if cpu is None else f" with {cpu} vCPU"
        allowed = f"{sizes[0]} to {sizes[-1]}" if isinstance(sizes, range) else ", ".join(map(str, sizes))
        raise UserError(f"{title}{size} has no instance of {memory_mb} MB; it has {allowed} MB")


def _check_at_least(name: str, value: int | None, least: int) -> None:
    if value is not None and value < least:
        raise UserError(f"{name}: {value} is too few; it is {least} or more")
