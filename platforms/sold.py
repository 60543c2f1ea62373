"""What a platform sells: sizes of an instance, how many instances there may be, how many requests each takes at once.

The stacks, the emulation and the costs ask here, so that they accept the same and refuse the same. Every answer comes
from limits.toml; platforms.FactError names the fact that limits.toml lacks for a platform.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from platforms import FactError, has, least_instances, limit

SMALLEST_CPU = Decimal("0.001")
"""The step in which Cloud Run sells less than one vCPU."""


@dataclass(frozen=True)
class Choice:
    """A whole number that a user may choose: its default, and the numbers that are sold."""

    default: int
    allowed: range

    def __str__(self) -> str:
        least, most = self.allowed[0], self.allowed[-1]
        return f"{least} to {most}" if most > least else f"{most}"


@cache
def cpus(platform: str) -> tuple[Decimal, ...]:
    """The vCPUs that a user may choose, ascending; none if CPU comes with memory."""
    if has(platform, "sizes"):
        return tuple(sorted({cpu for cpu, _ in _sizes(platform)}))
    if has(platform, "memory_of_cpu"):
        whole = Decimal(limit(platform, "cpu_of_one_request"))
        least = _exact(limit(platform, "cpu_minimum"))
        parts = [
            (least + SMALLEST_CPU * step).normalize() for step in range(int((whole - least) / SMALLEST_CPU))
        ]
        return (*parts, *_counts(platform))
    if has(platform, "memory_of_one_vcpu"):
        return ()
    raise FactError(f"{platform}: platforms/limits.toml has no sizes, memory_of_cpu or memory_of_one_vcpu")


def cpus_in_words(platform: str) -> str:
    """What `cpus` gives, as an error says it: "0.08 to 0.999, 1, 2" if every thousandth in between is sold."""
    every, counts = cpus(platform), _counts(platform) if has(platform, "memory_of_cpu") else cpus(platform)
    parts = every[: len(every) - len(counts)]
    said = [f"{parts[0]} to {parts[-1]}"] if parts else []
    return ", ".join([*said, *map(str, counts)])


def memories(platform: str, cpu: Decimal | None = None) -> Collection[int]:
    """The memory sizes in MB, ascending: those sold with `cpu` vCPUs, or with any; none if `cpu` is not sold."""
    sold = cpus(platform)
    if cpu is not None and sold and cpu not in sold:
        return ()
    if has(platform, "sizes"):
        return tuple(sorted({memory for of, memory in _sizes(platform) if cpu in (None, of)}))
    least, most = limit(platform, "memory_minimum"), limit(platform, "memory_maximum")
    if cpu is not None and has(platform, "memory_of_cpu"):
        least, most = [(low, high) for of, low, high in _memory_of_cpu(platform) if of <= cpu][-1]
    return range(least, most + 1)


def cpu_with(platform: str, memory: int) -> Decimal:
    """The vCPUs of an instance of `memory` MB if its user chooses none."""
    if has(platform, "sizes"):
        return min(cpu for cpu, of in _sizes(platform) if of == memory)
    if has(platform, "memory_of_one_vcpu"):
        return Decimal(memory) / limit(platform, "memory_of_one_vcpu")
    return _exact(limit(platform, "cpu"))


def usual_cpu(platform: str) -> Decimal | None:
    """The vCPUs of an instance of any memory size if its user chooses none; None if they follow from the memory."""
    return _exact(limit(platform, "cpu")) if has(platform, "cpu") else None


def concurrency(platform: str, cpu: Decimal | None = None) -> Choice | None:
    """Requests at once in an instance of `cpu` vCPUs; None if nothing bounds them."""
    if not has(platform, "concurrency"):
        return None
    if (
        cpu is not None
        and has(platform, "cpu_of_one_request")
        and cpu < limit(platform, "cpu_of_one_request")
    ):
        return Choice(1, range(1, 2))
    usual = limit(platform, "concurrency")
    most = limit(platform, "concurrency_maximum") if has(platform, "concurrency_maximum") else usual
    return Choice(usual, range(1, most + 1))


def least_billed(platform: str) -> Decimal:
    """The vCPUs from which on the time of instances can be billed in place of that of requests."""
    return _exact(limit(platform, "cpu_of_billed_instances"))


def kept_instances(platform: str) -> Choice:
    """How many instances may be kept without traffic; on Lambda as provisioned concurrency."""
    least = least_instances(platform)
    return Choice(least, range(least, instances(platform).allowed[-1] + 1))


def instances(platform: str) -> Choice:
    """How many instances there may be at most."""
    usual = limit(platform, "instances")
    most = limit(platform, "instances_maximum") if has(platform, "instances_maximum") else usual
    return Choice(usual, range(1, most + 1))


def _counts(platform: str) -> tuple[Decimal, ...]:
    """The CPU counts from one vCPU on that limits.toml lists one by one."""
    whole = limit(platform, "cpu_of_one_request")
    return tuple(cpu for cpu, _, _ in _memory_of_cpu(platform) if cpu >= whole)


def _sizes(platform: str) -> list[tuple[Decimal, int]]:
    return [(_exact(cpu), memory) for cpu, memory in limit(platform, "sizes")]


def _memory_of_cpu(platform: str) -> list[tuple[Decimal, int, int]]:
    return [(_exact(cpu), least, most) for cpu, least, most in limit(platform, "memory_of_cpu")]


def _exact(number: float) -> Decimal:
    """The decimal that limits.toml writes."""
    return Decimal(str(number))
