"""One Lambda execution environment: its init, its invocations one at a time, with a freeze in between, and its end.

Sources: docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html for its life and
docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html for its environment.
"""

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from local.aws.http_api import ACCOUNT
from local.aws.runtime_api import Failed, Invocation, Outcome, RuntimeApi
from local.aws.streamed import Streamed
from local.doors import FUNCTION_URL
from local.instances import process
from local.instances.pool import StartError
from local.instances.process import Container, Reaper
from local.log import Log
from local.settings import ROOT, Settings, SettingsError

if TYPE_CHECKING:
    from local.aws.snapshot import Snapshot

FUNCTION = "scale-to-zero"
REGION = "us-east-1"
VERSION = "1"  # the published one of a function with SnapStart or provisioned concurrency
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"


class NotTakenError(Exception):
    """The instance ended before it took the event, so another instance may take it."""


class LambdaInstance:
    """An instance and its present runtime. `timeout` is the function's, in seconds.

    With `snapshot` it is restored from that. `provisioned`: it is initialised ahead of any request. `on_end` is called
    once, when the instance has ended by itself or because of an invocation.
    """

    def __init__(  # noqa: PLR0913 - each is something else
        self,
        name: str,
        settings: Settings,
        timeout: float,
        log: Log,
        reaper: Reaper,
        *,
        on_end: Callable[[], None],
        snapshot: "Snapshot | None" = None,
        provisioned: bool = False,
    ) -> None:
        self._name = name
        self._timeout = timeout
        self._log = log
        self._on_end = on_end
        self._snapshot = snapshot
        self._make_runtime = lambda: (
            _Restored(name, settings, log, reaper, snapshot)
            if snapshot
            else _Runtime(name, settings, log, reaper, provisioned=provisioned)
        )
        self._provisioned = provisioned
        self._runtime = self._make_runtime()
        self._initialised = False
        self._ended = False
        self._ending: asyncio.Future[Failed] | asyncio.Future[None] | None = None

    async def initialise(self, limit: float) -> None:
        """Do the init phase, `limit` seconds at most: start the runtime and wait until it asks for an event.

        If that fails, init is run again with the first invocation (see `invoke`). With a snapshot this is the restore.
        Raises StartError if that fails: the invocation fails then too, and the next one is restored anew. Raises
        StartError too if it is provisioned, because there may be no invocation.
        """
        problem = await self._initialise(limit)
        if problem and self._snapshot:
            raise StartError(f"the restore failed: {problem}")
        if problem and self._provisioned:
            raise StartError(f"the init failed: {problem}")
        if problem:
            self._log.event(
                f"instance {self._name} init failed: {problem}; it is run again with the invocation"
            )

    async def invoke(self, event: bytes, trace_id: str) -> Outcome:
        """Handle one event, and give its outcome. Raises NotTakenError if the instance ended before it took the event.

        The instance is killed when the function's timeout is over, and when its init fails a second time.
        """
        until = time.monotonic() + self._timeout
        deadline_ms = int((time.time() + self._timeout) * 1000)
        if not self._initialised:
            # "Lambda retries the Init phase at the time of the first function invocation with the configured
            # function timeout."
            await self._runtime.end()
            self._runtime = self._make_runtime()
            if problem := await self._initialise(self._timeout):
                return await self._fail("Runtime.InitError", problem)
        if "Parent=" not in trace_id:
            trace_id += f";Parent={os.urandom(8).hex()};Sampled=0"
        invocation = Invocation(str(uuid.uuid4()), event, deadline_ms, ARN, trace_id)
        outcome = await self._runtime.invoke(invocation, until)
        if isinstance(outcome, Streamed):
            self._limit(outcome, until)
        if outcome is not None:
            return outcome
        if (status := self._runtime.exit_status) is None:
            return await self._time_out()
        if not self._runtime.api.taken:
            raise NotTakenError
        return await self._fail("Runtime.ExitError", f"exited with {status}")

    async def stop(self, grace: float) -> None:
        """End it at once. Lambda sends SIGTERM only if there is an extension, and here is none: `grace` is not used."""
        del grace
        self._ended = True
        await self._runtime.end()

    async def _initialise(self, limit: float) -> str | None:
        problem = await self._runtime.start(limit)
        if problem is None:
            self._initialised = True
            self._runtime.when_exited(self._exited)
        return problem

    def _exited(self, status: int) -> None:
        if not self._ended:
            self._ended = True
            self._log.event(f"instance {self._name} gone: exited with {status}")
            self._ending = asyncio.ensure_future(self._runtime.end())
            self._on_end()

    def _limit(self, streamed: Streamed, until: float) -> None:
        """End the instance if its response has not ended at `until` on the monotonic clock."""

        def end() -> None:
            self._ending = asyncio.ensure_future(self._time_out())

        timer = asyncio.get_running_loop().call_later(max(0, until - time.monotonic()), end)
        streamed.ended.add_done_callback(lambda _: timer.cancel())

    async def _time_out(self) -> Failed:
        return await self._fail("Sandbox.Timedout", f"timed out after {self._timeout:g} s")

    async def _fail(self, kind: str, reason: str) -> Failed:
        """End the instance because of an invocation, and give the invocation's outcome."""
        if not self._ended:
            self._ended = True
            self._log.event(f"instance {self._name} gone: {reason}")
            await self._runtime.end()
            self._on_end()
        return Failed(kind, json.dumps({"errorType": kind, "errorMessage": reason}).encode())


