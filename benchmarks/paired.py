"""Ratios of several subjects, measured in turn, to the first of them: a noisy machine disturbs all alike."""

import os
import platform
import random
import statistics
from collections.abc import Callable, Mapping
from importlib.metadata import version

# What one measurement gave, by the name of the quantity; smaller is better unless the caller says otherwise.
Sample = Mapping[str, float]


def measure(subjects: Mapping[str, Callable[[], Sample]], rounds: int) -> dict[str, list[Sample]]:
    """One unmeasured turn of each subject, then `rounds` turns in random order, as each warms or chills the next."""
    for subject in subjects.values():
        subject()
    samples: dict[str, list[Sample]] = {name: [] for name in subjects}
    shuffled = random.Random(rounds)  # the same in each run
    for _ in range(rounds):
        for name in shuffled.sample(list(subjects), len(subjects)):
            samples[name].append(subjects[name]())
    return samples


def report(samples: Mapping[str, list[Sample]]) -> None:
    """Print a line a subject: the median of each quantity, and of its ratio to the first subject's in the same turn.

    The range in brackets holds the middle half of the ratios.
    """
    base = next(iter(samples.values()))
    width = max(map(len, samples))
    for name, taken in samples.items():
        cells = []
        for quantity in taken[0]:
            ratios = [sample[quantity] / other[quantity] for sample, other in zip(taken, base, strict=True)]
            low, _, high = statistics.quantiles(ratios, n=4)
            median = statistics.median(sample[quantity] for sample in taken)
            cells.append(
                f"{quantity} {median:8.1f}  {statistics.median(ratios):5.3f} [{low:5.3f} {high:5.3f}]"
            )
        print(f"  {name:{width}}  {'   '.join(cells)}", flush=True)


def describe_machine() -> None:
    """Print the machine and the versions that the figures belong to."""
    packages = (
        "flask",
        "gunicorn",
        "awslambdaric",
        "apig-wsgi",
        "serverless-wsgi",
        "mangum",
        "a2wsgi",
        "asgiref",
    )
    model = "unknown CPU"
    if os.path.exists("/proc/cpuinfo"):  # noqa: PTH110
        with open("/proc/cpuinfo") as file:  # noqa: PTH123
            model = next(
                (line.partition(": ")[2].strip() for line in file if line.startswith("model name")), model
            )
    print(f"  Python {platform.python_version()}, {os.cpu_count()} x {model}, load {os.getloadavg()[0]:.1f}")
    print("  " + ", ".join(f"{package} {version(package)}" for package in packages))
