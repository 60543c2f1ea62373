"""The value that every report renders: plain data that can be written as JSON.

Milliseconds throughout, shares from 0 to 1. None is "not known" or "not supported by the sample", never 0.
"""

from dataclasses import dataclass, field
from typing import Literal

FORMAT = 1


@dataclass(frozen=True)
class Figure:
    """One quantile: its value and 95% interval, each None if the sample does not support it, and then why not."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    why: str | None = None


@dataclass(frozen=True)
class Phases:
    """Where the time of a typical request goes: durations of the fifth of the requests around the median, averaged.

    start: from the start of the instance's process, or from its restore, to the request's arrival in it (cold only).
    platform: what is left
    between sending and the first byte when start and app are taken away. The sum is `total`.
    """

    name: float
    connect: float
    tls: float | None
    start: float | None
    platform: float
    app: float | None
    transfer: float
    total: float


@dataclass(frozen=True)
class Point:
    """One step of a cumulative distribution: the share of samples up to `ms`, and its 95% band."""

    ms: float
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Series:
    """The samples of one target that may be summarised together: one kind, one connection, one way of coming about.

    clustered_by: what makes samples dependent, and so what intervals are made from. one_instance: there was only one,
    so its difference from others is not in the intervals. restored: how many of the samples are of instances that were
    restored from a snapshot. overhead: the caller's total less the app's own duration.
    timeline: [seconds since the run began, ms], thinned to `timeline_every`.
    """

    kind: Literal["cold", "warm", "load"]
    connection: Literal["fresh", "kept"]
    how: Literal["idle", "burst"] | None
    n: int
    instances: int | None
    clusters: int
    clustered_by: Literal["instance", "round", "independent"]
    one_instance: bool
    p50: Figure
    p90: Figure
    p95: Figure
    p99: Figure
    app_p50: Figure
    overhead_p50: Figure
    phases: Phases | None
    ecdf: list[Point] = field(default_factory=list[Point])
    timeline: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    timeline_every: int = 1
    restored: int = 0


@dataclass(frozen=True)
class TargetReport:
    """The results of one target. label: its platform's name beside its figures, marked if it is emulated.

    failures and discarded: counts by what was wrong, or why a sample was left out. cold_share: cold starts among the
    requests of warm rounds that were answered. cold_note: why there is no cold figure, if there is none.
    """

    name: str
    platform: str | None
    title: str
    emulated: bool
    label: str
    url: str
    request: str
    builds: list[str]
    asked: int
    failed: int
    failures: dict[str, int]
    discarded: dict[str, int]
    cold_share: float | None
    cold_note: str | None
    series: list[Series]
    run: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One figure of one target over the same figure of the baseline, and what may be said about it.

    low, high: the interval of the ratio in the time measured; longer_low, longer_high: that over a longer time, as far
    as the run tells. verdict: "slower", "faster", "no difference", "no verdict" if targets that drift on their own may
    differ as much (there are no low and high then), "too few", or "emulated" if a verdict would be about clouds that
    were not measured.
    detectable: the smallest ratio that a run such as this one finds in 80 of 100 cases. run: its name in a report of
    several runs. explained: the largest ratio that chance and drifts of the targets' own may make of targets that are
    alike; one beyond it is a verdict. course: of the primary figure, [seconds since the run began, ratio] of each part
    of the run; drift: what that did to the verdict.
    """

    figure: str
    baseline: str
    other: str
    primary: bool
    verdict: Literal["slower", "faster", "no difference", "no verdict", "too few", "emulated"]
    words: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    detectable: float | None = None
    longer_low: float | None = None
    longer_high: float | None = None
    run: str | None = None
    explained: float | None = None
    drift: str | None = None
    course: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])


@dataclass(frozen=True)
class Headline:
    """One sentence of what was found. about: the figure or the state that it is about. run: as in a comparison."""

    words: str
    about: str | None = None
    run: str | None = None


@dataclass(frozen=True)
class Finding:
    """Something that went wrong or differs between targets. problem: it makes the command end with status 1."""

    target: str | None
    text: str
    problem: bool


@dataclass(frozen=True)
class Section:
    """A table with words around it that another part of the project adds, such as what a month would cost."""

    title: str
    words: list[str]
    columns: list[str]
    rows: list[list[str]]
    notes: list[str]


@dataclass(frozen=True)
class Report:
    """One run, or several side by side. headline: what was found, in words. scope: what was compared and what not.

    status: "complete", "interrupted", "failed" or "cut off" (the file has no end). how: what was run, by label.
    cost: what a month would cost and how many requests would wait, if that was asked for.
    """

    format: int
    title: str
    started: str
    seconds: float
    status: str
    headline: list[Headline]
    scope: list[str]
    findings: list[Finding]
    targets: list[TargetReport]
    comparisons: list[Comparison]
    how: dict[str, str]
    runs: list[str]
    cost: Section | None = None
