"""Makes the section of a comparison's report about costs: what a month would cost, and how many requests would wait."""

from collections.abc import Iterable
from typing import Any

from cost.advise import advise
from cost.candidates import Question, candidates
from cost.report import data
from cost.simulation import timing
from cost.simulation.arrivals import poisson
from platforms.prices import Prices
from runs.sample import Sample

BUDGET = 1_000_000


def section(
    samples: Iterable[Sample],
    *,
    monthly: float = 40_000,
    prices: Prices | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """What `monthly` requests at random would cost on each platform, and how many would wait, as plain JSON values.

    Samples of cloud deployments feed the latencies; emulated ones never do, and the notes say so. Without any, the
    figures are from published starts, and say so. cost.report.text and cost.report.html render it.
    """
    known, measurements = prices or Prices.load(), timing.select(samples)
    # The measured samples show whether SnapStart is on.
    restored = any(len(one.restored) > len(one.cold) for one in measurements.by_platform.values())
    found, notes = candidates(Question(snapstart=restored), known, measurements)
    return data.of_advice(advise(poisson(monthly), found, known, seed=seed, budget=BUDGET, notes=notes))
