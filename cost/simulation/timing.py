"""Measured samples, or published figures if there are none, into what a simulation draws from for one platform."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from commandline import UserError
from cost.app import App
from cost.setup import Setup
from platforms import TITLES, starts
from runs import file
from runs.sample import Connection, Sample

Floats = NDArray[np.float64]

POINTS = 1000  # rows of a table made from a distribution
CONFIDENCE_TAIL = 0.025
FEWEST = 6  # samples of which a median has a finite 95% interval


@dataclass(frozen=True)
class Timing:
    """How long things take on one platform, seconds; arrays are samples, each as likely as any other of its array.

    work, waits, beyond: of a request, a row each: CPU seconds on a whole vCPU, seconds of waiting for something else,
    and what a caller waits besides, for the way there and back.
    starts: how much longer a caller waits who waits for a start. starts_billed: how much of a start is billed.
    idle: how long an instance stays after its last request.
    seen_supported, starts_supported: the highest share of a distribution that the samples say anything about.
    basis: where the figures are from, in words. stay: likewise, of how long an idle instance stays, after that time.
    network: whether `beyond` includes the way to the platform and back.
    """

    platform: str
    work: Floats = field(repr=False)
    waits: Floats = field(repr=False)
    beyond: Floats = field(repr=False)
    starts: Floats = field(repr=False)
    starts_billed: Floats = field(repr=False)
    idle: Floats = field(repr=False)
    seen_supported: float
    starts_supported: float
    basis: str
    stay: str
    network: bool

    # Asked for at each point of a curve, and for each simulated month.

    @cached_property
    def mean_work(self) -> float:
        """CPU seconds of a request on average."""
        return float(self.work.mean())

    @cached_property
    def mean_waits(self) -> float:
        """Seconds of waiting of a request on average."""
        return float(self.waits.mean())

    @cached_property
    def mean_idle(self) -> float:
        """Seconds that an instance stays on average."""
        return float(self.idle.mean())

    @cached_property
    def longest_idle(self) -> float:
        """Seconds that an instance stays at most."""
        return float(self.idle.max())

    def alone(self, vcpu: float) -> Floats:
        """Seconds that each request lasts in an instance of so many vCPUs that it shares with no other."""
        return self.work / min(1.0, vcpu) + self.waits

    def with_idle(self, least: float, likely: float, most: float) -> "Timing":
        """The same with another idle time: a triangle from `least` over `likely` to `most` seconds."""
        if not 0 < least <= likely <= most < float("inf"):
            raise UserError(
                f"idle time {least:g}-{likely:g}-{most:g} s: it is above 0 and ascends, such as 300-600-900"
            )
        return replace(
            self, idle=triangle(least, likely, most), stay=f"{_range(least, likely, most)}, as asked"
        )


@dataclass(frozen=True)
class Measured:
    """Measured samples of one platform's cloud deployment, seconds. apps: the app's own durations of warm requests.

    cold: of instances that were initialised. restored: of those that were restored from a snapshot.
    """

    platform: str
    target: str
    connection: Connection
    warm: Floats
    apps: Floats
    cold: Floats
    restored: Floats

    @property
    def count(self) -> int:
        """How many cold answers there are."""
        return len(self.cold) + len(self.restored)

    def starts(self, setup: Setup) -> tuple[Floats, str]:
        """The cold answers that are those of `setup`, and what they are called."""
        return (self.restored, "restored cold starts") if setup.snapstart else (self.cold, "cold starts")

    def others(self, setup: Setup) -> str:
        """What to ask if the run has cold answers of the other kind alone; "" if it does not."""
        if len(self.starts(setup)[0]) or not self.count:
            return ""
        if setup.snapstart:
            return f" ({len(self.cold)} without SnapStart: ask without --snapstart)"
        return f" ({len(self.restored)} restored from a snapshot: ask with --snapstart)"


@dataclass(frozen=True)
class Measurements:
    """What a run offers: cloud samples by platform, and notes on what was left aside and why."""

    by_platform: dict[str, Measured]
    notes: tuple[str, ...]


def published(setup: Setup, handling: Sequence[float] = ()) -> Timing:
    """Timing of a deployment from published starts and from what its app is said to take; no network is in it.

    handling: samples of the CPU seconds of a request, in place of what the app is said to take. The app's own imports
    come on top of a platform's start. Lambda and Cloud Run start an instance at a whole vCPU at least, the others at
    the instance's own share.
    """
    start, stay = starts.start(setup.platform, _variant(setup)), starts.idle(setup.platform)
    shares, seconds = zip(*start.quantiles, strict=True)
    platforms_own = np.interp(_middles(), shares, seconds)
    imports = (
        0.0 if start.imported else float(setup.app.imports_s) / (1.0 if start.boosted else _speed(setup))
    )
    billed = platforms_own + imports
    work = np.asarray(handling or [float(setup.app.cpu_s)], np.float64)
    more = "" if start.imported else f", and {imports:.3g} s of the app's own imports"
    return Timing(
        platform=setup.platform,
        work=work,
        waits=np.full(len(work), 0.0 if handling else float(setup.app.wait_s)),
        beyond=np.zeros(len(work)),
        starts=billed + start.unbilled,
        starts_billed=billed,
        idle=triangle(*stay.seconds),
        seen_supported=1.0,
        starts_supported=start.supported,
        basis=f"published starts ({start.what}; {start.source}, {start.note}){more}",
        stay=f"{_range(*stay.seconds)} ({stay.note}): give yours with --idle",
        network=False,
    )


def measured(samples: Measured, setup: Setup, app: App | None) -> Timing:
    """Timing from samples that were measured at `setup`; `app` says which part of it is work, None: all.

    A start lasts as much as a cold answer takes longer than the median warm one, and is billed whole. That is an upper
    bound: on Lambda the time before INIT is not billed. With too few cold answers the published starts stand in.
    """
    base = published(setup)
    ordinary = float(np.median(samples.warm))
    answers, called = samples.starts(setup)
    enough = len(answers) >= FEWEST
    begin = np.maximum(answers - ordinary, 0.0) if enough else base.starts
    speed = _speed(setup)
    part = 1.0 if app is None else float(app.cpu_s) / speed / float(app.alone_s(setup.vcpu))
    count = f"{len(samples.warm)} warm answers on {samples.connection} connections"
    cold = (
        f"{len(answers)} {called}"
        if enough
        else f"{len(answers)} {called}{samples.others(setup)}, too few: {base.basis}"
    )
    return Timing(
        platform=samples.platform,
        work=samples.apps * part * speed,
        waits=samples.apps * (1 - part),
        beyond=np.maximum(samples.warm - samples.apps, 0.0),
        starts=begin,
        starts_billed=begin if enough else base.starts_billed,
        idle=base.idle,
        seen_supported=_supported(len(samples.warm)),
        starts_supported=_supported(len(answers)) if enough else base.starts_supported,
        basis=f"measured at {samples.target}: {count}, {cold}",
        stay=base.stay,
        network=True,
    )


def with_app(timing: Timing, app: App) -> Timing:
    """The timing with the user's own times of the app in place of the measured ones."""
    rows = len(timing.beyond)
    return replace(timing, work=np.full(rows, float(app.cpu_s)), waits=np.full(rows, float(app.wait_s)))


