"""Requests of one instance that resemble the ones before them into how many independent samples they are worth.

Pure functions of numbers, in order of time. They work on normal scores, which a few slow requests do not decide.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

# A correlation of independent values is beyond this many standard errors in about one of 40 runs.
_BY_CHANCE = 2.0
# Correlations below this no longer count. Larger ones than `_MOST` would need longer sums, and change nothing.
_LEAST, _MOST = 1e-3, 0.99
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


def normal_scores(values: Floats) -> Floats:
    """What a standard normal distribution has at the rank of each value; equal values have equal scores."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    return np.asarray(special.ndtri(middle[places] / len(values)))


def from_one_to_the_next(values: Floats) -> float:
    """The correlation of a value with the next one, and 0 if it is within what chance makes of independent values.

    A short run shows less of it than there is; the difference is added (Marriott and Pope, Biometrika 41, 1954).
    """
    scores, count = normal_scores(values), len(values)
    squares = float(np.sum(scores**2))
    seen = float(np.sum(scores[1:] * scores[:-1])) / squares if squares else 0.0
    return min(_MOST, seen + (1 + 3 * seen) / count) if seen > _BY_CHANCE / math.sqrt(count) else 0.0


def worth(values: Floats, p: float) -> float:
    """How many independent samples `values` are worth for the share of them up to the quantile `p`.

    As if the correlation of two values fell with each round between them by the factor of the first. How alike they
    make "up to the quantile or not" is Plackett's integral over the bivariate normal density (Biometrika 41, 1954).
    """
    count, first = len(values), from_one_to_the_next(values)
    if not first:
        return float(count)
    apart = np.arange(1, min(count, math.ceil(math.log(_LEAST) / math.log(first)) + 1))
    angles = np.outer(np.arcsin(first**apart), (_NODES + 1) / 2)
    density = np.exp(-(special.ndtri(p) ** 2) / (1 + np.sin(angles))) / (2 * np.pi)
    alike = np.sum(density * _WEIGHTS, axis=1) * np.arcsin(first**apart) / 2 / (p * (1 - p))
    return count / (1 + 2 * float(np.sum((1 - apart / count) * alike)))
