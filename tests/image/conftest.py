"""The image itself, built once from this tree with the container engine that is here."""

import hashlib
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
LOCKS = [ROOT / "requirements" / f"{name}.txt" for name in ("app", "doors", "otel")]


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
def wheels(engine: Engine, base: list[str]) -> list[str]:
    """Build options that let pip take the locks' packages from a folder, which is filled once for each state of them.

    pip reads the index of each package otherwise, which takes a third of its time. Mounted is only where the base has
    an empty folder, so nothing of it is in the image.
    """
    if not base:
        return []
    key = hashlib.sha256(b"".join(lock.read_bytes() for lock in LOCKS)).hexdigest()[:12]
    folder, home = CACHE / f"wheels-{key}", CACHE / "home"
    settings = home / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text("[global]\nno-index = true\nfind-links = /mnt\n")
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        partial.mkdir(exist_ok=True)
        mounts = [f"{partial}:/mnt", *(f"{lock}:/locks/{lock.name}:ro" for lock in LOCKS), *_certificates()]
        engine.run(
            *("run", "--rm", *engine.run_options, "--network=host", *(f"--volume={each}" for each in mounts)),
            *(base[1].partition("=")[2], "python3", "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--dest=/mnt", *(f"--requirement=/locks/{lock.name}" for lock in LOCKS)),
        )
        for earlier in CACHE.glob("wheels-*[0-9a-f]"):
            shutil.rmtree(earlier)
        partial.rename(folder)
    return [f"--volume={folder}:/mnt:ro", f"--volume={home}:/root:ro"]


def _certificates() -> list[str]:
    """The mount of this machine's certificates."""
    return [f"{CERTIFICATES}:{CERTIFICATES}:ro"] if CERTIFICATES.exists() else []


@pytest.fixture(scope="session")
def build(engine: Engine, base: list[str], wheels: list[str]) -> Iterator[Callable[..., str]]:
    """Build the image from nothing, by the own script of a checkout, with more options of the build; gives its name.

    podman writes one layer for each stage here: that takes a fifth less than one for each step, and no step of a last
    stage takes away what an earlier one has written.

    No two images have the same name, as several runs of the tests may share an engine. They are gone at the end, and
    so are those that podman keeps of each step: all of its commands are slower the more images there are.
    """
    names: list[str] = []
    of_steps: list[str] = []
    options = [*base, *wheels]
    if engine.name == "podman":
        options += ["--isolation=chroot", "--network=host", "--layers=false"]
        options += [f"--volume={each}" for each in _certificates()]

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