def read(directory: Path, connection: Connection = "fresh") -> Measurements:
    """The cloud samples of a run saved in `directory`; UserError if it is not one, or one of a newer version."""
    run = file.read(directory)
    measured = select(run.samples, connection)
    damaged = [f"{run.damaged} lines of the run are damaged: not used"] if run.damaged else []
    return replace(measured, notes=(*damaged, *measured.notes))


def select(samples: Iterable[Sample], connection: Connection = "fresh") -> Measurements:
    """The usable ones among a run's samples: answered, cold or warm, of a cloud deployment.

    Of several targets of one platform the one with the most cold starts is taken. Emulated ones never are.
    """
    targets: dict[tuple[str, str], list[Sample]] = {}
    emulated: set[str] = set()
    for sample in samples:
        platform = sample.platform
        if not sample.ok or platform is None or platform not in TITLES:
            continue
        if sample.emulated:
            emulated.add(platform)
        elif sample.kind in ("cold", "warm"):
            targets.setdefault((platform, sample.target), []).append(sample)
    by_target: dict[str, Measured] = {}
    notes: list[str] = []
    for (platform, target), of_target in targets.items():
        measurement = _measured(platform, target, of_target, connection)
        if measurement is None:
            notes.append(f"{target}: fewer than {FEWEST} warm answers, so it is not used")
        elif platform not in by_target or measurement.count > by_target[platform].count:
            by_target[platform] = measurement
    notes += [
        f"{TITLES[platform]} was emulated on this machine, which says nothing about the cloud's speed: not used"
        for platform in sorted(emulated - by_target.keys())
    ]
    return Measurements(by_target, tuple(notes))


def triangle(least: float, likely: float, most: float) -> Floats:
    """Evenly spaced quantiles of a triangular distribution; one value if it has no width."""
    if least == most:
        return np.array([least])
    shares, rise, width = _middles(), likely - least, most - least
    rising = least + np.sqrt(shares * width * rise)
    falling = most - np.sqrt((1 - shares) * width * (width - rise))
    return np.where(shares < rise / width, rising, falling)


def _variant(setup: Setup) -> str:
    """Which of a platform's published starts a deployment has; only Lambda has more than one."""
    return "snapstart" if setup.snapstart else setup.architecture


def _speed(setup: Setup) -> float:
    """CPU seconds that one request gets in a second."""
    return min(1.0, float(setup.vcpu))


def _range(least: float, likely: float, most: float) -> str:
    """An idle time in words."""
    return f"{most:g} s" if least == most else f"{least:g} to {most:g} s, mostly about {likely:g} s"


def _middles() -> Floats:
    return (np.arange(POINTS) + 0.5) / POINTS


def _supported(count: int) -> float:
    """The highest quantile of which `count` independent samples give a finite 95% interval."""
    return CONFIDENCE_TAIL ** (1 / count)


def _measured(platform: str, target: str, samples: list[Sample], connection: Connection) -> Measured | None:
    warm = [sample for sample in samples if sample.kind == "warm"]
    wanted = [sample for sample in warm if sample.connection == connection]
    if len(wanted) < FEWEST:
        wanted = [sample for sample in warm if sample.connection != connection]
    if len(wanted) < FEWEST:
        return None
    apps = [sample.ms.total if sample.ms.app is None else sample.ms.app for sample in wanted]
    return Measured(
        platform=platform,
        target=target,
        connection=wanted[0].connection,
        warm=np.array([sample.ms.total for sample in wanted]) / 1000,
        apps=np.array(apps) / 1000,
        cold=_cold(samples, restored=False),
        restored=_cold(samples, restored=True),
    )


def _cold(samples: list[Sample], *, restored: bool) -> Floats:
    ms = [sample.ms.total for sample in samples if sample.kind == "cold" and sample.restored is restored]
    return np.array(ms) / 1000
