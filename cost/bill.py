"""Makes line items of a month's usage of one deployment, and a bill of the line items, in exact decimals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from commandline import UserError
from cost.setup import Setup
from platforms import calls_a_function, limit, of
from platforms.prices import Price, Prices

HOURS = Decimal(730)
"""Hours of a month as both vendors' calculators count them: 365 days / 12."""
MONTH_S = HOURS * 3600
GB = Decimal(1024**3)
CHUNK_KB = Decimal(512)
ZERO = Decimal(0)
NOT_PROVISIONED = ("requests", "duration_x86", "duration_arm64")
"""Prices whose free tier Lambda does not give to a function with provisioned concurrency."""


@dataclass(frozen=True)
class Usage:
    """The usage of a month, in the measures of all platforms.

    requests: answered requests. starts: instances started for a request.
    busy_s: seconds of handling, request by request, each rounded up as it is billed. start_s: likewise, of starting.
    active_s: seconds in which an instance served, started or stopped, summed over instances, rounded as billed.
    ready_s: seconds in which instances of the minimum were busy, summed over them. further_s: the same for instances
    beyond the minimum; on ECS, seconds in which there were any, because it bills idle ones too.
    On Lambda ready_s is the handling by provisioned instances, as it is billed. running_s: seconds that instances were
    there, busy or not, the minimum among them.
    """

    requests: Decimal = ZERO
    starts: Decimal = ZERO
    busy_s: Decimal = ZERO
    start_s: Decimal = ZERO
    active_s: Decimal = ZERO
    ready_s: Decimal = ZERO
    further_s: Decimal = ZERO
    running_s: Decimal = ZERO

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value.is_finite() or value < 0:
                raise UserError(f"{name} of a month: {value} is not a quantity; it is 0 or more")

    def plus(self, other: "Usage") -> "Usage":
        """Both together."""
        return self._with(other, lambda here, there: here + there)

    def times(self, factor: Decimal) -> "Usage":
        """Each quantity `factor` times."""
        return self._with(self, lambda here, _: here * factor)

    def between(self, other: "Usage", part: Decimal) -> "Usage":
        """The usage `part` (0 to 1) of the way to `other`, each quantity on a straight line."""
        return self._with(other, lambda here, there: here + (there - here) * part)

    def _with(self, other: "Usage", combine: Callable[[Decimal, Decimal], Decimal]) -> "Usage":
        return Usage(*map(combine, vars(self).values(), vars(other).values()))


class Line(NamedTuple):
    """One item: `amount` dollars for `quantity` units, of which `free` cost nothing; None when the price is unknown."""

    name: str
    quantity: Decimal
    price: Price
    free: Decimal
    amount: Decimal | None

    @property
    def sure(self) -> bool:
        """Whether the amount is reliable: the price is confirmed, or nothing is charged at any price."""
        return self.quantity == 0 or (self.amount is not None and (self.price.confirmed or self.amount == 0))


@dataclass(frozen=True)
class Bill:
    """A month's bill. total: the sum of the reliable lines. unsure: the sum of the lines at unconfirmed prices."""

    setup: Setup
    usage: Usage
    free_tier: bool
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.amount or ZERO for line in self.lines if line.sure), ZERO)

    @property
    def unsure(self) -> Decimal:
        return sum((line.amount or ZERO for line in self.lines if not line.sure), ZERO)

    @property
    def estimate(self) -> Decimal:
        """The best figure to compare with others: unconfirmed prices count as if they were right."""
        return self.total + self.unsure

    @property
    def priced(self) -> bool:
        """Whether the price of everything used is known, if not confirmed."""
        return all(line.amount is not None for line in self.lines if line.quantity)

    @property
    def at_least(self) -> bool:
        """Whether the total is only a lower bound: a price is unknown or unconfirmed, or the fewest zones count."""
        return self.setup.fewest_zones or not all(line.sure for line in self.lines)


def bill(setup: Setup, usage: Usage, prices: Prices, *, free_tier: bool) -> Bill:
    """The bill of a month. With the free tier, all of each allowance is used, as if the account had nothing else.

    Prices and free tiers: platforms/prices.toml, each with its source.
    """
    lines: list[Line] = []
    left: dict[str, Decimal] = {}
    uncovered = NOT_PROVISIONED if calls_a_function(setup.platform) and setup.minimum else ()
    for name, price_name, quantity in items(setup, usage):
        price = prices.price(setup.platform, price_name, setup.region)
        covered = free_tier and price_name not in uncovered
        allowance = left.get(price_name, price.free_quantity or ZERO) if covered else ZERO
        free = min(quantity, allowance)
        left[price_name] = allowance - free
        lines.append(Line(name, quantity, price, free, price.cost(quantity - free)))
    return Bill(setup, usage, free_tier, tuple(lines))


def items(setup: Setup, usage: Usage) -> Iterator[tuple[str, str, Decimal]]:
    """(what it is, the name of its price, its quantity in the price's unit) of each line of a bill."""
    services = {"aws": _lambda, "gcp": _cloud_run, "apprunner": _app_runner, "ecs": _ecs}
    yield from of(services, setup.platform, "cost/bill.py: items")(setup, usage)
    yield "image in the registry", "registry", setup.app.image_gb
    yield "log lines", "logs", usage.requests * (setup.app.log_bytes + _platforms_lines(setup)) / GB
    yield "data out to the internet", "data_out", usage.requests * setup.app.response_kb * 1024 / GB


def _platforms_lines(setup: Setup) -> int:
    """Bytes that the platform itself logs for each request and bills; 0 if nothing is to be logged."""
    if not calls_a_function(setup.platform) or setup.app.log_bytes == 0:
        return 0
    return limit("aws", "log_bytes") + (limit("aws", "access_log_bytes") if setup.door == "http-api" else 0)


def quantities(setup: Setup, usage: Usage) -> dict[str, Decimal]:
    """The month's quantity under each price."""
    sums: dict[str, Decimal] = {}
    for _, price_name, quantity in items(setup, usage):
        sums[price_name] = sums.get(price_name, ZERO) + quantity
    return sums


def _lambda(setup: Setup, usage: Usage) -> Iterator[tuple[str, str, Decimal]]:
    duration, gb = f"duration_{setup.architecture}", setup.memory_gb
    yield "Lambda requests", "requests", usage.requests
    if setup.minimum:
        ready = min(usage.ready_s, usage.busy_s)
        yield "provisioned concurrency", f"provisioned_{setup.architecture}", setup.minimum * MONTH_S * gb
        yield "handling, provisioned", f"provisioned_duration_{setup.architecture}", ready * gb
        yield "handling beyond it", duration, (usage.busy_s - ready) * gb
    else:
        yield "Lambda handling", duration, usage.busy_s * gb
    if setup.snapstart:
        yield "SnapStart cache", "snapstart_cache", setup.kept_versions * MONTH_S * gb
        yield "SnapStart restores", "snapstart_restore", usage.starts * gb
    else:
        yield "Lambda INIT", duration, usage.start_s * gb
    if setup.door == "http-api":
        chunks = (setup.app.response_kb / CHUNK_KB).to_integral_value(rounding="ROUND_CEILING")
        yield "HTTP API requests", "http_api", usage.requests * max(Decimal(1), chunks)
    else:
        # Computed as if every response had the average size, as above.
        streamed = max(ZERO, setup.app.response_kb * 1024 - limit("aws", "stream_burst"))
        yield "streamed past 6 MB a response", "streamed", usage.requests * streamed / GB


def _cloud_run(setup: Setup, usage: Usage) -> Iterator[tuple[str, str, Decimal]]:
    boost = _boost_s(usage) * (setup.boosted_vcpu - setup.vcpu)
    if setup.billing == "instance":
        yield "CPU, instances", "cpu_instance", usage.running_s * setup.vcpu
        yield "CPU boost of starts", "cpu_instance", boost
        yield "memory, instances", "memory_instance", usage.running_s * setup.memory_gb
        return
    yield "Cloud Run requests", "requests", usage.requests
    yield "CPU, active", "cpu", usage.active_s * setup.vcpu
    yield "CPU boost of starts", "cpu", boost
    yield "memory, active", "memory", usage.active_s * setup.memory_gb
    if setup.minimum:
        idle = max(ZERO, setup.minimum * MONTH_S - usage.ready_s)
        yield "CPU, kept ready", "cpu_idle", idle * setup.vcpu
        yield "memory, kept ready", "memory_idle", idle * setup.memory_gb


def _boost_s(usage: Usage) -> Decimal:
    """Seconds in which instances have more CPU because they start: until they have started, and some seconds more."""
    return usage.start_s + usage.starts * limit("gcp", "boost_after")


def _app_runner(setup: Setup, usage: Usage) -> Iterator[tuple[str, str, Decimal]]:
    yield "memory, provisioned", "memory_provisioned", setup.minimum * HOURS * setup.memory_gb
    yield "CPU, active", "cpu", usage.active_s / 3600 * setup.vcpu
    yield "memory of further instances, active", "memory", usage.further_s / 3600 * setup.memory_gb


def _ecs(setup: Setup, usage: Usage) -> Iterator[tuple[str, str, Decimal]]:
    tasks = setup.minimum * HOURS + usage.further_s / 3600
    yield "Fargate CPU", "cpu", tasks * setup.vcpu
    yield "Fargate memory", "memory", tasks * setup.memory_gb
    yield "load balancer", "load_balancer", HOURS
    size = usage.requests * setup.app.response_kb * 1024
    yield "load balancer capacity", "lcu", lcu_hours(usage.requests, usage.busy_s, size)
    # The load balancer has one in each zone, and each task has one: all are in public subnets.
    zones = limit("ecs", "load_balancer_zones") if setup.zones is None else setup.zones
    yield "public IPv4 addresses", "public_ipv4", zones * HOURS + tasks


def lcu_hours(connections: Decimal, open_s: Decimal, size: Decimal) -> Decimal:
    """A load balancer's capacity in LCU-hours: of its measures the one that takes most.

    connections: new connections. open_s: seconds that they were open, summed. size: bytes of requests and responses. A
    fourth measure, rules evaluated, is 0: the first ten rules of a request are free, and an Express service has one.
    With a constant mixture of requests the same measure leads in every hour.
    """
    return max(
        connections / (limit("ecs", "lcu_connections") * 3600),
        open_s / (limit("ecs", "lcu_active") * 3600),
        size / limit("ecs", "lcu_bytes"),
    )
