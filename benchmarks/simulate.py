"""Requests simulated in a second, beside SimFaaS and a plain heap in Python, and memory as their number grows.

All three simulate one request an instance, 40,000 requests a month at random, 0.7 s of handling, 600 s until an idle
instance goes. Time is this process's own, so that others on the machine disturb it less.
"""

import contextlib
import heapq
import io
import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from decimal import Decimal
from importlib.metadata import version

import numpy as np

from benchmarks.paired import measure
from cost.app import App
from cost.setup import setup
from cost.simulation.arrivals import MONTH, poisson
from cost.simulation.simulate import simulate
from cost.simulation.system import System, system
from cost.simulation.timing import published
from platforms.prices import Prices

MONTHLY = 40_000
LASTS, STARTS, IDLE = 0.7, 0.3, 600
RATE = MONTHLY / MONTH
ROUNDS = 5
REQUESTS = {"compiled": 4_000_000, "plain heap": 400_000, "SimFaaS": 20_000}
SIZES = (10**5, 10**6, 10**7, 10**8)


def main() -> None:
    """Measure and print."""
    print(f"  numba {version('numba')}, simfaas {version('simfaas')}, load {os.getloadavg()[0]:.1f}")
    subjects: dict[str, Callable[[int], float]] = {
        "compiled": _compiled,
        "plain heap": _heap,
        "SimFaaS": _simfaas,
    }
    colds: dict[str, float] = {}

    def timed(name: str) -> Callable[[], dict[str, float]]:
        def one() -> dict[str, float]:
            begin = time.process_time()
            colds[name] = subjects[name](REQUESTS[name])
            return {"requests a second": REQUESTS[name] / (time.process_time() - begin)}

        return one

    samples = measure({name: timed(name) for name in subjects}, ROUNDS)
    for name, taken in samples.items():
        rates = sorted(sample["requests a second"] for sample in taken)
        ratios = sorted(
            ours["requests a second"] / sample["requests a second"]
            for ours, sample in zip(samples["compiled"], taken, strict=True)
        )
        middle = len(rates) // 2
        print(
            f"  {name:12} {rates[middle]:12,.0f} requests a second; compiled is {ratios[middle]:6.1f} "
            f"[{ratios[0]:.1f} {ratios[-1]:.1f}] times as fast; cold {colds[name]:.4f}"
        )
    _sizes()


def _sizes() -> None:
    """Each size in a process of its own, so that its peak of memory is its own."""
    for size in SIZES:
        code = f"import benchmarks.simulate as b; b.one_size({size})"
        subprocess.run([sys.executable, "-c", code], check=True)


def one_size(size: int) -> None:
    """Print time and memory of `size` requests."""
    _compiled(1000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    _compiled(size)
    seconds = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"  {size:12,} requests: {seconds:7.2f} s, {size / seconds / 1e6:5.1f} million a second, "
        f"{(peak - before) / 1024:5.1f} MB more than at rest",
        flush=True,
    )


def _system() -> System:
    waiting = setup("aws", "us-east-1", app=App(cpu_s=Decimal(0), wait_s=Decimal(str(LASTS))))
    return system(waiting, published(waiting).with_idle(IDLE, IDLE, IDLE), Prices.load())


def _compiled(requests: int) -> float:
    """Months of about 40,000 requests, two of them at least."""
    months = max(2, requests // MONTHLY)
    arrivals = poisson(requests / months)
    return simulate(arrivals, {"aws": _system()}, replications=months)["aws"].waiting.mean


def _heap(requests: int) -> float:
    """The shortest program that does the same: a stack of idle instances, a heap of busy ones."""
    rng = np.random.default_rng(0)
    arrivals = np.cumsum(rng.exponential(1 / RATE, requests)).tolist()
    busy: list[float] = []
    idle: list[float] = []
    cold = 0
    for now in arrivals:
        while busy and busy[0] <= now:
            idle.append(heapq.heappop(busy))
        if idle and now - idle.pop() <= IDLE:
            heapq.heappush(busy, now + LASTS)
        else:
            idle.clear()
            cold += 1
            heapq.heappush(busy, now + STARTS + LASTS)
    return cold / requests


def _simfaas(requests: int) -> float:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        from simfaas.ServerlessSimulator import ServerlessSimulator  # noqa: PLC0415 - it warns

        simulator = ServerlessSimulator(
            arrival_rate=RATE,
            warm_service_rate=1 / LASTS,
            cold_service_rate=1 / (STARTS + LASTS),
            expiration_threshold=IDLE,
            max_time=int(requests / RATE),
        )
        simulator.generate_trace(debug_print=False, progress=False)
    return simulator.total_cold_count / simulator.total_req_count
