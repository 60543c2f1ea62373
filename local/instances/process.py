"""Runs one instance of entrypoint.sh with a name, an environment and a port: a process, or a container of the image."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from local.instances.container import FIRST, command_of, image_python_path, name_of
from local.instances.variables import OURS, joined, of_a_process
from local.log import Log
from local.settings import ROOT, Settings

_POLL_SECONDS = 0.004
# Seconds that may pass until all that an ended process has printed is read.
_LAST_WORDS_SECONDS = 2.0


class Reaper:
    """The program that ends the instances if the emulator cannot do so; see reaper.py."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C does not reach it."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            str(Path(__file__).with_name("reaper.py")),
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    def tell(self, sign: str, what: str) -> None:
        """Say what has started (`+`) or has ended (`-`)."""
        assert self._process is not None  # noqa: S101 - started first
        assert self._process.stdin is not None  # noqa: S101 - a pipe
        self._process.stdin.write(f"{sign} {what}\n".encode())

    async def close(self) -> None:
        """End it, and with it all that is still registered."""
        if self._process and self._process.stdin:
            self._process.stdin.close()
            await self._process.wait()


class Instance:
    """A process of entrypoint.sh in a session and process group of its own. It listens on `port`, None for no port."""

    def __init__(self, name: str, port: int | None, process: "Spawned", log: Log, reaper: Reaper) -> None:
        self.name = name
        self.port = port
        self.published = False
        self.frozen = False
        self._process = process.process
        self._log = log
        self._reaper = reaper
        self._registered = self._registration()
        reaper.tell("+", self._registered)
        self._output = asyncio.create_task(self._copy_output(process.output))
        self.exited = asyncio.create_task(self._watch())

    def freeze(self) -> None:
        """Stop it without ending it, as Lambda does between two events."""
        if not self.frozen and not self.exited.done():
            self.frozen = self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self.frozen:
            self._signal_all(signal.SIGCONT)
            self.frozen = False

    async def stop(self, grace: float) -> None:
        """Send SIGTERM, then SIGKILL after `grace` seconds; only SIGKILL, at once, if that is 0."""
        if grace and not self.exited.done():
            self.thaw()
            await self._terminate()
            await asyncio.wait([self.exited], timeout=grace)
        await self._kill()
        # Shielded: if this were cancelled, the watch would be too.
        await asyncio.shield(self.exited)

    def _registration(self) -> str:
        return f"group {self._process.pid}"

    async def _terminate(self) -> None:
        # A container's signal goes to its first process. That is the program that entrypoint.sh has become.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGTERM)

    async def _kill(self) -> None:
        self._signal_all(signal.SIGKILL)

    def _signal_all(self, number: signal.Signals) -> bool:
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):  # gone; macOS says so by the second
            return False
        return True

    async def _watch(self) -> int:
        """The exit status, negative for a signal, once the process has ended and all that it printed is in the log."""
        status = await self._process.wait()
        # A container's other processes end with its first one.
        await self._kill()
        # Here a child in a session of its own lives on, and may hold the output open.
        await asyncio.wait([self._output], timeout=_LAST_WORDS_SECONDS)
        self._output.cancel()
        self._reaper.tell("-", self._registered)
        return status

    async def _copy_output(self, output: int) -> None:
        feed = self._log.output(self.name)
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        pipe = os.fdopen(output, "rb", buffering=0)
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        try:
            while piece := await reader.read(65536):
                feed(piece)
        finally:
            feed(b"")
            transport.close()


