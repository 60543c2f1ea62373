"""Runs one emulated platform in the foreground, until a signal or its parent's end."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TextIO

import platforms
from commandline import INTERRUPTED
from local import apprunner, aws, ecs, gcp
from local.doors import FUNCTION_URL, HTTP_API
from local.errors import SettingsError
from local.http.front import Front
from local.http.listening import listen
from local.instances.process import Reaper
from local.log import Log
from local.settings import Behaviour, Settings, behaviour, require_engine

_DOORS = {HTTP_API: "an HTTP API", FUNCTION_URL: "a function URL"}


class Service(Protocol):
    """A platform's front and what is behind it: an ASGI application with a beginning and an end."""

    async def begin(self) -> None:
        """Make it ready for the first request."""
        ...

    async def close(self) -> None:
        """End every instance."""
        ...

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one HTTP request."""
        ...


SERVICES: dict[str, Callable[[Settings, Behaviour, Log, Reaper], Service]] = {
    "aws": aws.service,
    "gcp": gcp.Service,
    "apprunner": apprunner.Service,
    "ecs": ecs.Service,
}


async def run(platform: str, settings: Settings, *, with_parent: bool = False) -> int:
    """Emulate until SIGINT (130), SIGTERM (0) or, with `with_parent`, until standard input ends (0).

    Prints one line once requests are answered. Raises SettingsError before that, if it cannot be done.
    """
    behaves = behaviour(platform, settings)
    make = platforms.of(SERVICES, platform, "local/run.py: SERVICES")
    require_engine(platform, settings)
    listening = listen(settings.port)
    ending: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    _end_on_signals(ending)
    if with_parent:
        _end_with_input(ending)
    with contextlib.ExitStack() as stack:
        stack.callback(listening.close)
        log = Log(platform, stack.enter_context(_log_file(settings.log)) if settings.log else sys.stderr)
        reaper = Reaper()
        await reaper.start()
        service = make(settings, behaves, log, reaper)
        try:
            await _until(ending, service.begin())
            if not ending.done():
                await _serve(
                    _emulated(platform, settings.door), service, Front(service, listening, log), ending
                )
        finally:
            await service.close()
            await reaper.close()
    return ending.result()


def _emulated(platform: str, door: str) -> str:
    """What is emulated, in words; only a function has more than one door."""
    title = platforms.TITLES[platform]
    return f"{title} with {_DOORS[door]}" if platforms.calls_a_function(platform) else title


def _log_file(path: Path) -> TextIO:
    try:
        return path.open("a", encoding="utf-8")
    except OSError as problem:
        raise SettingsError(f"--log is {path}, which cannot be written: {problem.strerror}") from None


async def _serve(emulated: str, service: Service, front: Front, ending: asyncio.Future[int]) -> None:
    serving = asyncio.create_task(front.serve_until_stopped())
    port = front.port
    print(f"http://127.0.0.1:{port} emulates {emulated} on this machine; Ctrl-C ends it", flush=True)
    await asyncio.wait([serving, ending], return_when=asyncio.FIRST_COMPLETED)
    front.should_exit = front.force_exit = True
    # Requests under way end with their instances, so the instances end first.
    await service.close()
    await serving


async def _until(ending: asyncio.Future[int], work: Any) -> None:
    """Do `work`; give it up if `ending` is done first."""
    task = asyncio.ensure_future(work)
    await asyncio.wait([task, ending], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    else:
        task.cancel()
        await asyncio.wait([task])


def _end_on_signals(ending: asyncio.Future[int]) -> None:
    def end(status: int) -> None:
        if not ending.done():
            ending.set_result(status)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, end, INTERRUPTED)
    loop.add_signal_handler(signal.SIGTERM, end, 0)


def _end_with_input(ending: asyncio.Future[int]) -> None:
    """End when standard input ends, so that the emulator also ends if its parent is killed."""
    loop = asyncio.get_running_loop()

    def on_input() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin)
            if not ending.done():
                ending.set_result(0)

    loop.add_reader(sys.stdin, on_input)
