"""The image on the emulated platforms, a container an instance."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local import Emulator, EmulatorError, Settings
from tests.image.engine import Engine

pytestmark = pytest.mark.process

PATIENCE = 60
Start = Callable[..., Emulator]


@pytest.fixture
def emulate(engine: Engine, image: str, tmp_path: Path) -> Iterator[Start]:
    """Emulate a platform whose instances are containers; it is gone after the test."""
    with ExitStack() as stack:

        def start(platform: str, idle_seconds: float, *, snapstart: bool = False) -> Emulator:
            options = tuple(engine.run_options)
            settings = Settings(
                engine=engine.name,
                engine_options=options,
                image=image,
                log=tmp_path / "log",
                idle_seconds=idle_seconds,
                snapstart=snapstart,
            )
            return stack.enter_context(Emulator(platform, settings))

        yield start


def until(is_so: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def containers(engine: Engine, emulator: Emulator) -> list[str]:
    """The running containers of an emulator; its process is in their names."""
    names = engine.run("ps", "--format", "{{.Names}}").stdout.split()
    return [name for name in names if name.startswith(f"scale-to-zero-{emulator.pid}-")]


def hello(emulator: Emulator) -> tuple[object, str]:
    with urllib.request.urlopen(f"{emulator.url}/hello", timeout=PATIENCE) as response:
        return json.loads(response.read()), response.headers["X-Instance-Request"]


@pytest.mark.parametrize("platform", ["aws", "gcp"])
def test_a_request_starts_a_container_and_the_idle_one_goes(
    emulate: Start, engine: Engine, platform: str
) -> None:
    emulator = emulate(platform, idle_seconds=2)
    assert containers(engine, emulator) == []

    answers = [hello(emulator), hello(emulator)]

    message = {"message": "Hello from Flask!"}
    assert answers == [(message, "1"), (message, "2")]
    until(lambda: not containers(engine, emulator), "the idle container goes")
    assert hello(emulator) == (message, "1")


def test_a_container_is_frozen_between_two_requests_where_this_user_may(
    emulate: Start, engine: Engine, tmp_path: Path
) -> None:
    emulator = emulate("aws", idle_seconds=600)
    hello(emulator)
    if sys.platform != "linux" or "is not frozen" in (tmp_path / "log").read_text():
        pytest.skip("this user may not signal a container's process")
    (name,) = containers(engine, emulator)
    pid = engine.run("inspect", "--format", "{{.State.Pid}}", name).stdout.strip()

    until(lambda: "State:\tT" in Path(f"/proc/{pid}/status").read_text(), "the process is stopped")

    assert hello(emulator)[1] == "2"


def test_instances_of_a_snapshot_are_processes_of_one_container(
    emulate: Start, engine: Engine, tmp_path: Path
) -> None:
    """The image's own entrypoint, its index of the start, its user and its read-only root; each instance is new."""
    emulator = emulate("aws", idle_seconds=0, snapstart=True)
    assert len(containers(engine, emulator)) == 1

    answers = list[tuple[int, str, str]]()
    for _ in range(3):
        with urllib.request.urlopen(f"{emulator.url}/hello", timeout=PATIENCE) as response:
            told = response.headers
            answers.append((response.status, told["X-Instance-Start"], told["X-Instance-Request"]))
            answers.append((response.status, told["X-Instance-Id"], told["X-Instance-Request"]))

    assert answers[::2] == [(200, "restored", "1")] * 3
    assert len(set(answers[1::2])) == 3
    assert len(containers(engine, emulator)) == 1
    until(lambda: (tmp_path / "log").read_text().count("gone: idle") == 3, "the instances go")
    (name,) = containers(engine, emulator)
    until(lambda: len(engine.run("top", name, "pid").stdout.split()) == 2, "one process is left")


@pytest.mark.parametrize("platform", ["aws", "apprunner"])
def test_no_container_outlives_its_emulator(emulate: Start, engine: Engine, platform: str) -> None:
    emulator = emulate(platform, idle_seconds=600)
    hello(emulator)
    assert len(containers(engine, emulator)) == 1

    subprocess.run(["kill", "-9", str(emulator.pid)], check=True)

    until(lambda: not containers(engine, emulator), "the container ends")


def test_an_image_that_is_not_there_is_named(engine: Engine) -> None:
    settings = Settings(engine=engine.name, image="localhost/no-such:image")

    with (
        pytest.raises(
            EmulatorError, match=rf"^{engine.name} has no image 'localhost/no-such:image'; build it with "
        ),
        Emulator("gcp", settings),
    ):
        pass
