"""App Runner on this machine: at least one instance of gunicorn always, more with load, one that is sick replaced.

Sources: docs.aws.amazon.com/apprunner/latest/dg/manage-autoscaling.html (concurrency, sizes),
.../manage-configure-healthcheck.html (health checks), .../develop.html (port, 120 s). Its front end is Envoy; what that
adds to a request or answers by itself is not documented and follows Envoy's own documentation.
"""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

import aiohttp

import platforms
from local import front, instances
from local.backend import Backend, Server
from local.instances import Reaper
from local.log import Log
from local.message import Answer, Headers, Request, end_to_end
from local.pool import RefusedError, StartError
from local.proxy import NoResponseError, TooLateError, is_sendable
from local.settings import Plan, Settings, SettingsError


@dataclass(frozen=True)
class HealthCheck:
    """Seconds between two checks, seconds that one may take, and how many in a row have to fail."""

    interval: float
    timeout: float
    failures: int
    path: str = "/health"

    @classmethod
    def default(cls) -> "HealthCheck":
        """App Runner's own numbers, on the path that the stack configures."""
        names = ("health_interval", "health_timeout", "health_failures")
        return cls(*(platforms.limit("apprunner", name) for name in names))


# How often a new instance is asked until it is healthy for the first time. The real one asks at its interval; a start
# is not what is compared here, because there is none while a request waits.
_FIRST_CHECKS_SECONDS = 0.1
# The deployment of an instance that never becomes healthy is given up; the real time is not documented.
_START_SECONDS = 240


def text(status: int, body: str) -> Answer:
    """A short answer of Envoy's own."""
    length = str(len(body)).encode()
    return Answer(status, [(b"content-type", b"text/plain"), (b"content-length", length)], body.encode())


BAD_REQUEST = text(400, "Bad Request")
FAILURES: dict[type[Exception], Answer] = {
    RefusedError: text(429, "Too Many Requests"),
    StartError: text(503, "no healthy upstream"),
    NoResponseError: text(503, "upstream connect error or disconnect/reset before headers"),
    TooLateError: text(504, "upstream request timeout"),
}


def to_container(request: Request) -> Request:
    """`request` as the container gets it."""
    client = request.client
    forwarded = [value for name, value in request.headers if name == b"x-forwarded-for"]
    replaced = (b"x-forwarded-for", b"x-forwarded-proto", b"x-request-id", b"expect")
    headers = [
        (name, value)
        for name, value in end_to_end(request.headers)
        if name not in replaced and not name.startswith(b"x-envoy-")
    ]
    headers += [
        (b"x-forwarded-for", b",".join([*forwarded, client.address.encode()])),
        # The real one knows https alone; here the client's own scheme keeps absolute links working.
        (b"x-forwarded-proto", client.scheme.encode()),
        (b"x-request-id", str(uuid.uuid4()).encode()),
    ]
    return replace(request, headers=headers)


def to_client(since: float, clock: Callable[[], float]) -> Callable[[Headers], Headers]:
    """The container's response headers as the client gets them; the request came at `since` on the clock."""

    def rewrite(headers: Headers) -> Headers:
        kept = [pair for pair in headers if pair[0] != b"server"]
        took = str(int((clock() - since) * 1000)).encode()
        return [*kept, (b"x-envoy-upstream-service-time", took), (b"server", b"envoy")]

    return rewrite


class Service:
    """App Runner's front end and the service behind it, as an ASGI application."""

    def __init__(
        self, settings: Settings, plan: Plan, log: Log, reaper: Reaper, health: HealthCheck | None = None
    ) -> None:
        self._log = log
        self._health = health or HealthCheck.default()
        self._checks: set[asyncio.Task[None]] = set()
        self._backend = Backend(
            settings,
            plan,
            log,
            reaper,
            environment=lambda port: {"PORT": str(port)},
            ready=self._become_healthy,
            grace=platforms.limit("apprunner", "stop_grace"),
        )

    async def begin(self) -> None:
        """Deploy: start the minimum and wait for its first instance. Raises SettingsError where that fails."""
        self._backend.pool.begin()
        lease = None
        try:
            lease = await self._backend.pool.acquire()
        except StartError as problem:
            raise SettingsError(f"App Runner's first instance did not become healthy: {problem}") from None
        finally:
            if lease:
                self._backend.pool.release(lease)

    async def close(self) -> None:
        """End every instance."""
        for check in self._checks:
            check.cancel()
        await asyncio.gather(*self._checks, return_exceptions=True)
        await self._backend.close()

    async def __call__(self, scope: front.Scope, receive: front.Receive, send: front.Send) -> None:
        """Answer one HTTP request."""
        clock = asyncio.get_running_loop().time
        request = front.request_of(scope, b"")
        rewrite = to_client(clock(), clock)
        answer = None if is_sendable(request) else BAD_REQUEST
        if answer is None:
            try:
                await self._backend.serve(to_container(request), receive, send, rewrite)
            except tuple(FAILURES) as failure:
                answer = FAILURES[type(failure)]
                self._log.event(f"{answer.status}: {answer.body.decode()} {failure}".rstrip())
            else:
                return
        await front.respond(send, replace(answer, headers=rewrite(answer.headers)))

    async def _become_healthy(self, server: Server) -> str | None:
        """None once GET /health answers 200; from then on the instance is watched."""
        exited = server.instance.exited
        if problem := await instances.wait_for_port(server.instance, _START_SECONDS):
            return problem
        loop = asyncio.get_running_loop()
        until = loop.time() + _START_SECONDS
        while (problem := await self._problem(server)) and loop.time() < until:
            if exited.done():
                return f"exited with {exited.result()} before it was healthy"
            await asyncio.sleep(_FIRST_CHECKS_SECONDS)
        if problem:
            return problem
        watch = loop.create_task(self._watch(server))
        self._checks.add(watch)
        watch.add_done_callback(self._checks.discard)
        return None

    async def _watch(self, server: Server) -> None:
        """Check at the interval until the instance ends; end it when too many checks in a row have failed."""
        failures = 0
        exited = server.instance.exited
        while not exited.done():
            await asyncio.wait([exited], timeout=self._health.interval)
            if exited.done():
                return
            problem = await self._problem(server)
            failures = failures + 1 if problem else 0
            if problem and failures >= self._health.failures:
                self._log.event(f"instance {server.number} gone: {failures} checks failed, {problem}")
                # From here on it gets no request; those that it has may end.
                self._backend.pool.lost(server.number)
                try:
                    await server.instance.stop(platforms.limit("apprunner", "stop_grace"))
                finally:
                    await server.instance.stop(0)

    async def _problem(self, server: Server) -> str | None:
        path = self._health.path
        try:
            status = await server.proxy.get(path, self._health.timeout)
        except (aiohttp.ClientError, OSError) as problem:
            return f"GET {path}: {type(problem).__name__} {problem}".rstrip()
        return None if status == 200 else f"GET {path} answered {status}"  # noqa: PLR2004
