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
    simulated, known = volumes._simulated, dict[object, dict[str, Usage]]()
    last: tuple[Mapping[str, System], bytes] = ({}, b"")
    tracked, tracked_known = volumes._tracked, dict[object, Usage]()
    last_tracked: tuple[System | None, bytes] = (None, b"")

    def remembered(
        systems: Mapping[str, System],
        monthly: float,
        requests: float,
        seed: int,
        memory: state.Memory,
        more: int = 1,
    ) -> dict[str, Usage]:
        nonlocal last
        if last[0] is not systems:
            last = (systems, _digest(systems))
        key = (last[1], monthly, requests, seed, more, volumes.LONG_REQUESTS)
        if key not in known:
            known[key] = simulated(systems, monthly, requests, seed, memory, more)
        return known[key]

    def tracked_remembered(one: System, monthly: float) -> Usage:
        nonlocal last_tracked
        if last_tracked[0] is not one:
            last_tracked = (one, _digest({"": one}))
        key = (last_tracked[1], monthly)
        if key not in tracked_known:
            tracked_known[key] = tracked(one, monthly)
        return tracked_known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volumes, "_simulated", remembered)
        patch.setattr(volumes, "_tracked", tracked_remembered)
        yield


def _digest(systems: Mapping[str, System]) -> bytes:
    """Of what the systems consist of, without what they have computed from it."""
    parts = {
        name: (
            one.setup,
            one.rule,
            one.draws,
            {each.name: getattr(one.timing, each.name) for each in fields(one.timing)},
        )
        for name, one in systems.items()
    }
    return hashlib.sha256(pickle.dumps(parts)).digest()


@pytest.fixture(scope="session", autouse=True)
def machine_code(deploy: Deploy) -> None:
    """The compiled simulation, which takes some seconds in a new checkout: one worker compiles it, the others wait."""
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        simulate(poisson(1000), {name: deploy(name) for name in REGIONS}, replications=2)
