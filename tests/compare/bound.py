"""`python -m tests.compare.bound` prints how often any test could find 15% and err in 5 of 100 runs of each line.

By Neyman and Pearson, no test finds more on average than the one by the ratio of likelihoods, which here weighs drifts
such that none is above 5%. That test knows the noise and the laws of the drifts, which a report does not. Two targets,
30 parts of ten rounds, and differences of 8 to 50%, each as likely.
"""

from collections.abc import Sequence

import numpy as np
from scipy import special

from tests.compare.coverage import Logs
from tests.compare.drifts import day, release, resembling, route, still
from tests.compare.simulated import Floats

RUNS, DRAWS, PARTS, STEPS = 2000, 6000, 30, 1500
LEVEL = 0.05
DRIFTS: dict[str, Logs] = {
    "daily rhythm": day,
    "release": release,
    "route": route,
    "10% of its own": resembling(0.1),
    "5% of its own": resembling(0.05),
    "none": still,
}
# Drifts of which each round resembles the one before have a likelihood in closed form.
RESEMBLING = {"10% of its own": 0.1, "5% of its own": 0.05}
SOUGHT = np.log(1 + np.array([0.08, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.4, 0.5]))
FOUND = (0.1, 0.15, 0.3)


def noise_of(instances: int) -> Floats:
    """The covariance of the parts of one instance's ratio (requests differ by 20%), or of ten instances (10%, 5%)."""
    median = 1.2533 * np.sqrt(2 / 10)
    if instances == 1:
        return np.eye(PARTS) * (0.2 * median) ** 2
    cycle = np.arange(PARTS) * instances // PARTS
    return np.eye(PARTS) * (0.1 * median) ** 2 + (cycle[:, None] == cycle[None]) * 2 * 0.05**2


def courses(random: np.random.Generator, drift: Logs, count: int) -> Floats:
    """How the drifts of two targets differ, part by part, in as many runs."""
    rounds = PARTS * 10
    both = [drift(random, rounds) - drift(random, rounds) for _ in range(count)]
    return np.array(both).reshape(count, PARTS, -1).mean(axis=2)


def likelihoods(seen: Floats, means: Floats) -> Floats:
    """The logarithm of the likelihood of each whitened run that was seen, on average over the possible means."""
    squares = np.sum(seen**2, axis=1)[:, None] - 2 * seen @ means.T + np.sum(means**2, axis=1)[None]
    return np.asarray(special.logsumexp(-squares / 2, axis=1) - np.log(len(means)))


def likelihoods_of_resembling(seen: Floats, size: float, whiten: Floats) -> Floats:
    """The same of two targets that drift as `resembling` of this size does."""
    rounds = np.arange(PARTS * 10)
    alike = 2 * size**2 * 0.99 ** np.abs(rounds[:, None] - rounds[None])
    of_parts = alike.reshape(PARTS, 10, PARTS, 10).mean(axis=(1, 3))
    lower = np.linalg.cholesky(np.eye(PARTS) + whiten.T @ of_parts @ whiten)
    squares = np.sum(np.linalg.solve(lower, seen.T) ** 2, axis=0)
    return np.asarray(-squares / 2 - np.sum(np.log(np.diag(lower))))


def bound(instances: int, names: Sequence[str], seed: int = 5) -> tuple[dict[str, float], dict[float, float]]:
    """How often the best test errs under each drift, and how often it finds each difference if nothing drifts."""
    random = np.random.default_rng(seed)
    whiten = np.asarray(np.linalg.inv(np.linalg.cholesky(noise_of(instances))).T, dtype=np.float64)
    draws = {name: 1 if name == "none" else DRAWS for name in names if name not in RESEMBLING}
    means = {name: courses(random, DRIFTS[name], count) @ whiten for name, count in draws.items()}
    sought = (np.concatenate([SOUGHT, -SOUGHT])[:, None] * np.ones(PARTS)) @ whiten
    levels = {name: courses(random, DRIFTS[name], RUNS) for name in names}
    levels |= {f"{size}": np.full((RUNS, PARTS), np.log(1 + size)) for size in FOUND}
    seen = {name: of @ whiten + random.normal(size=(RUNS, PARTS)) for name, of in levels.items()}
    for_sought = {name: likelihoods(runs, sought) for name, runs in seen.items()}

    def under(drift: str, runs: Floats) -> Floats:
        if drift in RESEMBLING:
            return likelihoods_of_resembling(runs, RESEMBLING[drift], whiten)
        return likelihoods(runs, means[drift])

    against = {name: np.array([under(drift, runs) for drift in names]) for name, runs in seen.items()}
    weights = np.zeros(len(names))

    def rejected(name: str) -> float:
        return float(np.mean(for_sought[name] > special.logsumexp(against[name] + weights[:, None], axis=0)))

    for step in range(STEPS):
        errors = np.array([rejected(name) for name in names])
        weights += 0.06 / (1 + step / 60) * (errors - LEVEL) / LEVEL
    return {name: rejected(name) for name in names}, {size: rejected(f"{size}") for size in FOUND}


def main() -> None:
    """Print a line for one and for ten instances, with all drifts and without the daily rhythm."""
    print("| instances | wrong | " + " | ".join(f"finds {size:.0%}" for size in FOUND) + " |")
    print("| ---: | --- |" + " ---: |" * len(FOUND))
    for names in (list(DRIFTS), list(DRIFTS)[1:]):
        for instances in (1, 10):
            errors, found = bound(instances, names)
            wrong = ", ".join(f"{name} {share:.1%}" for name, share in errors.items())
            shares = " | ".join(f"{share:.1%}" for share in found.values())
            print(f"| {instances} | {wrong} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
