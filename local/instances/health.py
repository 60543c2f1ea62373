"""Health checks of instances that are always there: an instance serves after its first good check, and is watched."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

import platforms
from local.instances import process
from local.instances.pool import Pool, StartError
from local.instances.server import Server
from local.settings import SettingsError

# Seconds between two checks of a new instance until it is healthy for the first time. The real platforms check at their
# usual interval. That difference changes no comparison, because no request waits for such a start.
_FIRST_CHECKS_SECONDS = 0.1


@dataclass(frozen=True)
class HealthCheck:
    """Seconds between two checks, seconds that one may take, and how many in a row have to fail.

    grace: in so many seconds after an instance's start, failures have no consequence. path: GET of it has to answer
    200; if it is "", the port has to take a connection.
    """

    interval: float
    timeout: float
    failures: int
    grace: float = 0
    path: str = "/health"

    @classmethod
    def of(cls, platform: str, path: str, *, grace: float = 0) -> "HealthCheck":
        """The check with a platform's own numbers, on the path that its stack configures."""
        names = ("health_interval", "health_timeout", "health_failures")
        return cls(*(platforms.limit(platform, name) for name in names), grace=grace, path=path)


class Watch:
    """The checks of all instances of a service.

    start_seconds: how long an instance may take until it is healthy. unhealthy: called with an instance that has served
    and now fails its checks, and with the reason.
    """

    def __init__(
        self, check: HealthCheck, start_seconds: float, unhealthy: Callable[[Server, str], Awaitable[None]]
    ) -> None:
        self._check = check
        self._start_seconds = start_seconds
        self._unhealthy = unhealthy
        self._watching: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Check no more."""
        for watching in self._watching:
            watching.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)

    async def become_healthy(self, server: Server) -> str | None:
        """Wait until the check answers 200, then watch the instance. None, or the reason if it never did."""
        loop = asyncio.get_running_loop()
        exited = server.instance.exited
        began = loop.time()
        if problem := await process.wait_for_port(server.instance, self._start_seconds):
            return problem
        while (problem := await self._problem(server)) and loop.time() < began + self._start_seconds:
            if exited.done():
                return f"exited with {exited.result()} before it was healthy"
            if problem.is_final:
                return f'{problem}; health in app.toml, or --health, names a path that answers 200, or "" for none'
            await asyncio.sleep(_FIRST_CHECKS_SECONDS)
        if problem:
            return problem
        watching = loop.create_task(self._watch(server, began))
        self._watching.add(watching)
        watching.add_done_callback(self._watching.discard)
        return None

    async def _watch(self, server: Server, began: float) -> None:
        """Check at the interval until the instance ends or too many checks in a row have failed."""
        failures = 0
        exited = server.instance.exited
        clock = asyncio.get_running_loop().time
        while not exited.done():
            await asyncio.wait([exited], timeout=self._check.interval)
            if exited.done():
                return
            problem = await self._problem(server)
            failures = failures + 1 if problem else 0
            if problem and failures >= self._check.failures and clock() >= began + self._check.grace:
                await self._unhealthy(server, f"{failures} checks failed, {problem}")
                return

    async def _problem(self, server: Server) -> "_Problem | None":
        path = self._check.path
        try:
            if not path:
                _, writer = await asyncio.open_connection("127.0.0.1", server.instance.port)
                writer.close()
                return None
            status = await server.proxy.get(path, self._check.timeout)
        except (aiohttp.ClientError, OSError) as problem:
            answer = _Problem(f"GET {path}: {type(problem).__name__} {problem}".rstrip())
            answer.is_final = False
            return answer
        if status == 200:  # noqa: PLR2004 - what every platform asks for
            return None
        answer = _Problem(f"GET {path} answered {status}")
        # The real platform checks for minutes more. An app that redirects or has no such path will never answer 200.
        answer.is_final = 300 <= status < 500 and status not in {408, 425, 429}  # noqa: PLR2004 - HTTP's classes
        return answer


class _Problem(str):
    """Why a check failed; `is_final` if no later one will succeed."""

    __slots__ = ("is_final",)
    is_final: bool


async def deploy(pool: Pool[Server], what: str) -> None:
    """Start the minimum and wait until its first instance is healthy; SettingsError about `what` if it never is."""
    try:
        await pool.started()
    except StartError as problem:
        raise SettingsError(f"{what} did not become healthy: {problem}") from None
