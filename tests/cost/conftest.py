"""What the tests of costs share: today's prices, a deployment on each platform, and the compiled simulation."""

import fcntl
import hashlib
import pickle
from collections.abc import Callable, Generator, Mapping
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from cost.bill import Usage
from cost.setup import Setup, setup
from cost.simulation import state, volumes
from cost.simulation.arrivals import poisson
from cost.simulation.simulate import simulate
from cost.simulation.system import System, system
from cost.simulation.timing import published
from platforms.prices import Prices

REGIONS = {"aws": "us-east-1", "gcp": "us-central1", "apprunner": "us-east-1", "ecs": "us-east-1"}

Deploy = Callable[..., System]


@pytest.fixture(scope="session")
def prices() -> Prices:
    """The prices that are shipped."""
    return Prices.load()


@pytest.fixture(scope="session")
def deploy(prices: Prices) -> Deploy:
    """A function from a platform to a system there in which everything takes constant time.

    lasts: seconds of waiting of a request, in which it takes no CPU; work: CPU seconds on a whole vCPU, after it.
    """

    def system_of(
        platform: str,
        *,
        lasts: float = 0.1,
        work: float = 0.0,
        starts: float = 0.4,
        idle: float = 600,
        **settings: object,
    ) -> System:
        one: Setup = setup(platform, REGIONS[platform], **settings)  # pyright: ignore[reportArgumentType]
        timing = replace(
            published(one),
            work=np.array([work]),
            waits=np.array([lasts]),
            beyond=np.array([0.0]),
            starts=np.array([starts]),
            starts_billed=np.array([starts]),
            idle=np.array([idle]),
            starts_supported=1.0,
        )
        return system(one, timing, prices)

    return system_of


@pytest.fixture(scope="session", autouse=True)
def once() -> Generator[None]:
    """The same deployments at the same rate are simulated once for all tests: advice draws a curve of fifty rates.

    That of ECS has hundreds, of which each is a sum over a distribution.
    """
    simulated, known, digest = volumes._simulated, dict[object, dict[str, Usage]](), _digest()
    tracked, tracked_known, digest_of_one = volumes._tracked, dict[object, Usage](), _digest()

    def remembered(
        systems: Mapping[str, System],
        monthly: float,
        requests: float,
        seed: int,
        memory: state.Memory,
        more: int = 1,
    ) -> dict[str, Usage]:
        key = (digest(systems, systems), monthly, requests, seed, more, volumes.LONG_REQUESTS)
        if key not in known:
            known[key] = simulated(systems, monthly, requests, seed, memory, more)
        return known[key]

    def tracked_remembered(one: System, monthly: float) -> Usage:
        key = (digest_of_one(one, {"": one}), monthly)
        if key not in tracked_known:
            tracked_known[key] = tracked(one, monthly)
        return tracked_known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volumes, "_simulated", remembered)
        patch.setattr(volumes, "_tracked", tracked_remembered)
        yield


def _digest() -> Callable[[object, Mapping[str, System]], bytes]:
    """A function to the digest of systems; it computes none while `of` is the same object as before."""
    last: tuple[object, bytes] = (None, b"")

    def digest(of: object, systems: Mapping[str, System]) -> bytes:
        nonlocal last
        if last[0] is not of:
            parts = {name: _parts(one) for name, one in systems.items()}
            last = (of, hashlib.sha256(pickle.dumps(parts)).digest())
        return last[1]

    return digest


def _parts(one: System) -> tuple[object, ...]:
    """What a system consists of, without what it has computed from it."""
    timing = {each.name: getattr(one.timing, each.name) for each in fields(one.timing)}
    return one.setup, one.rule, one.draws, timing


@pytest.fixture(scope="session", autouse=True)
def machine_code(deploy: Deploy) -> None:
    """The compiled simulation, which takes some seconds in a new checkout: one worker compiles it, the others wait."""
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        simulate(poisson(1000), {name: deploy(name) for name in REGIONS}, replications=2)
