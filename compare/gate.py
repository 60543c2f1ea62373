"""Decides from a saved interleaved run and a limit whether the candidate may replace the baseline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from commandline import UserError
from compare import ratios
from compare.report.build import by_series
from compare.report.drifting import longer, span_s, why_no_verdict
from compare.report.findings import another_build
from compare.report.pairing import paired_ratio
from compare.report.verdicts import Side, clouds_unmeasured, name_of, primary_series
from runs.file import Run
from runs.sample import Sample

FAST_ENOUGH, TOO_SLOW, UNDECIDED, BROKEN = 0, 1, 2, 3


@dataclass(frozen=True)
class Decision:
    """The exit status (0 fast enough, 1 too slow, 2 undecided, 3 broken) and the reason in one sentence."""

    status: Literal[0, 1, 2, 3]
    words: str


def decide(
    run: Run, baseline: str, candidate: str, limit: float, *, primary: str, failures: float
) -> Decision:
    """Whether `candidate` is at most `limit` times as slow as `baseline` in `run`, with 95% confidence.

    `failures` is the share of requests that may fail. UserError if `run` has no such targets.
    """
    sides = [_side(run, name) for name in (baseline, candidate)]
    for name in (baseline, candidate):
        samples = [s for s in run.samples if s.target == name]
        if broken := _broken(name, samples, failures, _builds(run, name)):
            return Decision(BROKEN, broken)
    if clouds_unmeasured(*sides):
        words = "a verdict between emulated platforms would be about clouds that were not measured"
        return Decision(UNDECIDED, f"{words}; compare two builds on one platform, or deployed targets")
    key = primary_series(side.series for side in sides)
    if key is None or any(key not in side.series for side in sides):
        return Decision(BROKEN, f"{baseline} and {candidate} have no figure in common")
    p = 0.5 if primary == "p50" else 0.95
    base, other = (side.series[key] for side in sides)
    ratio, few = paired_ratio(base, other, p, seed=run.head.plan.seed)
    if ratio is None:
        return Decision(UNDECIDED, f"{few}; more cycles (--cold-starts) or rounds (--rounds) bring more")
    more = longer(ratio, limit, span_s([*base, *other]))
    return _decision(ratio, f"{name_of(key)}, {primary}", (sides[0].label, sides[1].label), limit, more)


def _side(run: Run, name: str) -> Side:
    endpoint = run.head.endpoint(name)
    if endpoint is None:
        known = ", ".join(endpoint.name for endpoint in run.head.endpoints)
        raise UserError(f"{run.path} has no target {name!r}; it has {known}")
    counted = by_series([sample for sample in run.samples if sample.target == name])
    return Side(name, endpoint.platform, endpoint.emulated, counted)


def _builds(run: Run, name: str) -> Sequence[str] | None:
    """The builds that the stack of the target says may answer."""
    endpoint = run.head.endpoint(name)
    return endpoint.builds if endpoint else None


def _broken(name: str, samples: Sequence[Sample], failures: float, said: Sequence[str] | None) -> str | None:
    failed = [sample for sample in samples if not sample.ok]
    if not samples:
        return f"{name} was never asked"
    if len(failed) > failures * len(samples):
        return f"{name} is broken: {len(failed)} of {len(samples)} requests failed, first: {failed[0].error}"
    other = another_build(samples, said)
    return f"{name} is not what its stack says: it {other}" if other else None


def _decision(ratio: ratios.Ratio, figure: str, names: tuple[str, str], limit: float, more: str) -> Decision:
    """`names`: of the baseline and of the candidate. `more`: a sentence on how much longer a run would decide."""
    baseline, candidate = names
    low, high = ratio.interval()
    least, most = ratio.robust_interval()
    figures = f"{candidate} takes {ratio.estimate:.2f} times as long as {baseline} [{low:.2f}, {high:.2f}] ({figure})"
    if most < limit:
        return Decision(FAST_ENOUGH, f"{figures}: below {limit:.2f}")
    if least > limit:
        return Decision(TOO_SLOW, f"{figures}: above {limit:.2f}")
    if low <= limit <= high:
        return Decision(UNDECIDED, f"{figures}: the limit {limit:.2f} is within the interval; {more}")
    return Decision(UNDECIDED, f"{figures}: {why_no_verdict(ratio)}; {more}")