class _Running(Protocol):
    """A process or container of the function, or a process in one."""

    @property
    def exited(self) -> asyncio.Future[int]: ...

    def freeze(self) -> None: ...

    def thaw(self) -> None: ...

    async def stop(self, grace: float) -> None: ...


class _Runtime:
    """A process or container, and the Runtime API that it polls."""

    def __init__(
        self, name: str, settings: Settings, log: Log, reaper: Reaper, *, provisioned: bool = False
    ) -> None:
        self._name = name
        self._provisioned = provisioned
        self._settings = settings
        self._log = log
        self._reaper = reaper
        self._instance: _Running | None = None
        self._can_freeze = True
        self.api = RuntimeApi(
            on_waiting=self._freeze, streams=settings.door == FUNCTION_URL, restores=settings.snapstart
        )

    @property
    def exit_status(self) -> int | None:
        """The exit status, None while it runs."""
        exited = self._instance.exited if self._instance else None
        return exited.result() if exited and exited.done() else None

    async def start(self, limit: float) -> str | None:
        """Start it and wait until it asks for an event, `limit` seconds at most. None, or what went wrong."""
        environment = runtime_environment(
            self._settings, await self.api.start(), provisioned=self._provisioned
        )
        self._instance = instance = await process.start(
            self._settings, self._name, environment, None, self._log, self._reaper
        )
        problem = await self._asks(instance, limit)
        if problem is None and isinstance(instance, Container):
            await self._learn_to_freeze(instance)
        return problem

    async def _asks(self, instance: _Running, limit: float) -> str | None:
        """Wait until the runtime asks for an event; what went wrong if it does not within `limit` seconds."""
        events = [self.api.initialised, instance.exited]
        await asyncio.wait(events, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if self.api.initialised.done():
            problem = self.api.initialised.result()
            return problem and f"{problem.error_type} {problem.payload.decode('utf-8', 'replace')}"
        if instance.exited.done():
            return f"the runtime exited with {instance.exited.result()}"
        return f"the runtime did not ask for an event within {limit:g} s"

    def when_exited(self, callback: Callable[[int], None]) -> None:
        """Call `callback` with the exit status when it has exited."""
        assert self._instance is not None  # noqa: S101 - started first
        self._instance.exited.add_done_callback(lambda exited: callback(exited.result()))

    async def invoke(self, invocation: Invocation, until: float) -> Outcome | None:
        """The outcome, or None if the runtime exited or time.monotonic() is past `until`."""
        assert self._instance is not None  # noqa: S101 - started first
        # This order matters: a runtime that asks between the two would be frozen with an event on its way.
        outcome = self.api.invoke(invocation)
        self._instance.thaw()
        events = [outcome, self._instance.exited]
        timeout = max(0, until - time.monotonic())
        await asyncio.wait(events, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if outcome.done():
            return outcome.result()
        outcome.cancel()
        return None

    async def end(self) -> None:
        """Kill it."""
        if self._instance:
            await self._instance.stop(0)
        await self.api.close()

    async def _learn_to_freeze(self, container: Container) -> None:
        self._can_freeze = await container.find_process()
        if not self._can_freeze:
            self._log.event(f"instance {self._name} is not frozen between requests: that needs root on Linux")

    def _freeze(self) -> None:
        if self._instance and self._can_freeze:
            self._instance.freeze()


class _Restored(_Runtime):
    """A process that was forked from a snapshot."""

    def __init__(self, name: str, settings: Settings, log: Log, reaper: Reaper, snapshot: "Snapshot") -> None:
        super().__init__(name, settings, log, reaper)
        self._snapshot = snapshot

    async def start(self, limit: float) -> str | None:
        """Restore; None as soon as it asks for an event, else what went wrong within `limit` seconds."""
        address = runtime_environment(self._settings, await self.api.start())["AWS_LAMBDA_RUNTIME_API"]
        try:
            self._instance = instance = await self._snapshot.restore(int(self._name), address)
        except SettingsError as problem:
            return str(problem)
        return await self._asks(instance, limit)


def runtime_environment(settings: Settings, port: int, *, provisioned: bool = False) -> dict[str, str]:
    """The variables that Lambda sets for the runtime of a container image. `port`: that of its Runtime API."""
    # SnapStart and provisioned concurrency are for published versions alone.
    version = VERSION if settings.snapstart or settings.minimum else "$LATEST"
    ahead = {"snap-start": settings.snapstart, "provisioned-concurrency": provisioned}
    on_host = settings.engine == "process" or sys.platform == "linux"
    return {
        "AWS_LAMBDA_RUNTIME_API": f"{'127.0.0.1' if on_host else 'host.docker.internal'}:{port}",
        "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
        "AWS_LAMBDA_FUNCTION_NAME": FUNCTION,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": next((name for name, is_so in ahead.items() if is_so), "on-demand"),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{FUNCTION}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[{version}]{uuid.uuid4().hex}",
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # The stack sets this, not Lambda: it says how the door invokes the function.
        **({"INVOKE_MODE": "response_stream"} if settings.door == FUNCTION_URL else {}),
        "_HANDLER": "serve.aws_lambda.handler",
        # The code is beside entrypoint.sh; in a container it is at the path that Lambda documents.
        "LAMBDA_TASK_ROOT": str(ROOT) if settings.engine == "process" else "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }
