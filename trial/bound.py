"""The most that a trial costs at the shipped prices, if nobody else calls what it deploys."""

from dataclasses import dataclass
from decimal import Decimal

from commandline import UserError
from cost.bill import HOURS, Usage, bill
from cost.setup import Setup, setup
from platforms import calls_a_function, limit_or, sold
from platforms.prices import PriceError, Prices
from stacks.settings import Service
from trial.stack import other_memory

# More than all steps send together, with repeated ones.
REQUESTS = 200
# What the trial may take after its time is over, to take everything away.
CLEANING_MINUTES = 30
# A start that takes longer is broken off by Lambda, and is far longer than one on the others.
START_S = 10


@dataclass(frozen=True)
class Bound:
    """`dollars` at most, within `minutes`; None if a price in `region` is not known."""

    dollars: Decimal | None
    minutes: int
    region: str

    def __str__(self) -> str:
        """As a sentence."""
        if self.dollars is None:
            return f"What it costs in {self.region} is not known here: platforms/prices.toml has no price for it."
        cents = max(Decimal("0.01"), self.dollars.quantize(Decimal("0.01"), rounding="ROUND_UP"))
        return (
            f"It costs at most ${cents} if it has ended within {self.minutes} minutes and nobody else calls it; "
            "free tiers, which may cover it, are not counted."
        )


def bound(service: Service, minutes: int) -> Bound:
    """The bill of a month in which everything goes on as in the trial's worst minutes, and the trial's part of it.

    Worst: each request takes as long as the platform lets it and starts an instance; if instances stay without
    traffic, the maximum is there, and twice, because a new release is started beside the old one.
    """
    whole = minutes + CLEANING_MINUTES
    part = Decimal(whole) / 60 / HOURS
    try:
        deployed = _setup(service)
        month = bill(
            deployed, _usage(service, Decimal(whole * 60)).times(1 / part), Prices.load(), free_tier=False
        )
    except (UserError, PriceError):
        return Bound(None, whole, service.region)
    return Bound(month.estimate * part if month.priced else None, whole, service.region)


def _setup(service: Service) -> Setup:
    return setup(
        service.platform,
        service.region,
        memory_mb=max(service.memory, other_memory(service)),
        vcpu=None if service.cpu is None else Decimal(str(service.cpu)),
        minimum=_kept(service),
        architecture="arm64" if service.architecture == "arm64" else "x86",
        door="function-url" if service.door == "function-url" else "http-api",
    )


def _kept(service: Service) -> int:
    """Instances that are kept. On Lambda those of a release beside the old one's; elsewhere `_usage` has them."""
    if not calls_a_function(service.platform):
        return service.min_instances
    return min(2 * service.min_instances, sold.kept_instances(service.platform).allowed[-1])


def _usage(service: Service, seconds: Decimal) -> Usage:
    """The worst of a trial of so many seconds."""
    requests = Decimal(REQUESTS)
    instances_s = 2 * seconds * (service.max_instances or REQUESTS)
    longest = service.timeout or limit_or(service.platform, "request_timeout", 120)
    served_s = min(requests * longest, instances_s)
    return Usage(
        requests=requests,
        starts=requests,
        busy_s=served_s,
        start_s=requests * START_S,
        active_s=served_s,
        further_s=instances_s,
        running_s=instances_s,
    )
