"""Latencies with a known truth: instances of differing speed, noise, and a machine that drifts."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrik, ndtri

from compare.stats import Clustered, blocks, parts
from runs.sample import Connection, Sample, Times

Floats = NDArray[np.float64]


def instances(
    random: np.random.Generator,
    count: int,
    each: int,
    *,
    spread: float,
    noise: float,
    drift: Floats | None = None,
) -> Clustered:
    """`count` instances one after the other, `each` samples of one; spreads are those of logarithms around 1 ms."""
    logs = np.repeat(random.normal(0, spread, count), each) + random.normal(0, noise, count * each)
    if drift is not None:
        logs = logs + drift
    return Clustered(np.exp(logs), np.repeat(np.arange(count), each), count)


def truth(p: float, spread: float, noise: float) -> float:
    """The quantile `p` of all samples of all instances that there could be: a lognormal's."""
    return float(np.exp(ndtri(p) * np.hypot(spread, noise)))


def at_most(rate: float, runs: int) -> int:
    """The most hits in `runs` that a true `rate` explains, unless by a chance of one in a thousand such simulations."""
    return math.ceil(bdtrik(0.999, runs, rate))


def wave(random: np.random.Generator, length: int, size: float) -> Floats:
    """A slow drift of up to `size` up and down, beginning anywhere, of a third to two waves."""
    along = random.uniform(0.3, 2) * np.linspace(0, 1, length) + random.uniform()
    return size * np.sin(2 * np.pi * along)


def alike(random: np.random.Generator, length: int, likeness: float, size: float) -> Floats:
    """Noise of `size` in which each value resembles the one before: a machine that others use too."""
    steps = random.normal(0, np.sqrt(1 - likeness**2), length)
    values = np.empty(length)
    before = random.normal()
    for place, step in enumerate(steps):
        values[place] = before = likeness * before + step
    return size * values


def one_instance(logs: Floats, p: float) -> Clustered:
    """The requests of one instance, one a round, as they are grouped for the quantile `p`."""
    rounds = range(len(logs))
    return Clustered.of(np.exp(logs).tolist(), blocks(rounds, p), parts=parts(rounds))


def sample(
    target: str, connection: Connection, cycle: int, number: int, took: float, *, instance: str | None = None
) -> Sample:
    """A warm answer of an instance that lives for one cycle, or of `instance`."""
    return Sample(
        target=target,
        platform="aws",
        emulated=False,
        kind="warm",
        connection=connection,
        how=None,
        why=None,
        cycle=cycle,
        round=number,
        at_s=float(number),
        late_ms=None,
        status=200,
        ok=True,
        error=None,
        ms=Times(0.0, 0.0, None, took, took, 0.1),
        body_sha256="0",
        bytes=1,
        instance=instance or f"{target}-{cycle}",
        request_number=2,
        instance_age_ms=1.0,
        build="b",
    )


def of_one_instance(target: str, logs: Floats) -> list[Sample]:
    """Warm samples of an instance that stays, one a round."""
    return [
        sample(target, "kept", number // 30, number, float(np.exp(log)), instance=target)
        for number, log in enumerate(logs)
    ]
