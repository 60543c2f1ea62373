"""The simulation against the real emulation on this machine: requests as far apart have the same cold starts."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from cost.app import App
from cost.setup import setup
from cost.simulation.arrivals import Times
from cost.simulation.simulate import simulate
from cost.simulation.system import system
from cost.simulation.timing import published
from local import Emulator, Settings
from platforms.prices import Prices

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("emulators")]

IDLE_S = 0.8
# Seconds from an answer to the next request: far shorter or far longer than an instance stays, so that a busy machine
# cannot turn one into the other.
SOON, LATE = 0.05, 2 * IDLE_S
PAUSES = (SOON, LATE, SOON, SOON, LATE, LATE, SOON)
START_S, ANSWER_S = 0.3, 0.005


async def cold(url: str) -> list[bool]:
    """Whether each answer is its instance's first: of requests one after the other, and at the end of two at once."""

    async def ask(session: aiohttp.ClientSession, seconds: float) -> bool:
        async with session.get(f"{url}/wait?seconds={seconds}") as response:
            assert response.status == 200
            return response.headers["X-Instance-Request"] == "1"

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        answers = [await ask(session, 0)]
        for pause in PAUSES:
            await asyncio.sleep(pause)
            answers.append(await ask(session, 0))
        await asyncio.sleep(LATE)
        # Longer than two starts may differ: an instance that answers one at a time cannot have answered both.
        return [*answers, *await asyncio.gather(ask(session, 1), ask(session, 1))]


@pytest.mark.parametrize(
    ("platform", "region", "at_once"),
    [("aws", "us-east-1", [True, True]), ("gcp", "us-central1", [False, True])],
)
def test_the_simulation_has_as_many_cold_starts_as_the_emulation(
    platform: str, region: str, at_once: list[bool], prices: Prices, tmp_path: Path
) -> None:
    settings = Settings(app="tests.local.apps:app", idle_seconds=IDLE_S, log=tmp_path / "log")
    with Emulator(platform, settings) as emulator:
        answers = asyncio.run(cold(emulator.url))

    assert answers[:8] == [True, False, True, False, False, True, True, False]
    assert sorted(answers[8:]) == at_once
    assert simulated(platform, region, prices) == pytest.approx(sum(answers))


def simulated(platform: str, region: str, prices: Prices) -> float:
    """The cold starts among the same requests, repeated for a month with everything gone in between."""
    sent = [0.0]
    for before, after in pairwise((LATE, *PAUSES, LATE)):
        took = ANSWER_S + (START_S if before == LATE else 0)
        sent.append(sent[-1] + took + after)
    sent.append(sent[-1])
    deployed = setup(platform, region, app=App(cpu_s=Decimal(0), wait_s=Decimal(str(ANSWER_S))))
    start = np.array([START_S])
    timing = replace(published(deployed), starts=start, starts_billed=start, idle=np.array([IDLE_S]))
    again = Times(np.array(sent), sent[-1] + 300, "the same, with everything gone in between")
    one = system(deployed, timing, prices)
    return simulate(again, {"one": one}, replications=2)["one"].cold.mean * len(sent)
