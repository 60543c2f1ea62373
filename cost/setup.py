"""What is deployed and where, as far as a bill depends on it, checked once."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from commandline import UserError
from platforms import NAMES, TITLES, least_instances, limit, limits

MB_OF_GB = 1024
Architecture = Literal["x86", "arm64"]
Door = Literal["http-api", "function-url"]


@dataclass(frozen=True)
class Setup:
    """One platform's deployment.

    memory_mb: an instance's memory in MB of 1,048,576 bytes. vcpu: on Lambda it follows from memory and is not billed.
    minimum: instances that are always there. maximum, concurrency: instances at most, requests at once in each, None
    where nothing bounds them. zones: availability zones of ECS's load balancer, None where nobody said.
    image_gb: the image as the registry stores it. response_kb, log_bytes: of one response, and its lines in the log.
    waiting: the share of handling in which a request waits for something else, so that others may use the CPU.
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
    image_gb: Decimal = Decimal("0.05")
    response_kb: Decimal = Decimal(1)
    log_bytes: int = 600
    waiting: Decimal = Decimal(0)
    stop_s: Decimal = Decimal("0.2")

    @property
    def working(self) -> Decimal:
        """Instance-seconds that a second of handling takes at least, whatever else the instance serves meanwhile."""
        return (1 - self.waiting) / max(Decimal(1), self.vcpu)

    @property
    def memory_gb(self) -> Decimal:
        return Decimal(self.memory_mb) / MB_OF_GB

    @property
    def fewest_zones(self) -> bool:
        """Whether ECS's load balancer is counted with the fewest availability zones it takes, for want of yours."""
        return self.platform == "ecs" and self.zones is None

    @property
    def title(self) -> str:
        """The platform as a reader knows it, with what sets this setup apart."""
        extras = [
            "function URL" if self.platform == "aws" and self.door == "function-url" else "",
            "arm64" if self.architecture == "arm64" else "",
            "SnapStart" if self.snapstart else "",
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
    image_gb: Decimal = Decimal("0.05"),
    response_kb: Decimal = Decimal(1),
    log_bytes: int = 600,
    waiting: Decimal = Decimal(0),
) -> Setup:
    """A checked Setup with the platform's own defaults; UserError names the setting and what is allowed."""
    if platform not in NAMES:
        raise UserError(f"{platform!r} is not a platform; known: {', '.join(NAMES)}")
    least = least_instances(platform)
    _check_memory(platform, memory_mb, vcpu)
    _check_at_least("instances kept ready", minimum, least)
    if platform == "apprunner" and minimum is not None and minimum > limit("apprunner", "instances"):
        most = limit("apprunner", "instances")
        raise UserError(f"instances kept ready: App Runner runs {most} at most, not {minimum}")
    _check_at_least("requests at once", concurrency, 1)
    _check_at_least("availability zones of ECS's load balancer", zones, limit("ecs", "load_balancer_zones"))
    for name, value in (("image size", image_gb), ("response size", response_kb), ("log bytes", log_bytes)):
        if not (Decimal(value).is_finite() and value >= 0):
            raise UserError(f"{name}: {value} is no quantity; it is 0 or more")
    if not (waiting.is_finite() and 0 <= waiting <= 1):
        raise UserError(f"waiting: {waiting} is no share of the handling; it is from 0 to 1")
    return Setup(
        platform=platform,
        region=region,
        memory_mb=memory_mb,
        vcpu=_vcpu(platform, memory_mb) if vcpu is None or platform == "aws" else vcpu,
        concurrency=_concurrency(platform, concurrency, vcpu),
        minimum=_minimum(platform, minimum),
        maximum=max(limit(platform, "instances"), minimum or 0),
        zones=zones if platform == "ecs" else None,
        architecture=architecture if platform == "aws" else "x86",
        door=door if platform == "aws" else "http-api",
        snapstart=snapstart and platform == "aws",
        image_gb=image_gb,
        response_kb=response_kb,
        log_bytes=log_bytes,
        waiting=waiting,
    )


def _concurrency(platform: str, asked: int | None, vcpu: Decimal | None) -> int | None:
    """On ECS the load balancer has no limit: what a task cannot take at once waits in it."""
    if platform == "ecs":
        return None
    if platform == "gcp" and vcpu is not None and vcpu < limit("gcp", "cpu_of_one_request"):
        if asked not in (None, 1):
            raise UserError(f"requests at once: Cloud Run's instance with {vcpu} vCPU takes 1, not {asked}")
        return 1
    if asked is None or platform == "aws":
        return limit(platform, "concurrency")
    if asked > (most := limit(platform, "concurrency_maximum")):
        raise UserError(f"requests at once: {TITLES[platform]}'s instance takes {most} at most, not {asked}")
    return asked


def _minimum(platform: str, asked: int | None) -> int:
    """Lambda's counterpart is provisioned concurrency, which has prices of its own and is not modelled."""
    return least_instances(platform) if asked is None or platform == "aws" else asked


def _vcpu(platform: str, memory_mb: int) -> Decimal:
    """The CPU that comes with a memory size: Lambda's share, Cloud Run's 1, elsewhere the smallest that allows it."""
    if platform == "aws":
        return Decimal(memory_mb) / limit("aws", "memory_of_one_vcpu")
    if platform == "gcp":
        return Decimal(1)
    return Decimal(str(min(cpu for cpu, memory in limit(platform, "sizes") if memory == memory_mb)))


def _check_memory(platform: str, memory_mb: int, vcpu: Decimal | None) -> None:
    if "sizes" in limits(platform):
        sizes = [(Decimal(str(cpu)), memory) for cpu, memory in limit(platform, "sizes")]
        if not any(memory == memory_mb and vcpu in (None, cpu) for cpu, memory in sizes):
            allowed = ", ".join(f"{memory} MB with {cpu} vCPU" for cpu, memory in sizes)
            wanted = f"{memory_mb} MB" + ("" if vcpu is None else f" with {vcpu} vCPU")
            raise UserError(f"{TITLES[platform]} has no instance of {wanted}; it has {allowed}")
        return
    low, high = limit(platform, "memory_minimum"), limit(platform, "memory_maximum")
    if not low <= memory_mb <= high:
        raise UserError(f"{TITLES[platform]} has no instance of {memory_mb} MB; it has {low} to {high} MB")
    if platform == "gcp":
        _check_cloud_run(memory_mb, Decimal(1) if vcpu is None else vcpu)


def _check_cloud_run(memory_mb: int, vcpu: Decimal) -> None:
    """Below 1 vCPU any part is sold, above it some counts only, each with so much memory."""
    rows = [(Decimal(str(cpus)), least, most) for cpus, least, most in limit("gcp", "memory_of_cpu")]
    sold = [cpus for cpus, _, _ in rows if cpus >= limit("gcp", "cpu_of_one_request")]
    if not vcpu.is_finite() or vcpu < rows[0][0] or (vcpu > sold[0] and vcpu not in sold):
        counts = ", ".join(map(str, sold))
        raise UserError(f"Cloud Run has no instance of {vcpu} vCPU; it has {rows[0][0]} to {counts}")
    least, most = [(least, most) for cpus, least, most in rows if cpus <= vcpu][-1]
    if not least <= memory_mb <= most:
        raise UserError(
            f"Cloud Run has no instance of {memory_mb} MB with {vcpu} vCPU; it has {least} to {most} MB with it"
        )


def _check_at_least(name: str, value: int | None, least: int) -> None:
    if value is not None and value < least:
        raise UserError(f"{name}: {value} is too few; it is {least} or more")
