"""Says before a run, from its plan and the first contact with its targets, how long it takes and what it can find."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from compare import stats
from compare.measure.contact import Contact
from compare.report.pairing import paired_ratio
from compare.targets.endpoints import Endpoint
from compare.units import spoken
from runs.plan import Plan
from runs.sample import FIRST_CONTACT, Sample

# From fewer warm requests nothing is concluded about how much requests differ.
_FEWEST = 5
# More rounds of a plan are not drawn: it would take longer than the first of them.
_MOST = 3000
# The standard deviation of a normal distribution over its median absolute deviation.
_OF_NORMAL = 1.4826


def announcement(plan: Plan, opened: Sequence[Endpoint], contact: Contact) -> str:
    """What a run will do and about how long it takes, in one line."""
    rounds = f"at most {contact.rounds}" if plan.open_ended else str(contact.rounds)
    words = f"{len(opened)} target{'s' if len(opened) > 1 else ''}, {rounds} warm rounds"
    if contact.idle_s:
        counted = f"{plan.cold_starts} cold starts, each" if plan.cold_starts > 1 else "1 cold start,"
        words += f", {counted} after {spoken(contact.idle_s)} alone"
    if plan.precision is not None:
        words += f", until the primary figure of each is known within {plan.precision * 100:.3g}%"
    if contact.targets:
        words += f": {'at most ' if plan.precision is not None else ''}about {spoken(contact.seconds(plan))}"
    return f"{words}; Ctrl-C keeps what is measured, --resume goes on"


def finds(plan: Plan, opened: Sequence[Endpoint], samples: Mapping[str, Sequence[Sample]]) -> str | None:
    """A sentence about the difference that this plan can find, or why it can find none; None if that is not known.

    The comparison is applied to a drawn run with the plan's rounds and cycles. Its answers are drawn from a lognormal
    distribution that is as wide in its middle as the answers of the first contact. These show how much requests differ,
    but not how much instances differ, nor any drift. Of a plan with very many rounds only some are drawn: the error of
    independent answers follows the square root of their number.
    """
    if plan.open_ended or not plan.rounds:
        return None
    tried = {endpoint.name: _tried(plan, samples[endpoint.name]) for endpoint in opened}
    known = [endpoint for endpoint in opened if tried[endpoint.name]]
    if len(known) < 2:  # noqa: PLR2004 -- nothing to compare with
        return None
    drawn = np.random.default_rng(plan.seed)
    sides = [_as_planned(plan, endpoint, tried[endpoint.name], drawn) for endpoint in known]
    p = stats.MEDIAN if plan.primary == "p50" else 0.95
    confidence = 1 - (1 - stats.CONFIDENCE) / (len(sides) - 1)
    least = 1.0
    for other in sides[1:]:
        ratio, few = paired_ratio(sides[0], other, p, seed=plan.seed)
        if ratio is None:
            return f"No verdict on warm requests can come of this plan: {few}"
        drawn_of_all = min(1.0, _MOST / plan.rounds)
        least = max(least, ratio.detectable(confidence=confidence) ** drawn_of_all**0.5)
    if p != stats.MEDIAN or min(len(tried[endpoint.name]) for endpoint in known) < _FEWEST:
        return None
    return (
        f"This plan finds a difference of {least - 1:.0%} between warm medians in 8 of 10 runs, "
        "if instances are alike and nothing drifts"
    )


def _tried(plan: Plan, samples: Sequence[Sample]) -> list[Sample]:
    """The warm answers of the first contact on the connection of the primary figure."""
    connection = "kept" if "kept" in plan.connections else "fresh"
    first_contacts = [
        sample
        for sample in samples
        if sample.why == FIRST_CONTACT and sample.ok and sample.connection == connection
    ]
    warm = [sample for sample in first_contacts if sample.request_number != 1]
    # The first request also opened the connection.
    return warm[1:] or warm


def _as_planned(
    plan: Plan, endpoint: Endpoint, tried: Sequence[Sample], drawn: np.random.Generator
) -> list[Sample]:
    """A drawn run of the plan, whose answers differ as much as the answers `tried`."""
    let_go = plan.cold == "idle" and endpoint.idle_s is not None and all(sample.instance for sample in tried)
    logs = np.log([sample.ms.total for sample in tried])
    scale = _OF_NORMAL * float(np.median(np.abs(logs - np.median(logs))))
    rounds, samples = min(plan.rounds, _MOST), list[Sample]()
    for number, log in enumerate(drawn.normal(np.median(logs), scale, rounds)):
        cycle = number * plan.cycles // rounds
        instance = f"{endpoint.name} {cycle}" if let_go else tried[0].instance
        ms = replace(tried[0].ms, total=float(np.exp(log)))
        samples.append(
            replace(
                tried[0],
                kind="warm",
                why=None,
                cycle=cycle,
                round=number,
                at_s=float(number),
                ms=ms,
                instance=instance,
            )
        )
    return samples
