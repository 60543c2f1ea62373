"""Makes of a question's settings the deployments to consider, each with its latencies and starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np

from commandline import UserError
from cost.app import App
from cost.model import Candidate
from cost.setup import KEPT_VERSIONS, REGIONS, Architecture, Billing, Door, Setup, setup
from cost.simulation import timing
from cost.simulation.timing import Measurements, Timing
from platforms import (
    NAMES,
    TITLES,
    calls_a_function,
    has,
    least_instances,
    limit,
    limit_or,
    of,
    scales_by_cpu,
)
from platforms.prices import Prices

UNEQUAL = 1.2
"""Shares of a CPU that differ by this factor tell work from waiting."""


@dataclass(frozen=True)
class Question:
    """The settings that a bill and advice share.

    said: whether the user gave the times of `app`; if not, they are the defaults or those of a measured run.
    handling: if the user gave none, the seconds of requests in a log.
    idle: (least, most likely, most) seconds by platform. The rest is as in cost.setup.Setup; None takes the platform's
    own.
    """

    platforms: Sequence[str] = NAMES
    regions: Mapping[str, str] = field(default_factory=lambda: REGIONS)
    app: App = field(default_factory=App)
    said: bool = False
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
    kept_versions: int = KEPT_VERSIONS
    billing: Billing = "request"

    def __post_init__(self) -> None:
        for name in [*self.platforms, *self.idle]:
            if name not in NAMES:
                raise UserError(f"{name!r} is not a platform; known: {', '.join(NAMES)}")
        if self.minimum is not None and self.minimum < 0:
            raise UserError(f"instances kept ready: {self.minimum} is too few; it is 0 or more")

    def setup(self, platform: str, prices: Prices, *, ready: bool = True) -> Setup:
        """One platform's deployment, with the asked instances kept ready or without; its region has to be known."""
        region = of(self.regions, platform, "cost/setup.py: REGIONS, or cost/options.py: the regions")
        prices.check_region(platform, region)
        return setup(
            platform,
            region,
            memory_mb=self.memory_mb,
            vcpu=self.vcpu if has(platform, "memory_of_cpu") else None,
            concurrency=self.concurrency,
            minimum=self._minimum(platform) if ready else None,
            zones=self.zones,
            architecture=self.architecture,
            door=self.door,
            snapstart=self.snapstart,
            kept_versions=self.kept_versions,
            billing=self.billing,
            app=self.app,
        )

    def timing(self, setup: Setup, measurements: Measurements | None) -> Timing:
        """The times of requests and starts in a deployment: as measured, else as published."""
        samples = measurements.by_platform.get(setup.platform) if measurements else None
        self._check_longest(setup)
        if samples is None:
            times = timing.published(setup, () if self.said else self.handling)
        elif self.said:
            times = timing.with_app(timing.measured(samples, setup, None), self.app)
        else:
            times = timing.measured(samples, setup, self.app)
        platform = setup.platform
        return times.with_idle(*self.idle[platform]) if platform in self.idle else times

    def answers(self, setup: Setup) -> bool:
        """Whether a request is answered before the platform gives it up."""
        return setup.alone_s <= self._longest(setup)

    def _check_longest(self, setup: Setup) -> None:
        """UserError for a request that would not be answered."""
        title, door = TITLES[setup.platform], ""
        if calls_a_function(setup.platform) and setup.door == "http-api":
            title, door = f"{title} with an HTTP API", " and --door"
        if not self.answers(setup):
            raise UserError(
                f"a request takes {float(setup.alone_s):.4g} s with {setup.vcpu:.2g} vCPU? {title} answers within "
                f"{self._longest(setup)} s: see --platform, --memory{door}"
            )

    @staticmethod
    def _longest(setup: Setup) -> float:
        """Seconds that a request may take."""
        most: float = limit(setup.platform, "request_timeout")
        if not calls_a_function(setup.platform) or setup.door != "http-api":
            for longer in ("function_timeout_maximum", "request_timeout_maximum"):
                most = limit_or(setup.platform, longer, most)
        return most

    def _minimum(self, platform: str) -> int | None:
        return None if self.minimum is None else max(self.minimum, least_instances(platform))


