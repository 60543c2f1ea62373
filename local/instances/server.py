"""Instances of gunicorn behind a pool, for the platforms that send HTTP to a port: a request goes to one with room."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from local.http import front
from local.http.front import BrokenResponseError, ClientGoneError
from local.http.message import Answer, Headers, Request
from local.http.proxy import NoResponseError, NotConnectedError, Proxy
from local.instances import ports, process
from local.instances.pool import Pool, StartError
from local.instances.process import Instance, Reaper
from local.log import Log
from local.scaling import UNLIMITED
from local.settings import Behaviour, Settings

# Seconds that may pass between the end of a process's connections and the news of the process's end.
_DYING_SECONDS = 0.5


class Server:
    """An instance that listens, its number, and the client that keeps connections to it."""

    def __init__(self, number: int, instance: Instance, port: int) -> None:
        self.number = number
        self.instance = instance
        self.proxy = Proxy(port)

    async def stop(self, grace: float) -> None:
        """End it while it is idle. The connections are closed first, because gunicorn waits for those that are kept."""
        await self.proxy.close()
        await self.instance.stop(grace)


class Backend:
    """Serves requests by instances.

    `environment` gives an instance's variables by its port. `ready` waits until it serves, or says why it does not.
    An instance has `grace` seconds from SIGTERM to SIGKILL. If the policy starts nothing on demand, a load balancer
    sends the requests: it tries no second instance, and its timeout is that of a pause.
    """

    def __init__(
        self,
        settings: Settings,
        behaviour: Behaviour,
        log: Log,
        reaper: Reaper,
        *,
        environment: Callable[[int], dict[str, str]],
        ready: Callable[[Server], Awaitable[str | None]],
        grace: float,
    ) -> None:
        self._settings = settings
        self._timeout = behaviour.timeout
        self._balanced = not behaviour.policy.on_demand
        self._log = log
        self._reaper = reaper
        # As the stacks set it: with fewer threads than requests at once, some requests would wait in the instance.
        concurrency = behaviour.policy.concurrency
        threads = {"THREADS": str(concurrency)} if concurrency < UNLIMITED else {}
        self._environment = lambda port: environment(port) | threads
        self._ready = ready
        self._closing: set[asyncio.Task[None]] = set()
        self.pool: Pool[Server] = Pool(
            behaviour.policy, lambda number, _: self._launch(number), log, grace=grace
        )

    async def close(self) -> None:
        """End every instance."""
        await self.pool.close()
        await asyncio.gather(*self._closing)

    async def serve(
        self,
        request: Request,
        receive: front.Receive,
        send: front.Send,
        rewrite: Callable[[Headers], Headers],
    ) -> None:
        """Send `request` to an instance, and its response back with its headers rewritten.

        Raises RefusedError, StartError, NoResponseError or TooLateError as long as nothing has been sent.
        """
        lease = await self.pool.acquire()
        try:
            while True:
                server = lease.instance
                try:
                    await server.proxy.forward(
                        request, receive, send, timeout=self._timeout, rewrite=rewrite, idle=self._balanced
                    )
                except NotConnectedError as refusal:
                    if self._balanced:
                        raise NoResponseError from refusal
                    # It has died, and this is the first sign of it; another instance may take the request.
                    if self.pool.lost(server.number):
                        self._log.event(f"instance {server.number} gone: it takes no connections")
                        self._later(server.stop(0))
                    lease = await self.pool.put_back(lease)
                except (NoResponseError, BrokenResponseError):
                    # The instance may have died just now. Until that is known, the next request would be lost with it.
                    await asyncio.wait([server.instance.exited], timeout=_DYING_SECONDS)
                    raise
                else:
                    return
        finally:
            self.pool.release(lease)

    async def answer(
        self,
        request: Request,
        receive: front.Receive,
        send: front.Send,
        rewrite: Callable[[Headers], Headers],
        failures: Mapping[type[Exception], Answer],
    ) -> Answer | None:
        """Serve as `serve` does; if that fails, log the platform's own answer and return it, to be sent."""
        try:
            await self.serve(request, receive, send, rewrite)
        except ClientGoneError:
            self._log.event("the client has gone; its connection to the instance is closed")
        except tuple(failures) as failure:
            answer = failures[type(failure)]
            self._log.event(f"{answer.status}: {str(failure) or failure.__doc__}")
            return answer
        return None

    async def _launch(self, number: int) -> Server:
        port = ports.free_port()
        instance = await process.start(
            self._settings, str(number), self._environment(port), port, self._log, self._reaper
        )
        server = Server(number, instance, port)
        try:
            problem = await self._ready(server)
        except BaseException:
            await server.stop(0)
            raise
        if problem:
            await server.stop(0)
            raise StartError(problem)
        instance.exited.add_done_callback(lambda _: self._exited(server))
        return server

    def _exited(self, server: Server) -> None:
        if self.pool.lost(server.number):
            self._log.event(f"instance {server.number} gone: exited with {server.instance.exited.result()}")
        self._later(server.proxy.close())

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
