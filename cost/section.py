"""Makes the section of a comparison's report about costs: what a month would cost, and how many requests would wait."""

from collections.abc import Iterable
from typing import Any

from cost.advise import advise
from cost.candidates import Question, candidates
from cost.front import less
from cost.recommend import pick
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
    restored = any(
        len(measured.restored) > len(measured.cold) for measured in measurements.by_platform.values()
    )
    question, arrivals = Question(snapstart=restored), poisson(monthly)
    candidates_found, notes = candidates(question, known, measurements)
    advice = advise(arrivals, candidates_found, known, seed=seed, budget=BUDGET, notes=notes)
    best = pick(advice.options, None, closed=False)
    shorter = (
        ""
        if best is None
        else less.sentence(question, best.candidate.setup.platform, arrivals, known, measurements, seed=seed)
    )
    return {**data.of_advice(advice), "less": shorter}
