"""A published version with SnapStart on this machine: one initialised process, of which every instance is a fork.

Sources: docs.aws.amazon.com/lambda/latest/dg/snapstart.html, with its pages on troubleshooting and on runtime hooks:
10 s for a restore and its hooks; 130 s, or the function's timeout if that is longer, for the init before the snapshot.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import platforms
from local.aws.runtime_api import RuntimeApi
from local.instances import process
from local.instances.process import Instance, Reaper
from local.log import Log
from local.settings import Behaviour, Settings, SettingsError

_END_SECONDS = 2.0
FOLDER = Path(__file__).with_name("restoring")


class Restored:
    """An instance that was forked from the snapshot. `send` gives its processes a signal."""

    def __init__(self, send: Callable[[signal.Signals], None]) -> None:
        self._send = send
        self._frozen = False
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def freeze(self) -> None:
        """Stop it where it stands, as Lambda does between two events."""
        if not self._frozen and not self.exited.done():
            self._send(signal.SIGSTOP)
            self._frozen = True

    def thaw(self) -> None:
        """Let it go on."""
        if self._frozen:
            self._send(signal.SIGCONT)
            self._frozen = False

    async def stop(self, grace: float) -> None:
        """Kill it; Lambda gives no grace."""
        del grace
        if not self.exited.done():
            self._send(signal.SIGKILL)
        # Shielded: if this were cancelled, the future would be too.
        await asyncio.shield(self.exited)


class Snapshot:
    """What instances are restored from. `environment` is the runtime's, given the port of its Runtime API.

    `on_look` is called with what each instance has in memory after its hooks, as restoring/look.py sees it, in JSON.
    """

    def __init__(
        self,
        settings: Settings,
        behaviour: Behaviour,
        environment: Callable[[int], dict[str, str]],
        log: Log,
        reaper: Reaper,
        on_look: Callable[[bytes], None] | None = None,
    ) -> None:
        # All instances are in one container, whose limit is for all of them.
        self._settings = replace(settings, memory=settings.memory * behaviour.policy.maximum)
        self._limit = max(platforms.limit("aws", "ahead_init_timeout"), behaviour.timeout)
        self._environment = environment
        self._on_look = on_look
        self._log = log
        self._reaper = reaper
        self._word = secrets.token_hex(16)
        self._server: asyncio.Server | None = None
        self._template: Instance | None = None
        self._api: RuntimeApi | None = None
        self._orders: asyncio.StreamWriter | None = None
        self._publishing = asyncio.Lock()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._forks: dict[int, asyncio.Future[int]] = {}
        self._instances: dict[int, tuple[Restored, int]] = {}
        self._outputs: set[asyncio.StreamWriter] = set()

    async def publish(self) -> None:
        """Start the function's process and wait until its snapshot is taken. Raises SettingsError if that fails."""
        began = time.monotonic()
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self._ready = asyncio.get_running_loop().create_future()
        self._api = RuntimeApi(on_waiting=lambda: None)
        environment = self._environment(await self._api.start())
        host = environment["AWS_LAMBDA_RUNTIME_API"].rpartition(":")[0]
        environment |= {"SNAPSTART_CONTROL": f"{host}:{port}:{self._word}"}
        environment |= {"SNAPSTART_LOOKS": "on"} if self._on_look else {}
        self._template = await process.start(
            self._settings, "snapshot", environment, None, self._log, self._reaper, first=FOLDER
        )
        await asyncio.wait(
            [self._ready, self._api.initialised, self._template.exited],
            timeout=self._limit,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not self._ready.done():
            problem = self._problem(self._template, self._api)
            await self._end_template()
            raise SettingsError(f"publishing a version with SnapStart failed: {problem}")
        took = (time.monotonic() - began) * 1000
        self._log.event(
            f"version 1 published: its init took {took:.0f} ms, and instances are restored from there"
        )

    async def restore(self, number: int, runtime_api: str) -> Restored:
        """A new instance, `number`, which polls the Runtime API at HOST:PORT. Raises SettingsError like `publish`."""
        async with self._publishing:
            if self._template is None or self._template.exited.done():
                self._log.event("the process of the snapshot has ended; it is published anew")
                await self._end_template()
                await self.publish()
        self._forks[number] = asyncio.get_running_loop().create_future()
        self._order(f"restore {number} {runtime_api}")
        try:
            pid = await self._forks[number]
        finally:
            del self._forks[number]
        instance = Restored(lambda sign: self._signal(number, pid, sign))
        self._instances[number] = instance, pid
        if self._settings.engine == "process":
            self._reaper.tell("+", f"group {pid}")
        return instance

    async def close(self) -> None:
        """End the process and whatever was forked from it."""
        await self._end_template()
        for output in tuple(self._outputs):
            output.close()
        if self._server:
            self._server.close()

    def _problem(self, template: Instance, api: RuntimeApi) -> str:
        if api.initialised.done() and (failed := api.initialised.result()):
            return f"{failed.error_type} {failed.payload.decode('utf-8', 'replace')}"
        if template.exited.done():
            return f"the runtime exited with {template.exited.result()}"
        return f"the init did not end within {self._limit:g} s"

    async def _end_template(self) -> None:
        for number, (_, pid) in tuple(self._instances.items()):
            self._signal(number, pid, signal.SIGKILL)
            self._gone(number, -signal.SIGKILL)
        if self._orders:
            # The process ends those that it has forked for a request that has gone meanwhile, and then itself.
            self._orders.close()
        if self._template:
            await asyncio.wait([self._template.exited], timeout=_END_SECONDS if self._orders else 0)
            await self._template.stop(0)
        if self._api:
            await self._api.close()
        self._template = self._api = self._orders = None

    def _signal(self, number: int, pid: int, sign: signal.Signals) -> None:
        """Signal an instance's group: at once if its id is one of this machine, else through the process it is from."""
        if self._settings.engine == "process":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, sign)
        else:
            self._order(f"signal {number} {sign}")

    def _order(self, text: str) -> None:
        if self._orders and not self._orders.is_closing():
            self._orders.write(f"{text}\n".encode())

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection of the process itself, or the output of an instance; each says which in its first line."""
        word, _, what = (await reader.readline()).decode("ascii", "replace").strip().partition(" ")
        if not secrets.compare_digest(word, self._word):
            writer.close()
        elif what == "snapshot":
            self._orders = writer
            await self._listen(reader)
        elif self._on_look and what.startswith("look "):
            self._on_look(await reader.read())
            writer.close()
        else:
            self._outputs.add(writer)
            feed = self._log.output(what.rpartition(" ")[2])
            with contextlib.suppress(ConnectionError):
                while piece := await reader.read(65536):
                    feed(piece)
            feed(b"")
            self._outputs.discard(writer)
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                match line.decode().split():
                    case ["ready", *threads]:
                        self._ready.set_result(None)
                        if threads:
                            self._log.event(
                                f"threads of the start ({', '.join(threads)}) are dead in each instance here; "
                                "on Lambda they go on"
                            )
                    case ["forked", number, pid]:
                        self._forked(int(number), int(pid))
                    case ["exited", number, status]:
                        self._gone(int(number), int(status))
                    case other:
                        raise AssertionError(other)
        for fork in self._forks.values():
            if not fork.done():
                fork.set_exception(SettingsError("the process of the snapshot has ended"))
        for number in tuple(self._instances):
            self._gone(number, -signal.SIGKILL)

    def _forked(self, number: int, pid: int) -> None:
        fork = self._forks.get(number)
        if fork and not fork.done():
            fork.set_result(pid)
        else:
            # Whoever wanted it has gone meanwhile.
            self._signal(number, pid, signal.SIGKILL)

    def _gone(self, number: int, status: int) -> None:
        instance, pid = self._instances.pop(number, (None, 0))
        if instance is not None and not instance.exited.done():
            if self._settings.engine == "process":
                # Whatever it has started goes with it.
                self._signal(number, pid, signal.SIGKILL)
                self._reaper.tell("-", f"group {pid}")
            instance.exited.set_result(status)
