"""A question into the deployments to choose from: all that a stack can make, but for sizes that only cost more.

Sizes go up in usual steps. If memory and CPU are sold apart, each CPU comes with the least memory that the app
needs: more of it costs more and answers no sooner. What the user chose is not varied.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product

from cost.app import LEAST_MB
from cost.candidates import Question
from cost.setup import Architecture, Billing, Door, Setup, setup
from platforms import calls_a_function, has, least_instances, scales_by_cpu, sold
from platforms.prices import Prices

FUNCTION_MB = (128, 192, 256, 384, 512, 768, 1024, 1536, 1769)
"""Memory of a function; with more than the last it has more than one vCPU, which one request cannot use."""
CPUS = tuple(map(Decimal, ("0.25", "0.5", "1", "2", "4")))
AT_ONCE = (1, 10)
"""Requests at once in an instance, besides as many as the platform's default."""
KEPT_MORE = (0, 1, 2)
"""Instances kept ready beyond those that are always there."""


def setups(
    question: Question, prices: Prices, *, chosen: Collection[str] = (), least_mb: int = LEAST_MB
) -> list[Setup]:
    """Every deployment to choose from, the plainest first; those in which a request would not be answered are left out.

    chosen: the names of Question's fields that are not varied. least_mb: what the app needs.
    """
    possible: list[Setup] = []
    for platform in question.platforms:
        region = question.regions[platform]
        prices.check_region(platform, region)
        for memory, cpu in _sizes(question, platform, chosen, least_mb):
            possible += _variants(
                question, platform, chosen, setup(platform, region, memory_mb=memory, vcpu=cpu)
            )
    return [deployed for deployed in possible if question.answers(deployed)]


def _sizes(
    question: Question, platform: str, chosen: Collection[str], least_mb: int
) -> Iterator[tuple[int, Decimal | None]]:
    """(MB, vCPUs) of instances, None if CPU comes with memory."""
    if not sold.cpus(platform):
        memories = [question.memory_mb] if "memory_mb" in chosen else FUNCTION_MB
        yield from ((memory, None) for memory in memories if "memory_mb" in chosen or memory >= least_mb)
        return
    cpus = [question.vcpu] if "vcpu" in chosen and has(platform, "memory_of_cpu") else CPUS
    for cpu in cpus:
        memories = sold.memories(platform, cpu)
        if "memory_mb" in chosen:
            fitting = [question.memory_mb] if question.memory_mb in memories else []
        else:
            fitting = [memory for memory in memories if memory >= least_mb]
        if cpu is not None and cpu in sold.cpus(platform) and fitting:
            yield fitting[0], cpu


def _variants(question: Question, platform: str, chosen: Collection[str], plain: Setup) -> Iterator[Setup]:
    """The ways to run an instance of one size."""
    function = calls_a_function(platform)
    doors: tuple[Door, ...] = ("http-api", "function-url") if function else ("http-api",)
    architectures: tuple[Architecture, ...] = ("x86", "arm64") if function else ("x86",)
    billings: tuple[Billing, ...] = ("request", "instance") if _by_instance(plain) else ("request",)
    for snapstart, architecture, door, billing, kept, at_once in product(
        (question.snapstart,) if "snapstart" in chosen or not function else (False, True),
        (question.architecture,) if "architecture" in chosen and function else architectures,
        (question.door,) if "door" in chosen and function else doors,
        (question.billing,) if "billing" in chosen and _by_instance(plain) else billings,
        _kept(question, platform, chosen),
        _at_once(question, plain, chosen),
    ):
        if snapstart and function and kept:
            continue  # AWS keeps no instances of a version that has a snapshot
        yield replace(
            plain,
            architecture=architecture,
            door=door,
            snapstart=snapstart and function,
            kept_versions=question.kept_versions,
            billing=billing,
            minimum=kept,
            concurrency=at_once,
            maximum=max(plain.maximum, kept),
            zones=question.zones if scales_by_cpu(platform) else None,
            app=question.app,
        )


def _by_instance(deployed: Setup) -> bool:
    """Whether the time of instances can be billed in place of that of requests."""
    return has(deployed.platform, "cpu_of_billed_instances") and deployed.vcpu >= sold.least_billed(
        deployed.platform
    )


def _kept(question: Question, platform: str, chosen: Collection[str]) -> list[int]:
    """Instances that are always there."""
    allowed, least = sold.kept_instances(platform).allowed, least_instances(platform)
    wanted = [least + more for more in KEPT_MORE]
    if "minimum" in chosen and question.minimum is not None:
        wanted = [max(question.minimum, least)]
    return [number for number in wanted if number in allowed]


def _at_once(question: Question, plain: Setup, chosen: Collection[str]) -> list[int | None]:
    """Requests at once in an instance."""
    choice = sold.concurrency(plain.platform, plain.vcpu)
    if choice is None or len(choice.allowed) == 1:
        return [plain.concurrency]
    wanted = (*AT_ONCE, choice.default)
    if "concurrency" in chosen:
        wanted = (question.concurrency or choice.default,)
    return [number for number in wanted if number in choice.allowed]
