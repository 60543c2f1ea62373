"""Says how far the mean of a figure, measured again and again in a run, can be off if its targets drift on their own.

A slow drift does not average out within a run, and a short run does not show all of it: no test sees a small drift
that is about as long as the run. So the error is a mixture over what the drift may be: none, or a drift that is a tenth
of the run long, a third, or all of it, each in several sizes. Each hypothesis counts by how well it explains the
series and by how far it was believed before (Mueller and Watson, Review of Economic Studies 83, 2016, predict long
runs in this way). Drifts that change latencies by more than is usual count for less, unless the series shows them.
docs/compare.md measures what follows from the beliefs below.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

# How far "no drift" is believed before anything is measured. An interval widens by what the samples show of a drift. A
# verdict has to hold for a reader who thinks that a drift is likelier than none: different clouds drift on their own.
TRUSTING = 0.92
SCEPTICAL = 0.2
_EVEN = 0.5
# All drifts of up to this size, as a standard deviation of logarithms, are equally likely. Beyond it, a drift that is
# twice as large is a quarter as likely: clouds drift by a few parts in a hundred, seldom by half.
USUAL = 0.1
# The parts into which a run is divided, in order of time.
PARTS = 30
# Drifts: their length as a share of the run, and how many times as large they make the variance of the mean.
_LENGTHS = (0.1, 0.3, 1.0, 3.0)
_SIZES = (4.0, 16.0, 64.0, 256.0)
# Parts that differ by less than this are equal, but for the rounding of the computer's numbers.
_EQUAL = 1e-9
# How much instances differ: the variance between them over the variance of one part's figure.
_INSTANCES = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Error:
    """The error of a mean: a mixture of Student's t distributions with `freedom` degrees of freedom.

    scales: the standard error under each hypothesis about the drift, in the unit of the mean. likelihoods: how
    well each hypothesis explains the series. rarity: how likely a drift of its size is beforehand, 1 for a usual one.
    steady: whether it is one without drift.
    """

    freedom: float
    scales: Floats
    likelihoods: Floats
    rarity: Floats
    steady: NDArray[np.bool_]

    @classmethod
    def without_drift(cls, scale: float, freedom: float) -> "Error":
        """The error of independent parts."""
        return cls(freedom, np.array([scale]), np.ones(1), np.ones(1), np.ones(1, dtype=bool))

    def weights(self, belief: float) -> Floats:
        """The probability of each hypothesis after the series, if "no drift" had the probability `belief` before."""
        drifting = int(np.sum(~self.steady))
        before = np.where(
            self.steady, (belief if drifting else 1.0) / np.sum(self.steady), (1 - belief) / max(1, drifting)
        )
        after = before * self.rarity * self.likelihoods
        return after / after.sum()

    @property
    def drift_shown(self) -> bool:
        """Whether the series itself shows a drift: one is likelier than none, if both were as likely beforehand."""
        return float(np.sum(self.weights(_EVEN)[~self.steady])) > _EVEN

    def p_value(self, distance: float, belief: float) -> float:
        """How often chance and drift alone would put the mean at least `distance` from the truth."""
        return self._beyond(self.weights(belief))(abs(distance))

    def half(self, confidence: float, belief: float) -> float:
        """Half the width of the mean's interval."""
        beyond = self._beyond(self.weights(belief))
        low, high = 0.0, float(self.scales.max()) * _limit(self.freedom, (1 + confidence) / 2)
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if beyond(middle) > 1 - confidence else (low, middle)
        return high

    def _beyond(self, weights: Floats) -> Callable[[float], float]:
        """A function from a distance to the share of the mixture beyond it on both sides."""
        if not np.any(self.scales > 0):
            return lambda distance: 0.0 if distance else 1.0
        known, both = np.maximum(self.scales, 1e-12), weights * 2
        # scipy.stats.t gives the same, but takes a hundred times as long.
        return lambda distance: float((both * special.stdtr(self.freedom, -distance / known)).sum())

    def widening(self, confidence: float, belief: float) -> float:
        """The interval's width over its width without drift; at least 1."""
        plain = float(self.scales.min()) * _limit(self.freedom, confidence)
        return max(1.0, self.half(confidence, belief) / plain) if plain > 0 else 1.0


