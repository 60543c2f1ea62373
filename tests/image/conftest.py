"""The image itself, built once from this tree with the container engine that is here."""

import json
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.image.engine import Container, Engine

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "base"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
STAND_IN = "localhost/python-stand-in:3.13"


@pytest.fixture(scope="module", autouse=True)
def _forked(emulators: None) -> None:
    """No test here is about how an emulator starts."""


@pytest.fixture(scope="session")
def engine(processes: None) -> Engine:
    for name in ("podman", "docker"):
        if (
            shutil.which(name)
            and subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0
        ):
            return Engine(name)
    pytest.skip("no container engine: install podman, buildah, runc and mmdebstrap, or start docker")


@pytest.fixture(scope="session")
def base(engine: Engine) -> list[str]:
    """Build options that choose the base: the Dockerfile's own, or a stand-in where no container registry is.

    The stand-in is Debian's Python without any bytecode, as the official image comes.
    """
    if not (engine.name == "podman" and os.geteuid() == 0 and shutil.which("mmdebstrap")):
        return []
    if engine.run("image", "exists", STAND_IN, check=False).returncode != 0:
        CACHE.mkdir(parents=True, exist_ok=True)
        archive = CACHE / "rootfs.tar"
        if not archive.exists():
            _bootstrap(archive)
        engine.run("import", str(archive), STAND_IN)
    return ["--build-arg", f"BASE={STAND_IN}"]


def _bootstrap(archive: Path) -> None:
    partial = archive.with_suffix(".partial.tar")
    packages = "python3,python3-venv,python3-pip,ca-certificates"
    strip = 'find "$1"/usr/lib/python3* -name __pycache__ -prune -exec rm -r {} +'
    subprocess.run(
        [
            *("mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}"),
            *(f"--customize-hook={strip}", "trixie", str(partial)),
        ],
        check=True,
    )
    partial.rename(archive)


@pytest.fixture(scope="session")
def build(engine: Engine, base: list[str]) -> Iterator[Callable[..., str]]:
    """Build the image from nothing, by the own script of a checkout, with more options of the build; gives its name.

    No two images have the same name, as several runs of the tests may share an engine. They are gone at the end, and
    so are those that podman keeps of each step: all of its commands are slower the more images there are.
    """
    names: list[str] = []
    of_steps: list[str] = []
    options = list(base)
    if engine.name == "podman":
        options += ["--isolation=chroot", "--network=host"]
        if CERTIFICATES.exists():
            options += ["--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro"]

    def build(*more: str, checkout: Path = ROOT) -> str:
        name = f"localhost/scale-to-zero:test-{uuid.uuid4().hex[:12]}"
        environment = {**os.environ, "ENGINE": engine.name, "IMAGE": name}
        done = subprocess.run(
            [checkout / "image.sh", *options, *more],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        names.append(name)
        of_steps.extend(re.findall(r"^--> ([0-9a-f]{11,})$", done.stdout, re.MULTILINE))
        return name

    yield build
    if names:
        engine.run("image", "rm", "--force", *names, check=False)
    if of_steps:
        # The last first; without force, so that those of another run's build that is under way stay.
        engine.run("image", "rm", *reversed(of_steps), check=False)


@pytest.fixture(scope="session")
def image(build: Callable[..., str]) -> str:
    return build()


@pytest.fixture(scope="session")
def configuration(engine: Engine, image: str) -> dict[str, object]:
    """The image's configuration: Env, Labels, User, Entrypoint, Healthcheck."""
    return json.loads(engine.run("image", "inspect", image).stdout)[0]["Config"]


@contextmanager
def containers(engine: Engine, image: str) -> Generator[Callable[..., Container]]:
    """Start containers that are as locked up as can be: no network, nothing writable but /tmp. They are gone after it.

    of: another image. command, options and variables: of the container.
    """
    names: list[str] = []

    def start(*options: str, command: tuple[str, ...] = (), of: str = image, **variables: str) -> Container:
        name = f"scale-to-zero-test-{uuid.uuid4().hex[:12]}"
        names.append(name)
        for key, value in variables.items():
            options = (*options, "--env", f"{key}={value}")
        engine.run(
            *("run", "--detach", "--name", name, *engine.run_options, "--network=none", "--cap-drop=all"),
            *("--read-only", "--tmpfs=/tmp", "--security-opt=no-new-privileges", *options, of, *command),
        )
        return Container(engine, name)

    try:
        yield start
    finally:
        if names:
            engine.run("rm", "--force", *names)


@pytest.fixture
def container(engine: Engine, image: str) -> Iterator[Callable[..., Container]]:
    """Start containers of the image, see `containers`."""
    with containers(engine, image) as start:
        yield start


@pytest.fixture(scope="session")
def running(engine: Engine, image: str) -> Iterator[Container]:
    """A container in gunicorn mode for all tests that only look: nothing that they do can stay in it."""
    with containers(engine, image) as start:
        yield start()
