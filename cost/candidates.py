"""The settings of a question into the deployments that are considered, each with how long things take there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from commandline import UserError
from cost.model import Candidate
from cost.setup import Architecture, Door, Setup, setup
from cost.simulation import timing
from cost.simulation.timing import Measurements, Timing
from platforms import NAMES, TITLES, least_instances, limit
from platforms.prices import Prices

DURATION_S = 0.1
"""What a request takes where nothing was measured or said."""
REGIONS = {"aws": "us-east-1", "gcp": "us-central1", "apprunner": "us-east-1", "ecs": "us-east-1"}


@dataclass(frozen=True)
class Question:
    """What is the same for a bill and for advice.

    durations: seconds of handling by platform, "" for all others. handling: where nothing is said, samples of them from
    a log. idle: (least, most likely, most) seconds by platform.
    The rest is as in cost.setup.Setup; None takes the platform's own.
    """

    platforms: Sequence[str] = NAMES
    regions: Mapping[str, str] = field(default_factory=lambda: REGIONS)
    durations: Mapping[str, float] = field(default_factory=dict[str, float])
    handling: Sequence[float] = ()
    idle: Mapping[str, tuple[float, float, float]] = field(
        default_factory=dict[str, tuple[float, float, float]]
    )
    memory_mb: int = 512
    vcpu: Decimal | None = None
    concurrency: int | None = None
    minimum: int | None = None
    zones: int | None = None
    architecture: Architecture = "x86"
    door: Door = "http-api"
    snapstart: bool = False
    image_gb: Decimal = Decimal("0.05")
    response_kb: Decimal = Decimal(1)
    log_bytes: int = 600
    waiting: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        for name in [*self.platforms, *self.durations, *self.idle]:
            if name not in (*NAMES, ""):
                raise UserError(f"{name!r} is not a platform; known: {', '.join(NAMES)}")
        for seconds in self.durations.values():
            if not 0 < seconds < float("inf"):
                raise UserError(f"a request takes {seconds:g} s? Its duration is above 0")
        if self.minimum is not None and self.minimum < 0:
            raise UserError(f"instances kept ready: {self.minimum} is too few; it is 0 or more")

    def setup(self, platform: str, prices: Prices, *, ready: bool = True) -> Setup:
        """One platform's deployment, with the asked instances kept ready or without; its region has to be known."""
        region = self.regions[platform]
        prices.check_region(platform, region)
        return setup(
            platform,
            region,
            memory_mb=self.memory_mb,
            vcpu=self.vcpu if platform == "gcp" else None,
            concurrency=self.concurrency,
            minimum=self._minimum(platform) if ready else None,
            zones=self.zones,
            architecture=self.architecture,
            door=self.door,
            snapstart=self.snapstart,
            image_gb=self.image_gb,
            response_kb=self.response_kb,
            log_bytes=self.log_bytes,
            waiting=self.waiting,
        )

    def duration(self, platform: str) -> float | None:
        """What was said of a request's duration on a platform."""
        return self.durations.get(platform, self.durations.get(""))

    def timing(self, platform: str, measurements: Measurements | None) -> Timing:
        """How long things take on a platform: as measured, else as published."""
        samples = measurements.by_platform.get(platform) if measurements else None
        said = self.duration(platform)
        self._check_longest(platform, said or 0.0)
        found = (
            timing.measured(samples, said)
            if samples
            else timing.published(platform, said or self.handling or DURATION_S)
        )
        return found.with_idle(*self.idle[platform]) if platform in self.idle else found

    def _check_longest(self, platform: str, seconds: float) -> None:
        """UserError for a request that would not be answered."""
        name, title, door = "request_timeout", TITLES[platform], ""
        if platform == "aws" and self.door == "http-api":
            title, door = f"{title} with an HTTP API", " and --door"
        elif platform in ("aws", "gcp"):
            name = {"aws": "function_timeout_maximum", "gcp": "request_timeout_maximum"}[platform]
        if seconds > limit(platform, name):
            raise UserError(
                f"a request takes {seconds:g} s? {title} answers within {limit(platform, name)} s: see --platform{door}"
            )

    def _minimum(self, platform: str) -> int | None:
        return None if self.minimum is None else max(self.minimum, least_instances(platform))


def candidates(
    question: Question, prices: Prices, measurements: Measurements | None = None
) -> tuple[dict[str, Candidate], list[str]]:
    """The deployments to compare by name, and notes on what was assumed.

    Where instances are to be kept ready, a platform that can do without is there both ways.
    """
    found: dict[str, Candidate] = {}
    for platform in question.platforms:
        times = question.timing(platform, measurements)
        plain = question.setup(platform, prices, ready=False)
        found[platform] = Candidate(plain, times)
        kept = question.setup(platform, prices)
        if kept.minimum > plain.minimum:
            found[f"{platform}-ready"] = Candidate(kept, times)
    notes = list(measurements.notes) if measurements else []
    return found, notes + assumptions(question, measurements)


def assumptions(question: Question, measurements: Measurements | None) -> list[str]:
    """What the figures take for granted, because nobody said otherwise."""
    notes: list[str] = []
    guessed = [
        TITLES[platform]
        for platform in question.platforms
        if question.duration(platform) is None
        and not question.handling
        and not (measurements and platform in measurements.by_platform)
    ]
    if guessed:
        notes.append(
            f"a request is taken to last {DURATION_S:g} s on {', '.join(guessed)}: give yours with --duration"
        )
    if question.waiting == 0:
        notes.append(
            "handling is taken to be work: requests at once share the CPU and save nothing (see --waiting)"
        )
    if question.zones is None and "ecs" in question.platforms:
        notes.append(
            "ECS's load balancer is counted whole, though up to "
            f"{limit('ecs', 'load_balancer_services')} Express services of a VPC share one, with the addresses of the "
            f"fewest availability zones, {limit('ecs', 'load_balancer_zones')}; a default VPC has a subnet in each "
            "zone of its region: give yours with --zones"
        )
    if question.snapstart and "aws" in question.platforms:
        notes.append("SnapStart is for zip archives: Lambda does not offer it for container images")
    return notes
