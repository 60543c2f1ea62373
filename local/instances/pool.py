"""Carries out the activator's decisions: starts and stops instances and holds requests, on the event loop's clock."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from local.log import Log
from local.scaling import Action, Activator, Assign, Fail, Policy, Refuse, Start, Stop

# Seconds that apps have to end by themselves after Ctrl-C.
CLOSING_SECONDS = 1.0


class Stoppable(Protocol):
    """A member of a pool. It can be ended, by force after `grace` seconds."""

    async def stop(self, grace: float) -> None:
        """End it."""
        ...


Served = TypeVar("Served", bound=Stoppable)


class RefusedError(Exception):
    """There is no room for the request."""


class StartError(Exception):
    """The instance did not start; the text says why."""


class Lease(NamedTuple, Generic[Served]):
    """A request's place in an instance."""

    request: int
    instance: Served


class Pool(Generic[Served]):
    """Instances of one app: `launch` makes one or raises StartError; an idle one has `grace` seconds.

    `launch` gets its number and whether it is provisioned (see Policy).

    The code that launches an instance calls `lost` when it has ended, for any reason.
    """

    def __init__(
        self, policy: Policy, launch: Callable[[int, bool], Awaitable[Served]], log: Log, *, grace: float
    ) -> None:
        self._activator = Activator(policy)
        self._launch = launch
        self._log = log
        self._grace = grace
        self._loop = asyncio.get_running_loop()
        self._requests = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Served]] = {}
        self._starting: set[int] = set()
        self._instances: dict[int, Served] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._came, self._awaited = 0, 1
        self._begun: asyncio.Future[StartError | None] = self._loop.create_future()

    def begin(self) -> None:
        """Start the minimum."""
        self._apply(self._activator.tick(self._loop.time()))

    async def started(self, count: int = 1) -> None:
        """Start the minimum, and wait for `count` of it. Raises StartError as soon as one does not start."""
        self._awaited = count
        self.begin()
        if problem := await self._begun:
            raise problem

    async def acquire(self) -> Lease[Served]:
        """Wait for a place in an instance and take it. Raises RefusedError or StartError."""
        request = next(self._requests)
        self._waiting[request] = self._loop.create_future()
        self._apply(self._activator.arrive(request, self._loop.time()))
        return await self._wait(request)

    async def put_back(self, lease: Lease[Served]) -> Lease[Served]:
        """Another place for a request whose instance ended before it took it. Raises as `acquire` does."""
        self._waiting[lease.request] = self._loop.create_future()
        self._apply(self._activator.put_back(lease.request, self._loop.time()))
        return await self._wait(lease.request)

    def release(self, lease: Lease[Served]) -> None:
        """The request has been answered."""
        self._apply(self._activator.done(lease.request, self._loop.time()))

    def lost(self, number: int) -> bool:
        """The instance has ended. If the pool itself ended it, this does nothing and returns False."""
        self._starting.discard(number)
        if self._instances.pop(number, None) is None:
            return False
        self._apply(self._activator.lost(number, self._loop.time()))
        return True

    def sick(self, number: int) -> None:
        """The instance fails its health checks. Another takes its place, and it is ended when it is idle."""
        if number in self._instances:
            self._apply(self._activator.sick(number, self._loop.time()))

    async def close(self) -> None:
        """End every instance, also those that start or stop at the moment; refuse the requests that wait."""
        self._closed = True
        if self._timer:
            self._timer.cancel()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(RefusedError)
        # A task that was cancelled before it began would leave its instance to nobody.
        await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        grace = min(self._grace, CLOSING_SECONDS)
        ends = [instance.stop(grace) for instance in self._instances.values()]
        self._instances.clear()
        await asyncio.gather(*self._tasks, *ends, return_exceptions=True)

    async def _wait(self, request: int) -> Lease[Served]:
        future = self._waiting[request]
        try:
            return Lease(request, await future)
        except asyncio.CancelledError:
            self._apply(self._activator.done(request, self._loop.time()))
            raise
        finally:
            del self._waiting[request]

    def _apply(self, actions: list[Action], problem: StartError | None = None) -> None:
        if self._closed:
            return
        for action in actions:
            match action:
                case Start(number, provisioned):
                    self._spawn(self._start(number, provisioned))
                case Assign(request, number):
                    self._settle(request, self._instances[number])
                case Refuse(request):
                    self._settle(request, RefusedError())
                case Fail(request):
                    self._settle(request, problem)
                case Stop(number, sick):
                    idle = f"idle for {self._activator.policy.idle_seconds:g} s"
                    self._log.event(f"instance {number} gone: {'replaced' if sick else idle}")
                    self._spawn(self._stop(self._instances.pop(number)))
        self._set_timer()

    def _settle(self, request: Any, result: Any) -> None:
        future = self._waiting[request]
        if future.done():
            return
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self, number: int, provisioned: bool) -> None:  # noqa: FBT001 - as the action has it
        started = self._loop.time()
        self._log.event(f"instance {number} starting")
        self._starting.add(number)
        try:
            instance = await self._launch_alive(number, provisioned)
        except (StartError, OSError) as failure:
            problem = StartError(str(failure))
            self._log.event(f"instance {number} gone: {problem}")
            self._tell(problem)
            self._apply(self._activator.failed(number, self._loop.time()), problem)
            return
        now = self._loop.time()
        what = "provisioned, its init" if provisioned else "ready: cold start"
        self._log.event(f"instance {number} {what} took {(now - started) * 1000:.0f} ms")
        self._starting.discard(number)
        self._instances[number] = instance
        self._came += 1
        if self._came >= self._awaited:
            self._tell(None)
        self._apply(self._activator.ready(number, now))

    def _tell(self, problem: StartError | None) -> None:
        if not self._begun.done():
            self._begun.set_result(problem)

    async def _launch_alive(self, number: int, provisioned: bool) -> Served:  # noqa: FBT001 - as the action has it
        instance = await self._launch(number, provisioned)
        if number not in self._starting:
            raise StartError("it ended as soon as it was ready")
        return instance

    async def _stop(self, instance: Served) -> None:
        try:
            await instance.stop(self._grace)
        except asyncio.CancelledError:
            await instance.stop(0)
            raise

    def _set_timer(self) -> None:
        """Wake up in time. Waking too early does no harm, so a timer that is set is moved only to an earlier time."""
        wakes_at = self._activator.wakes_at(self._loop.time())
        if wakes_at is None or (self._timer and self._timer.when() <= wakes_at):
            return
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(wakes_at, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._apply(self._activator.tick(self._loop.time()))