class Container(Instance):
    """A container of the image. The process is the engine's client, which runs until the container has ended."""

    def __init__(
        self,
        engine: str,
        name: str,
        port: int | None,
        process: "Spawned",
        log: Log,
        reaper: Reaper,
    ) -> None:
        self.engine = engine
        self.container = name_of(name)
        self._pid = 0
        super().__init__(name, port, process, log, reaper)
        self.published = sys.platform != "linux"

    async def find_process(self) -> bool:
        """Learn which process to freeze; False if this user may not signal it, so that it is never frozen.

        The engines' own pause takes tens of milliseconds of each request; a signal to the container's first process
        takes none. It needs root, or a container whose user is this one.
        """
        command = [self.engine, "inspect", "--format", "{{.State.Pid}}", self.container]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
        pid = int(output or 0)
        with contextlib.suppress(OSError):
            if pid and sys.platform == "linux":
                os.kill(pid, 0)
                self._pid = pid
        return bool(self._pid)

    def _registration(self) -> str:
        return f"container {self.engine} {self.container}"

    def _signal_all(self, number: signal.Signals) -> bool:
        if not self._pid:
            return False
        try:
            os.kill(self._pid, number)
        except OSError:
            return False
        return True

    async def _terminate(self) -> None:
        await self._engine("kill", "--signal", "TERM", self.container)

    async def _kill(self) -> None:
        if self._process.returncode is None:
            await self._engine("kill", self.container)

    async def _engine(self, *arguments: str) -> None:
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(self.engine, *arguments, stdout=quiet, stderr=quiet)
        await process.wait()


async def start(
    settings: Settings,
    name: str,
    environment: dict[str, str],
    port: int | None,
    log: Log,
    reaper: Reaper,
    first: Path | None = None,
) -> Instance:
    """Start an instance that listens on `port`, with `environment`, the settings' variables and APP, and no others.

    `first` is a folder that comes first on its PYTHONPATH.
    """
    variables = environment | dict(settings.environment) | ({"APP": settings.app} if settings.app else {})
    variables |= {"HEALTH_PATH": settings.health}
    secret = {key: value for key, value in settings.from_env_file().items() if key not in OURS}
    python_path = variables.pop("PYTHONPATH", secret.pop("PYTHONPATH", ""))
    if settings.engine == "process":
        entrypoint, own_variables = of_a_process(settings, python_path, secret.pop("PATH", ""))
        whole = own_variables | secret | variables
        if first:
            whole["PYTHONPATH"] = joined(str(first), whole.get("PYTHONPATH", ""))
        process = await spawn([str(entrypoint)], whole)
        return Instance(name, port, process, log, reaper)
    variables = dict.fromkeys(secret, "") | variables
    if first:
        python_path = joined(FIRST, python_path or await image_python_path(settings))
        volume = ("--volume", f"{first}:{FIRST}:ro")
        settings = replace(settings, engine_options=(*settings.engine_options, *volume))
    variables |= {"PYTHONPATH": python_path} if python_path else {}
    command = command_of(settings, name, variables, port, sys.platform, frozenset(secret))
    process = await spawn(command, os.environ | secret)
    return Container(settings.engine, name, port, process, log, reaper)


async def wait_for_port(instance: Instance, timeout: float) -> str | None:  # noqa: ASYNC109
    """Wait until the instance's port accepts connections. None, or the reason if it never did."""
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        if instance.exited.done():
            return f"exited with {instance.exited.result()} before port {instance.port} was open"
        if await _is_open(instance):
            return None
        await asyncio.sleep(_POLL_SECONDS)
    return f"port {instance.port} was not open after {timeout:g} s"


async def _is_open(instance: Instance) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", instance.port)
        if instance.published:
            # The engine accepts connections from the start, so only an answer shows that the app does.
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answered = not instance.published or await reader.read(1) != b""
        writer.close()
    except OSError:
        return False
    return answered


class Spawned(NamedTuple):
    """A process, and the file descriptor from which all that it prints is read."""

    process: asyncio.subprocess.Process
    output: int


async def spawn(command: list[str], environment: dict[str, str]) -> Spawned:
    """Start a command in a session of its own."""
    # Not asyncio's own pipe: with it, a process counts as ended only when all its children have closed the pipe.
    output, end = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=end,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            cwd=ROOT,
            start_new_session=True,
        )
    except BaseException:
        os.close(output)
        raise
    finally:
        os.close(end)
    return Spawned(process, output)
