"""Puts a ratio that a drift may explain into words: why there is no verdict, and how much longer a run has to be."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from compare import drift, ratios, stats
from compare.units import spoken
from runs.sample import Sample

# A run that is more than this many times as long is no advice.
LONGEST = 100
# Charts and sentences treat all larger ratios alike.
FAR = 10.0
# A level lasts for at least so many parts, and a step leaves at most this share of what a line leaves unexplained.
_STEADY_PARTS = 3
_MOST_LEFT = 0.6


def why_no_verdict(ratio: ratios.Ratio) -> str:
    """What keeps a difference that the run seems to show from being a verdict."""
    if ratio.error.drift_shown:
        return "these targets drift apart on their own"
    return "targets that drift on their own may differ as much in so short a run"


def what_drift_did(
    ratio: ratios.Ratio, course: ratios.Course, names: tuple[str, str], confidence: float
) -> str | None:
    """What a user sees in the course of a ratio, and what that did to the verdict. `names`: baseline, and the other."""
    if not len(course.logs):
        return None
    base, other = names
    low, high = (math.exp(end) for end in (course.logs.min(), course.logs.max()))
    words = f"From part to part of the run {other} took {low:.2f} to {high:.2f} times as long as {base}. "
    wider = ratio.error.widening(confidence, drift.TRUSTING)
    if ratio.error.drift_shown:
        step = changed_once(course.logs)
        how = (
            f"they change once, about {step[0]:.0%} into the run, from {step[1]:.2f} to {step[2]:.2f}, as by a release "
            "or another route"
            if step
            else "they wander: the targets drift apart on their own"
        )
        words += (
            f"The parts do not scatter as by chance, {how}. That makes the interval {wider:.1f} times as wide as "
            "chance alone does. "
        )
    else:
        words += "The parts scatter as by chance: no drift of a target's own is seen. "
    most = ratio.explained(confidence)
    up_to = f"by up to {most - 1:.0%}" if most < FAR else f"by more than {FAR:.0f} times"
    hidden = (
        "In a run like this one, chance and a drift that it is too short to show may make targets that are alike "
        f"differ {up_to}"
    )
    if ratio.decided(confidence):
        return f"{words}{hidden}; the difference is larger."
    if ratio.undecided(confidence):
        return f"{words}{hidden}, and chance alone by less than what is seen: so there is no verdict."
    return f"{words}{hidden}."


def changed_once(logs: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """After which share of the run a ratio changed, from what, to what; None if its course is no single step.

    A step is told only if it fits much better than a straight line does, and leaves little of what the parts differ by.
    """
    count = len(logs)
    splits = range(_STEADY_PARTS, count - _STEADY_PARTS + 1)
    if not splits:
        return None
    left = [logs[:place].var() * place + logs[place:].var() * (count - place) for place in splits]
    place, least = splits[int(np.argmin(left))], min(left)
    along = np.arange(count) - (count - 1) / 2
    whole = float(logs.var()) * count
    line = whole - float(along @ logs) ** 2 / float(along @ along)
    if least > _MOST_LEFT * min(whole, line):
        return None
    return place / count, math.exp(logs[:place].mean()), math.exp(logs[place:].mean())


def over_longer(interval: tuple[float, float]) -> str:
    """The interval of a ratio over a longer time, behind the one in the time measured; "" if it says nothing."""
    low, high = interval
    return f", over a longer time [{low:.2f}, {high:.2f}]" if high / low < FAR**2 else ""


def longer(ratio: ratios.Ratio, limit: float, measured_s: float, confidence: float = stats.CONFIDENCE) -> str:
    """How much more time would tell `ratio` from `limit`, when `measured_s` seconds did not."""
    times = ratio.longer(limit, confidence)
    if times > LONGEST:
        return "a longer run will hardly tell"
    return f"about {spoken(max(1.0, (times - 1) * measured_s))} more would tell"


def span_s(samples: Sequence[Sample]) -> float:
    """Seconds over which `samples` were measured."""
    return max(sample.at_s for sample in samples) - min(sample.at_s for sample in samples)
