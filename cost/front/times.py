"""Deployments to choose from, each with how long things take there: as published, measured, or computed from that."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from cost.app import LEAST_MB
from cost.candidates import Question, assumptions, split
from cost.front import grid
from cost.model import Candidate
from cost.setup import Setup
from cost.simulation.timing import FEWEST, Measurements, Timing, published
from platforms.prices import Prices


def candidates(
    question: Question,
    prices: Prices,
    measurements: Measurements | None = None,
    *,
    chosen: Collection[str] = (),
    least_mb: int = LEAST_MB,
) -> tuple[list[tuple[Candidate, bool]], list[str]]:
    """Each deployment with whether its times were measured there, and notes on what was assumed.

    Measured times are those at the memory and the vCPUs that the question gives.
    """
    parts: list[str] = []
    if measurements and measurements.by_platform and not question.said:
        question, parts = split(question, prices, measurements)
    timed: list[tuple[Candidate, bool]] = []
    for setup in grid.setups(question, prices, chosen=chosen, least_mb=least_mb):
        if measurements is None or setup.platform not in measurements.by_platform:
            timed.append((Candidate(setup, question.timing(setup, None)), False))
            continue
        base = replace(question.setup(setup.platform, prices, ready=False), snapstart=setup.snapstart)
        timing = question.timing(base, measurements)
        starts, _ = measurements.by_platform[setup.platform].starts(setup)
        timed.append(
            (Candidate(setup, scaled(timing, base, setup)), _same(setup, base) and len(starts) >= FEWEST)
        )
    notes = [*(measurements.notes if measurements else ()), *parts]
    bases = [question.setup(platform, prices, ready=False) for platform in question.platforms]
    return timed, [*notes, *assumptions(question, bases, measurements)]


def scaled(timing: Timing, base: Setup, setup: Setup) -> Timing:
    """The times that were measured at `base`, as they are to be expected at `setup`.

    Work and waiting are known apart, so they hold for any CPU. A start is taken to be longer or shorter by as much as
    the published starts are, with the app's own imports.
    """
    ratio = float(np.median(published(setup).starts)) / max(float(np.median(published(base).starts)), 1e-9)
    if ratio == 1 or not timing.starts.any():
        return timing
    return replace(timing, starts=timing.starts * ratio, starts_billed=timing.starts_billed * ratio)


def _same(setup: Setup, base: Setup) -> bool:
    """Whether requests and starts take equally long in both; the number of instances and the billing do not matter."""
    aside = {"minimum": base.minimum, "maximum": base.maximum, "billing": base.billing}
    return replace(setup, **aside) == base
