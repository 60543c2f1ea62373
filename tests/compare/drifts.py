"""Drifts of a target's own, or common to all: what each adds to the logarithm of a request's time, round by round."""

import numpy as np
import scipy

from tests.compare.coverage import Logs, bimodal, mixed
from tests.compare.simulated import Floats, wave


def resembling(size: float) -> Logs:
    """A slow drift: each round resembles the one before (correlation 0.99)."""

    def draw(random: np.random.Generator, rounds: int) -> Floats:
        steps = random.normal(0, np.sqrt(1 - 0.99**2), rounds)
        steps[0] = random.normal()
        return size * np.asarray(scipy.signal.lfilter([1], [1, -0.99], steps))

    return draw


def hour(random: np.random.Generator, rounds: int) -> Floats:
    """A daily rhythm of 10% of which a short run sees one moment."""
    return np.full(rounds, 0.1 * np.sin(2 * np.pi * random.uniform()))


def neighbour(random: np.random.Generator, rounds: int) -> Floats:
    """A noisy neighbour: 20% slower while it is there, for 20 rounds on average, then away for 40."""
    there, found = bool(random.random() < 1 / 3), np.empty(rounds)
    for place in range(rounds):
        there = (random.random() > 1 / 20) if there else (random.random() < 1 / 40)
        found[place] = 0.2 * there
    return found


def route(random: np.random.Generator, rounds: int) -> Floats:
    """A route that changes once, at any time, and makes requests up to 15% slower or faster."""
    return np.where(np.arange(rounds) < random.uniform(0, rounds), 0.0, random.normal(0, 0.08))


def day(random: np.random.Generator, rounds: int) -> Floats:
    """A daily rhythm of 10% of which the run sees a third, at any hour."""
    return 0.1 * np.sin(2 * np.pi * (np.linspace(0, 1 / 3, rounds) + random.uniform()))


def release(random: np.random.Generator, rounds: int) -> Floats:
    """A release at any time that takes 15% off, or adds it."""
    return np.where(np.arange(rounds) < random.uniform(0, rounds), 0.0, random.choice([-0.15, 0.15]))


def still(_random: np.random.Generator, rounds: int) -> Floats:
    """Nothing drifts."""
    return np.zeros(rounds)


def common(random: np.random.Generator, rounds: int) -> Floats:
    """A drift of 15% that all targets share."""
    return wave(random, rounds, 0.15)


def of_kinds(random: np.random.Generator, rounds: int) -> Floats:
    """60 instances of which one in five is half as slow again; of their requests three in ten are, too."""
    return np.repeat(mixed(random, 60), rounds // 60) + bimodal(random, rounds)