def _limit(freedom: float, confidence: float) -> float:
    """Student's t: how many standard errors an interval reaches to each side."""
    return float(special.stdtrit(freedom, (1 + confidence) / 2))


def error(
    series: Floats, instances: Sequence[Hashable], plain: float, freedom: float, *, usual: float = math.inf
) -> Error:
    """The error of the mean of `series`, the same figure of each part of a run in order of time.

    instances: for each part a label; parts of the same instances have the same label. plain: the standard error that
    instances and noise make; that of a drift is added. usual: up to which size, in the unit of the series,
    one drift is as likely as another.
    """
    count = len(series)
    centred = series - series.mean()
    if count < 3:  # noqa: PLR2004 -- nothing to see a drift in
        return _unseen(plain, freedom, usual)
    if not np.any(np.abs(centred) > _EQUAL):
        return Error.without_drift(plain, freedom)
    codes = {label: code for code, label in enumerate(dict.fromkeys(instances))}
    known = _hypotheses(tuple(codes[label] for label in instances))
    squares = np.sum((known.whitened @ centred) ** 2, axis=1)
    logs = -(known.log_determinants + (count - 1) * np.log(squares)) / 2
    variance = squares / (count - 1)
    sizes = np.sqrt(known.variance * variance)
    rarity = np.minimum(1.0, (usual / np.maximum(sizes, 1e-12)) ** 2)
    scales = np.sqrt(plain**2 + known.drift * variance)
    return Error(freedom, scales, np.exp(logs - logs.max()), rarity, known.steady)


def _unseen(plain: float, freedom: float, usual: float) -> Error:
    """The error of a run that is too short to show a drift: each size is as likely as it was before the run."""
    variances = plain**2 * np.array([0.0, *(times - 1 for times in _SIZES)])
    rarity = np.minimum(1.0, (usual / np.maximum(np.sqrt(variances), 1e-12)) ** 2)
    return Error(freedom, np.sqrt(plain**2 + variances), np.ones(len(variances)), rarity, variances == 0)


@dataclass(frozen=True, eq=False)
class _Hypotheses:
    """Covariances of a series, ready to be compared: what whitens it, and the drift's variance and that of its mean.

    Variances are in the unit of the noise of one part.
    """

    whitened: Floats
    log_determinants: Floats
    variance: Floats
    drift: Floats
    steady: NDArray[np.bool_]


@lru_cache(maxsize=64)
def _hypotheses(codes: tuple[int, ...]) -> _Hypotheses:
    count, labels = len(codes), np.array(codes)
    contrasts = np.linalg.qr(np.column_stack([np.ones(count), np.eye(count)[:, 1:]]))[0][:, 1:].T
    same = (labels[:, None] == labels[None]).astype(float)
    repeated = 1 < len(set(codes)) < count
    apart = np.abs(np.arange(count)[:, None] - np.arange(count)[None])
    covariances: list[tuple[Floats, float, float]] = []
    for size in _INSTANCES if repeated else (0.0,):
        plain = np.eye(count) + size * same
        covariances.append((plain, 0.0, 0.0))
        for length in _LENGTHS:
            alike = np.exp(-apart / (length * count))
            for times in _SIZES:
                drift = (times - 1) * plain.mean()
                variance = drift / alike.mean()
                covariances.append((plain + alike * variance, variance, drift))
    lower = [np.linalg.cholesky(contrasts @ of @ contrasts.T) for of, _, _ in covariances]
    drifts = np.array([drift for _, _, drift in covariances])
    return _Hypotheses(
        np.array([np.linalg.solve(low, contrasts) for low in lower], dtype=np.float64),
        np.array([2 * np.sum(np.log(np.diag(low))) for low in lower]),
        np.array([variance for _, variance, _ in covariances]),
        drifts,
        drifts == 0,
    )
