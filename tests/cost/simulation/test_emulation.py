"""The simulation against the real emulation on this machine: same arrivals, same idle time, same cold starts."""

import asyncio
from dataclasses import replace
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from cost.setup import setup
from cost.simulation.arrivals import Poisson, Times
from cost.simulation.simulate import simulate, system
from cost.simulation.timing import published
from local import Emulator, Settings
from platforms.prices import Prices

pytestmark = pytest.mark.process

IDLE_S = 0.4
MEAN_GAP_S = 0.3
REQUESTS = 24
REGIONS = {"aws": "us-east-1", "gcp": "us-central1"}


async def asked(url: str, times: list[float]) -> list[tuple[int, float]]:
    """The instance's request number and the seconds of each answer, asked at those times whatever came before."""
    loop = asyncio.get_running_loop()
    begin = loop.time() + 0.1

    async def ask(session: aiohttp.ClientSession) -> tuple[int, float]:
        sent = loop.time()
        async with session.get(f"{url}/hello") as response:
            await response.read()
            assert response.status == 200
            return int(response.headers["X-Instance-Request"]), loop.time() - sent

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        answers: list[asyncio.Future[asyncio.Task[tuple[int, float]]]] = []
        for time in times:
            due: asyncio.Future[asyncio.Task[tuple[int, float]]] = loop.create_future()
            loop.call_at(begin + time, lambda due=due: due.set_result(asyncio.ensure_future(ask(session))))
            answers.append(due)
        return [await (await due) for due in answers]


async def asked_all(urls: list[str], times: list[float]) -> list[list[tuple[int, float]]]:
    """The answers of several fronts at once."""
    return await asyncio.gather(*(asked(url, times) for url in urls))


def test_as_many_requests_are_cold_as_the_simulation_expects(prices: Prices, tmp_path: Path) -> None:
    """Start-ups and handling as measured in this very run; the interval is four standard deviations of a count."""
    chunks = Poisson(1 / MEAN_GAP_S).chunks(np.random.default_rng(7), 0.0, 1e6)
    times = next(chunks)[:REQUESTS]
    settings = {name: Settings(idle_seconds=IDLE_S, log=tmp_path / f"{name}.log") for name in REGIONS}
    with Emulator("aws", settings["aws"]) as one, Emulator("gcp", settings["gcp"]) as other:
        answers = asyncio.run(asked_all([one.url, other.url], times.tolist()))

    for platform, of_platform in zip(REGIONS, answers, strict=True):
        cold = sum(number == 1 for number, _ in of_platform)
        expected = simulated(platform, of_platform, times, prices)

        deviation = max((expected * (1 - expected) / REQUESTS) ** 0.5, 1 / REQUESTS)
        assert abs(cold / REQUESTS - expected) < 4 * deviation, platform
        assert 0 < cold < REQUESTS


def simulated(platform: str, answers: list[tuple[int, float]], times: np.ndarray, prices: Prices) -> float:
    """The share of cold starts at the same times, with start-ups drawn from those of the emulation."""
    warm = float(np.median([seconds for number, seconds in answers if number > 1] or [0.01]))
    starts = np.array([max(seconds - warm, 0.01) for number, seconds in answers if number == 1])
    timing = replace(published(platform, warm), starts=starts, starts_billed=starts, idle=np.array([IDLE_S]))
    again = Times(times, float(times[-1]) + 300, "the same, with everything gone in between")
    one = system(setup(platform, REGIONS[platform]), timing, prices)
    return simulate(again, {"one": one}, replications=2)["one"].cold.mean
