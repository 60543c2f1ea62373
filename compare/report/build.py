"""A saved run into its Report: series, findings, comparisons, and what was and was not compared, in words."""

from collections import Counter
from collections.abc import Mapping, Sequence

import platforms
from compare.report import tails
from compare.report.drifting import LONGEST
from compare.report.figures import series
from compare.report.findings import findings
from compare.report.model import FORMAT, Comparison, Finding, Headline, Report, Series, TargetReport
from compare.report.verdicts import Key, Side, comparisons, key_of, name_of, primary_series
from compare.report.words import marked
from compare.stats import CLUSTERS_OF_MEDIAN, CLUSTERS_OF_TAIL
from compare.units import spoken
from runs.file import Run
from runs.head import RunEndpoint
from runs.plan import Plan
from runs.sample import COLD_IN_WARM, COLD_UNDER_LOAD, PREPARATIONS, Sample

_ORDER: list[Key] = [
    ("cold", "fresh", "idle"),
    ("cold", "fresh", "burst"),
    ("warm", "kept", None),
    ("warm", "fresh", None),
    ("load", "kept", None),
]
_FEW_TARGETS = 4
_FEWEST_INSTANCES = {"p50": CLUSTERS_OF_MEDIAN, "p95": CLUSTERS_OF_TAIL}
_COMPARED = (
    "Emulated platforms compare, on this machine, how the app is reached (an invocation per event, or a web server) "
    "and how instances come and go (from zero, one request or many at a time, or always one)."
)
FROM_HERE = (
    "Measured from this machine, over its network, at this time: another place or hour sees other latencies."
)
OF_NOW = "Figures are those of this machine at this time: another machine or hour sees others."
_OVER_A_LONGER_TIME = (
    "The interval of a ratio is that of the time measured. The one over a longer time allows for drifts which a run of "
    "this length does not show. For a claim about other hours or days, measure at several times and report the runs "
    "together."
)
_NOT_COMPARED = (
    "They do not compare clouds: no network, no sandbox or image pull, no cloud CPU is in these figures, and they are "
    "no verdict on which cloud is faster."
)


def report(run: Run) -> Report:
    """Everything that `run` supports, for any of the renderers."""
    targets = [_target(endpoint, _of(run, endpoint.name)) for endpoint in run.head.endpoints]
    sides = [side_of(run, endpoint) for endpoint in run.head.endpoints]
    plan = run.head.plan
    compared = comparisons(sides, primary=plan.primary, seed=plan.seed)
    notes = findings(
        {endpoint.name: _of(run, endpoint.name) for endpoint in run.head.endpoints},
        {endpoint.name: endpoint.builds for endpoint in run.head.endpoints},
    )
    notes += [
        note
        for target, side in zip(targets, sides, strict=True)
        for note in tails.notes(list(zip(target.series, side.series.values(), strict=True)))
    ]
    notes += [Finding(None, note.text, problem=note.problem) for note in run.notes]
    if run.damaged:
        lines = "1 line" if run.damaged == 1 else f"{run.damaged} lines"
        notes.append(
            Finding(None, f"{lines} of samples.jsonl could not be read and were left out", problem=False)
        )
    notes += [Finding(None, text, problem=False) for text in _imprecise(run)]
    status = run.end.status if run.end else "cut off"
    return Report(
        format=FORMAT,
        title=_title([target.name for target in targets]),
        started=run.head.started.isoformat(),
        seconds=run.measured_s,
        status=status,
        headline=_headline(compared, targets, status, against_itself=run.head.against_itself),
        scope=_scope(targets, compared),
        findings=notes,
        targets=targets,
        comparisons=compared,
        how=_how(run),
        runs=[run.path.name],
    )


def _title(names: Sequence[str]) -> str:
    if len(names) > _FEW_TARGETS:
        return f"{len(names)} targets"
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), names[-1]])


def times_as_long(samples: Mapping[str, Sequence[Sample]], plan: Plan) -> float | None:
    """How many times as long a run must be to make the primary figure of each answering target as precise as planned.

    At most 1 if it is precise already; None if there is no interval yet, or no precision is wanted. Errors shrink with
    the root of the time. A target whose instances are let go is only known after as many of them as its interval needs.
    """
    answering = [of for of in samples.values() if any(sample.ok for sample in of)]
    key = primary_series(by_series(of) for of in answering)
    if plan.precision is None or key is None:
        return None
    errors = [_relative_error(of, key, plan.primary) for of in answering]
    known = [error for error in errors if error is not None]
    return (max(known) / plan.precision) ** 2 if len(known) == len(errors) else None


def _imprecise(run: Run) -> list[str]:
    """Says that a run ended before it was as precise as asked, and how much more time that would have taken."""
    plan = run.head.plan
    samples = {endpoint.name: _of(run, endpoint.name) for endpoint in run.head.endpoints}
    times = times_as_long(samples, plan)
    if plan.precision is None or (times is not None and times <= 1):
        return []
    wanted = (
        f"the primary figure of each target was to be known within {plan.precision * 100:.3g}%, and is not"
    )
    if times is None:
        return [f"{wanted}: too few instances or rounds"]
    if times > LONGEST:
        return [f"{wanted}: a run more than {LONGEST} times as long would have been needed"]
    return [f"{wanted}: about {spoken((times - 1) * run.measured_s)} more would have been needed"]


def _relative_error(samples: Sequence[Sample], key: Key, primary: str) -> float | None:
    """Half the width of the primary figure's interval over the figure; None if there is no interval to be believed."""
    values = by_series(samples).get(key)
    if not values:
        return None
    summary = series(values, charts=False)
    figure = summary.p50 if primary == "p50" else summary.p95
    if not figure.value or figure.low is None or figure.high is None:
        return None
    if any(sample.how for sample in samples) and (summary.instances or 0) < _FEWEST_INSTANCES[primary]:
        return None
    return (figure.high - figure.low) / 2 / figure.value


