"""A comparison's samples into the section of its report: what it would cost, who would wait."""

from collections.abc import Iterable, Mapping
from typing import Any

from cost.advise import advise
from cost.candidates import Question, candidates
from cost.report import data
from cost.simulation import timing
from cost.simulation.arrivals import poisson
from platforms.prices import Prices

BUDGET = 1_000_000


def section(
    records: Iterable[Mapping[str, Any]],
    *,
    monthly: float = 40_000,
    question: Question | None = None,
    prices: Prices | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """What `monthly` requests at random would cost on each platform and who would wait, as plain JSON values.

    records: the objects of samples.jsonl. Cloud samples feed the latencies; emulated ones never do, and the notes say
    so. Without any, the figures are from published starts, and say so. cost.report.text and cost.report.html render it.
    """
    known = prices or Prices.load()
    found, notes = candidates(question or Question(), known, timing.select(records))
    return data.of_advice(advise(poisson(monthly), found, known, seed=seed, budget=BUDGET, notes=notes))
