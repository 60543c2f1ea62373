"""The real engine with the program in the tests' own process, which takes a quarter of the time of one for each `up`.

Pulumi's automation API runs programs like this: the engine gets the address of a language host. What only another
process shows, such as a language host that is killed, needs `Stack.up`.
"""

import asyncio
import runpy
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2_grpc

from tests.stacks.engine import ROOT, Stack


def program() -> None:
    """Run `__main__.py`, as Pulumi's own language host does."""
    runpy.run_path(str(ROOT / "__main__.py"))


@contextmanager
def hosted() -> Generator[str]:
    """Serve the program on loopback; gives the option of `pulumi up` that names the address."""
    executor = ThreadPoolExecutor(max_workers=4)
    server = grpc.server(executor)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageServer(program), server)
    port = server.add_insecure_port("127.0.0.1:0")
    with closed_loops():
        server.start()
        try:
            yield f"--client=127.0.0.1:{port}"
        finally:
            server.stop(None).wait()
            # After an update that failed, the program still ends when the engine has gone.
            executor.shutdown()


@contextmanager
def closed_loops() -> Generator[None]:
    """Close the event loops that the SDK makes meanwhile, also in its worker threads; it leaves them to the end."""
    new, loops = asyncio.new_event_loop, list[asyncio.AbstractEventLoop]()

    def recorded() -> asyncio.AbstractEventLoop:
        loops.append(new())
        return loops[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "new_event_loop", recorded)
        yield
    for loop in loops:
        if not loop.is_closed():
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.close()


class InlineStack(Stack):
    """A stack whose program runs here, from this checkout; `folder` has its settings, and is the working directory."""

    def up(self, *options: str, fails: bool = False) -> str:
        """Deploy without a preview first."""
        return self.run("up", "--yes", "--skip-preview", *options, fails=fails)

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Run `pulumi ARGUMENTS`, a command that runs the program."""
        with hosted() as client, pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            return self(*arguments, client, "--exec-kind=auto.inline", fails=fails)

    def change_app(self, text: str) -> None:
        """Choose another app, which makes another image: the code is this checkout's, and stays as it is."""
        name = "".join(letter for letter in text if letter.isalpha())
        self.set(app=f"app.{name}:app")