def candidates(
    question: Question, prices: Prices, measurements: Measurements | None = None
) -> tuple[dict[str, Candidate], list[str]]:
    """The deployments to compare by name, and notes on what was assumed.

    If instances are to be kept ready, a platform that can do without them is considered in both ways.
    """
    if measurements and measurements.by_platform and not question.said:
        question, parts = split(question, prices, measurements)
    else:
        parts = []
    by_name: dict[str, Candidate] = {}
    for platform in question.platforms:
        plain = question.setup(platform, prices, ready=False)
        by_name[platform] = Candidate(plain, question.timing(plain, measurements))
        kept = question.setup(platform, prices)
        if kept.minimum > plain.minimum:
            by_name[f"{platform}-ready"] = Candidate(kept, question.timing(kept, measurements))
    notes = list(measurements.notes) if measurements else []
    return by_name, notes + parts + assumptions(
        question, [candidate.setup for candidate in by_name.values()], measurements
    )


def split(question: Question, prices: Prices, measurements: Measurements) -> tuple[Question, list[str]]:
    """The question with the work and the waiting of the app as measured, and a note on how they were found.

    The same work takes longer on a smaller share of a CPU, and waiting takes equally long everywhere. So if the run has
    platforms with unequal shares, the app's median durations there show both, whether these platforms are asked for or
    not. Otherwise all of it counts as work.
    """
    speeds, medians = list[float](), list[float]()
    for platform, samples in measurements.by_platform.items():
        try:
            vcpu = question.setup(platform, prices, ready=False).vcpu
        except UserError:  # what was asked is not sold there
            continue
        speeds.append(min(1.0, float(vcpu)))
        medians.append(float(np.median(samples.apps)))
    if not medians:
        return question, []
    shares = 1 / np.array(speeds)
    if max(shares) < min(shares) * UNEQUAL:
        work = float(np.mean(np.array(medians) / shares))
        note = "what the app took in the measured run is taken to be work, not waiting: give both with --cpu and --wait"
        return _told(question, work, 0.0), [note]
    slope, level = np.polyfit(shares, medians, 1)
    if slope <= 0:
        work, wait = 0.0, float(np.mean(medians))
    elif level < 0:
        work, wait = float(np.dot(shares, medians) / np.dot(shares, shares)), 0.0
    else:
        work, wait = float(slope), float(level)
    measured = ", ".join(
        f"{median:.3g} s at {share:.2g} vCPU" for median, share in zip(medians, speeds, strict=True)
    )
    note = (
        f"by what the app took in the measured run ({measured}; memory and vCPUs as given here) a request takes "
        f"{work:.3g} CPU seconds and waits {wait:.3g} s"
    )
    return _told(question, work, wait), [note]


def _told(question: Question, work: float, wait: float) -> Question:
    app = replace(question.app, cpu_s=Decimal(f"{max(work, 1e-6):.6g}"), wait_s=Decimal(f"{wait:.6g}"))
    return replace(question, app=app)


def assumptions(
    question: Question, setups: Sequence[Setup], measurements: Measurements | None = None
) -> list[str]:
    """Sentences about the assumptions of the figures, if the user gave no value."""
    app = question.app
    notes: list[str] = []
    if question.handling and not question.said:
        notes.append(
            "what requests took in the log is taken to be CPU seconds on a whole vCPU: see --cpu and --wait"
        )
    elif not question.said and not (measurements and measurements.by_platform):
        notes.append(
            f"a request is taken to need {app.cpu_s:g} CPU seconds of a whole vCPU and to wait {app.wait_s:g} s for "
            "anything else: give yours with --cpu and --wait"
        )
    alone = ", ".join(
        dict.fromkeys(
            f"{setup.alone_s:.3g} s on {TITLES[setup.platform]} ({setup.vcpu:.2g} vCPU)" for setup in setups
        )
    )
    notes.append(f"a request that shares an instance with no other takes {alone}")
    if any(setup.shared for setup in setups):
        notes.append(
            "requests at once share an instance's CPU, and each gets one vCPU at most; more vCPUs take as many "
            "processes (environment.WEB_CONCURRENCY)"
        )
    if question.zones is None and any(map(scales_by_cpu, question.platforms)):
        notes.append(
            "ECS's load balancer is counted whole, though up to "
            f"{limit('ecs', 'load_balancer_services')} Express services of a VPC share one, with the addresses of the "
            f"fewest availability zones, {limit('ecs', 'load_balancer_zones')}; a default VPC has a subnet in each "
            "zone of its region: give yours with --zones"
        )
    return notes
