"""Instances: the engine's command line, ports, readiness, and that all end when their emulator has gone."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local import Settings
from local.instances import process, reaper
from local.instances.container import command_of, name_of
from local.instances.ports import free_port
from local.instances.process import Instance, wait_for_port
from local.log import Log
from tests.local.conftest import is_gone
from tests.local.services import until

Start = Callable[..., Awaitable[Instance]]
DOCKER = Settings(
    engine="docker", image="mine:1", memory=256, engine_options=("--runtime=runc",), app="app:create_app()"
)


def test_on_linux_a_container_shares_the_hosts_network() -> None:
    assert command_of(DOCKER, "3", {"PORT": "9", "APP": "a:b"}, 9, "linux") == [
        *("docker", "run", "--rm", "--name", name_of("3"), "--runtime=runc"),
        *("--read-only", "--tmpfs", "/tmp", "--memory", "256m", "--network", "host"),
        *("--env", "HOST=127.0.0.1", "--env", "PORT=9", "--env", "APP=a:b", "mine:1"),
    ]


def test_elsewhere_its_port_is_published_on_loopback_and_without_a_port_nothing_is() -> None:
    with_port = command_of(DOCKER, "3", {"PORT": "9"}, 9, "darwin")
    without = command_of(DOCKER, "3", {}, None, "darwin")

    assert with_port[-5:] == ["--publish", "127.0.0.1:9:9", "--env", "PORT=9", "mine:1"]
    assert without[-3:] == ["--memory", "256m", "mine:1"]


@asynccontextmanager
async def commands() -> AsyncGenerator[tuple[Start, io.StringIO]]:
    """Start any command as if it were an instance, and what they print."""
    watcher, stream, started = process.Reaper(), io.StringIO(), list[Instance]()
    await watcher.start()

    async def start(*command: str, port: int | None = None) -> Instance:
        spawned = await process.spawn(list(command), dict(os.environ))
        started.append(Instance("1", port, spawned, Log("test", stream), watcher))
        return started[-1]

    yield start, stream
    for instance in started:
        await instance.stop(0)
    await watcher.close()


@pytest.mark.process
def test_a_published_port_counts_as_open_only_when_there_is_an_answer() -> None:
    """An engine that publishes a port accepts connections before the app does, and hangs up on them."""

    async def main() -> tuple[str | None, list[str]]:
        heard: list[str] = []

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append((await reader.readline()).decode())
            if len(heard) == 3:
                writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        async with server, commands() as (start, _):
            instance = await start("sleep", "60", port=server.sockets[0].getsockname()[1])
            instance.published = True
            return await wait_for_port(instance, 60), heard

    assert asyncio.run(main()) == (None, ["GET / HTTP/1.0\r\n"] * 3)


@pytest.mark.process
def test_a_port_that_never_opens_is_a_problem_that_says_why() -> None:
    async def main() -> tuple[Instance, str | None, Instance, str | None]:
        async with commands() as (start, _):
            slow = await start("sleep", "60", port=free_port())
            quick = await start("sh", "-c", "exit 3", port=free_port())
            return slow, await wait_for_port(slow, 0.05), quick, await wait_for_port(quick, 60)

    slow, why_slow, quick, why_quick = asyncio.run(main())

    assert why_slow == f"port {slow.port} was not open after 0.05 s"
    assert why_quick == f"exited with 3 before port {quick.port} was open"


@pytest.mark.process
def test_stopping_asks_first_and_kills_what_is_left_after_the_grace_also_when_it_is_frozen() -> None:
    async def main() -> tuple[int, int, str]:
        async with commands() as (start, log):
            loop = "echo up; while :; do sleep 0.05; done"
            polite = await start("sh", "-c", f"trap 'echo asked; exit 5' TERM; {loop}")
            stubborn = await start("sh", "-c", f"trap 'echo asked' TERM; {loop}")
            await until(lambda: log.getvalue().count("up") == 2, "both are up")
            stubborn.freeze()

            await polite.stop(60)
            await stubborn.stop(0.3)

            return polite.exited.result(), stubborn.exited.result(), log.getvalue()

    polite, stubborn, log = asyncio.run(main())

    assert (polite, stubborn) == (5, -9)
    assert log.count("asked") == 2


@pytest.mark.process
def test_what_an_instance_started_ends_with_it() -> None:
    async def main() -> int:
        async with commands() as (start, log):
            instance = await start("sh", "-c", "sleep 60 & echo child $!; exit 0")
            # Otherwise its output, which the child shares, would not end either.
            await asyncio.wait_for(instance.exited, 60)
            return int(log.getvalue().split()[-1])

    assert is_gone(asyncio.run(main()))


@pytest.mark.process
def test_an_instance_has_ended_though_a_child_in_a_session_of_its_own_holds_its_output() -> None:
    program = (
        "import subprocess as s; print(s.Popen(['sleep', '600'], start_new_session=True).pid, flush=True)"
    )

    async def main() -> int:
        async with commands() as (start, log):
            instance = await start(sys.executable, "-c", program)
            try:
                return await asyncio.wait_for(instance.exited, 60)
            finally:
                os.kill(int(log.getvalue().split()[-1]), signal.SIGKILL)

    assert asyncio.run(main()) == 0


@pytest.mark.process
@pytest.mark.parametrize("frozen", [False, True])
def test_the_reaper_ends_what_is_left_when_its_input_ends(frozen: bool) -> None:
    left, ended = (subprocess.Popen(["sleep", "60"], start_new_session=True) for _ in range(2))
    if frozen:
        os.killpg(left.pid, signal.SIGSTOP)

    subprocess.run(
        [sys.executable, "-I", "-S", str(Path(reaper.__file__))],
        input=f"+ group {left.pid}\n+ group {ended.pid}\n- group {ended.pid}\n+ group 999999999\n+ nonsense\n",
        text=True,
        check=True,
    )

    assert left.wait(60) == -9
    assert ended.poll() is None
    ended.kill()
    ended.wait()
