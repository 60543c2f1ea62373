"""A ratio that a drift may explain into words: why there is no verdict, and how much longer a run would tell."""

from collections.abc import Sequence

from compare import ratios, stats
from compare.units import spoken
from runs.sample import Sample

# Beyond so many times as long, a longer run is no advice.
_LONGEST = 100


def why_no_verdict(ratio: ratios.Ratio) -> str:
    """What keeps a difference that the run seems to show from being a verdict."""
    if ratio.error.drift_shown:
        return "these targets drift apart on their own"
    return "targets that drift on their own may differ as much in so short a run"


def longer(ratio: ratios.Ratio, limit: float, measured_s: float, confidence: float = stats.CONFIDENCE) -> str:
    """How much more time would tell `ratio` from `limit`, when `measured_s` seconds did not."""
    times = ratio.longer(limit, confidence)
    if times > _LONGEST:
        return "a longer run will hardly tell"
    return f"about {spoken(max(1.0, (times - 1) * measured_s))} more would tell"


def span_s(samples: Sequence[Sample]) -> float:
    """Seconds over which `samples` were measured."""
    return max(sample.at_s for sample in samples) - min(sample.at_s for sample in samples)
