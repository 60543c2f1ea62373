"""Samples into findings: what failed, whose answers differ, which builds answered, what was left out."""

from collections import Counter
from collections.abc import Mapping, Sequence

from compare.report.model import Finding
from runs.sample import PREPARATIONS, Sample

ByTarget = Mapping[str, Sequence[Sample]]
NOTHING_SAID: Mapping[str, Sequence[str] | None] = {}


def findings(targets: ByTarget, said: Mapping[str, Sequence[str] | None] = NOTHING_SAID) -> list[Finding]:
    """Everything worth saying about the samples of each target, in the order of the targets; problems first.

    `said`: the builds that the stack of a target says may answer, empty if it does not know, None for no stack.
    """
    all_findings = [
        *_failures(targets),
        *_bodies(targets),
        *_statuses(targets),
        *_builds(targets),
        *_not_as_said(targets, said),
        *_contaminated(targets),
        *_restored(targets),
    ]
    return sorted(all_findings, key=lambda finding: not finding.problem)


def _failures(targets: ByTarget) -> list[Finding]:
    failures: list[Finding] = []
    for name, samples in targets.items():
        failed = [sample for sample in samples if not sample.ok]
        if not samples:
            failures.append(Finding(name, f"{name} was never asked", problem=True))
        if not failed:
            continue
        reasons = Counter(sample.error or "" for sample in failed)
        listed = "; ".join(
            f"{reason} ({count})" if len(reasons) > 1 else reason for reason, count in reasons.most_common()
        )
        subject = "is down or answers wrongly" if len(failed) == len(samples) else "failed in part"
        failures.append(
            Finding(
                name, f"{name} {subject}: {len(failed)} of {len(samples)} requests: {listed}", problem=True
            )
        )
    return failures


def _bodies(targets: ByTarget) -> list[Finding]:
    """The targets whose answers differ from the others'. If every target's own answers vary, only that is said."""
    bodies = {name: {s.body_sha256 for s in samples if s.ok} for name, samples in targets.items()}
    answered = {name: digests for name, digests in bodies.items() if digests}
    varying = [name for name, digests in answered.items() if len(digests) > 1]
    if len(varying) == len(answered):
        return [
            Finding(
                name,
                f"the answers of {name} differ from request to request, so bodies are not compared",
                problem=False,
            )
            for name in varying
        ]
    differing = [
        Finding(
            name,
            f"the answers of {name} differ from request to request, those of others do not",
            problem=True,
        )
        for name in varying
    ]
    constant = {name: next(iter(digests)) for name, digests in answered.items() if len(digests) == 1}
    counts = Counter(constant.values()).most_common()
    if len(counts) < 2:  # noqa: PLR2004 -- all alike
        return differing
    if counts[0][1] > counts[1][1]:
        odd = [name for name, digest in constant.items() if digest != counts[0][0]]
        return differing + [
            Finding(name, f"the body of {name} differs from that of the others", problem=True) for name in odd
        ]
    names = ", ".join(f"{name} ({(digest or '')[:8]})" for name, digest in constant.items())
    return [*differing, Finding(None, f"bodies differ between targets (SHA-256): {names}", problem=True)]


def _statuses(targets: ByTarget) -> list[Finding]:
    """A note for each target that answered with several statuses; a single wrong one is a failure, said elsewhere."""
    unexpected: list[Finding] = []
    for name, samples in targets.items():
        statuses = Counter(sample.status for sample in samples if sample.status is not None)
        if len(statuses) > 1:
            listed = ", ".join(f"{status} ({count})" for status, count in statuses.most_common())
            unexpected.append(
                Finding(name, f"{name} answered with several statuses: {listed}", problem=False)
            )
    return unexpected


def _builds(targets: ByTarget) -> list[Finding]:
    builds = {name: {s.build for s in samples if s.ok and s.build} for name, samples in targets.items()}
    several = [
        Finding(
            name,
            f"{name} answered from several builds during the run: {', '.join(sorted(ids))}",
            problem=False,
        )
        for name, ids in builds.items()
        if len(ids) > 1
    ]
    single = {name: next(iter(ids)) for name, ids in builds.items() if len(ids) == 1}
    if len(set(single.values())) > 1:
        listed = ", ".join(f"{name} {build}" for name, build in single.items())
        several.append(Finding(None, f"the targets run different builds: {listed}", problem=False))
    return several


def another_build(samples: Sequence[Sample], said: Sequence[str] | None) -> str:
    """The builds that answered and that the stack does not name, as a sentence without its subject; "" if none."""
    builds = [s.build for s in samples if s.ok and s.build and s.why not in PREPARATIONS]
    others = Counter(build for build in builds if said and build not in said)
    if not said or not others:
        return ""
    named = ", ".join(f"{build} ({count} of {len(builds)} requests)" for build, count in others.most_common())
    return (
        f"answered from build {named}, and its stack says {' or '.join(said)}; `pulumi up` deploys what the stack "
        "says, or prints what is wrong"
    )


def _not_as_said(targets: ByTarget, said: Mapping[str, Sequence[str] | None]) -> list[Finding]:
    differing: list[Finding] = []
    for name, samples in targets.items():
        if problem := another_build(samples, said.get(name)):
            differing.append(Finding(name, f"{name} {problem}", problem=True))
        elif said.get(name) is not None and not said[name]:
            text = f"{name}: its stack does not know which build runs, so nothing says that the answers are from it"
            differing.append(Finding(name, text, problem=False))
    return differing


def _contaminated(targets: ByTarget) -> list[Finding]:
    """Good answers that are in no figure, because they are not of the kind that was meant."""
    contaminated: list[Finding] = []
    for name, samples in targets.items():
        left_out = [s for s in samples if s.ok and s.kind == "discarded" and s.why not in PREPARATIONS]
        asked = [s for s in samples if s.why not in PREPARATIONS]
        for attempts, what in ((True, "attempts at a cold start"), (False, "requests")):
            reasons = Counter(s.why or "" for s in left_out if (s.how is not None) is attempts)
            if reasons:
                of = sum((s.how is not None) is attempts for s in asked)
                listed = "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
                text = f"{name}: {reasons.total()} of {of} {what} were left out: {listed}"
                contaminated.append(Finding(name, text, problem=False))
    return contaminated


def _restored(targets: ByTarget) -> list[Finding]:
    """Cold starts of which some were restored from a snapshot and some initialised: two things in one figure."""
    notes: list[Finding] = []
    for name, samples in targets.items():
        cold = [sample for sample in samples if sample.ok and sample.kind == "cold"]
        restored = sum(sample.restored for sample in cold)
        if 0 < restored < len(cold):
            text = (
                f"{name}: {restored} of {len(cold)} cold starts were restored from a snapshot and the others were not; "
                "their figure is of both. Two releases answered, or Lambda had no snapshot for a while"
            )
            notes.append(Finding(name, text, problem=False))
    return notes
