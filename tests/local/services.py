"""A platform's service in the test's own process, for numbers that no user can set."""

import asyncio
import io
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from local.http.front import Front
from local.http.listening import listen
from local.instances.process import Reaper
from local.log import Log
from local.settings import Behaviour, Settings


@dataclass
class Serving:
    """A service that answers at `url`, and what its log holds."""

    url: str
    stream: io.StringIO
    session: aiohttp.ClientSession
    clock: "Clock"

    @property
    def log(self) -> str:
        return self.stream.getvalue()

    async def ask(self, target: str) -> tuple[int, bytes]:
        async with self.session.get(self.url + target) as response:
            return response.status, await response.read()


class Clock:
    """The running event loop's clock, which a test may put forward: so no timeout is waited for."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._ahead = 0.0
        real = loop.time
        loop.time = lambda: real() + self._ahead

    def forward(self, seconds: float) -> None:
        self._ahead += seconds


@asynccontextmanager
async def serving(
    make: Callable[[Settings, Behaviour, Log, Reaper], Any], settings: Settings, behaviour: Behaviour
) -> AsyncGenerator[Serving]:
    """Serve what `make` makes until the end; every instance is gone then."""
    clock = Clock()
    stream = io.StringIO()
    log = Log("test", stream)
    reaper = Reaper()
    await reaper.start()
    service = make(settings, behaviour, log, reaper)
    front = Front(service, listen(0), log)
    server = asyncio.create_task(front.serve_until_stopped())
    try:
        await service.begin()
        async with aiohttp.ClientSession() as session:
            yield Serving(f"http://127.0.0.1:{front.port}", stream, session, clock)
    finally:
        await service.close()
        front.should_exit = front.force_exit = True
        await server
        await reaper.close()


async def until(is_so: Callable[[], Any], what: str) -> None:
    """Wait until `is_so`; fail where it never is."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - a file or a text, which nobody announces
            await asyncio.sleep(0.01)
    assert is_so(), what