def by_series(samples: Sequence[Sample]) -> dict[Key, list[Sample]]:
    """The samples that count (answered as expected, and of the kind that was meant) by series, in reading order."""
    groups: dict[Key, list[Sample]] = {key: [] for key in _ORDER}
    for sample in samples:
        if sample.ok and sample.kind != "discarded":
            groups.setdefault(key_of(sample), []).append(sample)
    return {key: values for key, values in groups.items() if values}


def _of(run: Run, name: str) -> list[Sample]:
    return [sample for sample in run.samples if sample.target == name]


def side_of(run: Run, endpoint: RunEndpoint) -> Side:
    """One target of a run as verdicts need it."""
    return Side(endpoint.name, endpoint.platform, endpoint.emulated, by_series(_of(run, endpoint.name)))


def _target(endpoint: RunEndpoint, samples: Sequence[Sample]) -> TargetReport:
    platform, emulated = endpoint.platform, endpoint.emulated
    title = platforms.TITLES.get(platform, "") if platform else ""
    warm = [
        s for s in samples if s.ok and s.how is None and s.kind in {"warm", "discarded"} and not _prepared(s)
    ]
    colds = sum(1 for s in warm if s.why == COLD_IN_WARM)
    summaries = [series(values) for values in by_series(samples).values()]
    return TargetReport(
        name=endpoint.name,
        platform=platform,
        title=title or "a URL",
        emulated=emulated,
        label=marked(title or "a URL", emulated=emulated),
        url=endpoint.url,
        request=endpoint.request,
        builds=sorted({s.build for s in samples if s.build}),
        asked=len(samples),
        failed=sum(1 for s in samples if not s.ok),
        failures=dict(Counter(s.error or "" for s in samples if not s.ok).most_common()),
        discarded=dict(Counter(s.why or "" for s in samples if s.kind == "discarded" and s.ok).most_common()),
        cold_share=colds / len(warm) if warm and warm[0].request_number is not None else None,
        cold_note=_cold_note(platform, samples, summaries),
        series=summaries,
    )


def _prepared(sample: Sample) -> bool:
    return sample.why in {*PREPARATIONS, COLD_UNDER_LOAD}


def _cold_note(platform: str | None, samples: Sequence[Sample], summaries: Sequence[Series]) -> str | None:
    if any(summary.kind == "cold" for summary in summaries):
        return None
    if platforms.keeps_an_instance(platform):
        return "keeps an instance"
    if any(s.ok for s in samples) and not any(s.request_number for s in samples):
        return "cannot be proven: no identity headers"
    attempts = sum(1 for s in samples if s.how)
    return f"none proven in {attempts} attempts" if attempts else "not asked for"


def _headline(
    compared: Sequence[Comparison], targets: Sequence[TargetReport], status: str, *, against_itself: bool
) -> list[Headline]:
    headlines = [
        _noise_floor(comparison) if against_itself else Headline(comparison.words, comparison.figure)
        for comparison in compared
        if comparison.primary
    ]
    if not headlines and not any(target.series for target in targets):
        headlines = [Headline("nothing could be measured")]
    headlines += [
        Headline(comparison.words, comparison.figure)
        for comparison in compared
        if not comparison.primary and comparison.verdict in {"slower", "faster"}
    ]
    if status == "interrupted":
        headlines.insert(0, Headline("these figures are of what was measured until then", "interrupted"))
    elif status != "complete":
        headlines.insert(
            0, Headline(f"the run did not end well ({status}): these figures are of what is in its file")
        )
    return headlines


def _noise_floor(comparison: Comparison) -> Headline:
    """What comparing a target with itself says about comparisons on this machine."""
    if comparison.low is None or comparison.high is None:
        return Headline(f"not known ({comparison.words})", "noise floor")
    floor = max(comparison.high, 1 / comparison.low) - 1
    if comparison.verdict == "no difference":
        return Headline(
            f"a run like this cannot tell a difference below {floor:.0%} from none ({comparison.figure})",
            "noise floor",
        )
    return Headline(
        f"one target measured twice seems to differ by {floor:.0%} ({comparison.figure}): that happens in 5 of 100 "
        "such runs; if it happens again, verdicts from this machine are not to be believed"
    )


def _scope(targets: Sequence[TargetReport], compared: Sequence[Comparison]) -> list[str]:
    emulated = [target for target in targets if target.emulated]
    assumed = tails.assumed([series for target in targets for series in target.series])
    if any(comparison.ratio is not None and comparison.verdict != "emulated" for comparison in compared):
        assumed.append(_OVER_A_LONGER_TIME)
    if not emulated:
        return [*assumed, FROM_HERE]
    scope = [*assumed, OF_NOW, _COMPARED, _NOT_COMPARED]
    if len(emulated) < len(targets):
        scope.append("The others are measured from this machine, over its network; the two are not compared.")
    return scope


def _how(run: Run) -> dict[str, str]:
    plan = run.head.plan
    key = primary_series([by_series(run.samples)])
    primary = name_of(key) if key else "none"
    when = run.head.started.strftime("%Y-%m-%d %H:%M %Z").strip()
    description = {
        "when": f"{when}, {spoken(run.measured_s)}",
        "command": run.head.command,
        "order": f"random in each round, seed {plan.seed}",
        "figures": f"primary: {primary}, {plan.primary}; the others corrected for their number (Holm)",
    }
    if plan.rate:
        description["load"] = (
            f"{plan.rate:g} requests a second to each target for {spoken(plan.load_s)}, "
            f"on {plan.load_connections} connections"
        )
    return {**description, **{name: str(value) for name, value in run.head.machine.items()}}
