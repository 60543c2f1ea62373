"""Whoever builds the image gets the same bytes: BuildKit from any checkout, and podman the same files as BuildKit."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.image.conftest import CERTIFICATES, ROOT
from tests.image.engine import Engine

pytestmark = [pytest.mark.soak, pytest.mark.container]
START_S = 60
SOMEONE = 1234  # a user who owns a checkout
# How a stack has BuildKit write an image (stacks/image.py), to a file in place of a registry.
EXPORT = "type=docker,rewrite-timestamp=true,oci-mediatypes=false"
# Prints the options of one build by BuildKit from the checkout in which it runs.
OPTIONS = """
import json, sys
from appfolder import image, settings
build = image.build(settings.read({}), {"BASE": sys.argv[1]}, "linux/amd64")
words = [f"--local=context={build.context}", f"--local=dockerfile={build.written().parent}"]
words += [f"--local={name}={path}" for name, path in build.contexts.items()]
words += [f"--opt=context:{name}=local:{name}" for name in build.contexts]
words += [f"--opt=build-arg:{key}={value}" for key, value in build.arguments.items()]
print(json.dumps(words))
"""


@dataclass(frozen=True)
class BuildKit:
    """A daemon on a socket of its own. base: the name of the base image, which is in a folder beside the socket."""

    folder: Path
    base: str

    def build(self, checkout: Path, umask: int = 0o022) -> Path:
        """The archive of the image that BuildKit builds from `checkout`, by a client with this umask."""
        words = json.loads(
            subprocess.run(
                [sys.executable, "-c", OPTIONS, self.base],
                cwd=checkout,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        archive = self.folder / f"{checkout.name}.tar"
        digest = json.loads((self.folder / "base" / "index.json").read_text())["manifests"][0]["digest"]
        done = subprocess.run(
            [
                *(
                    "buildctl",
                    "--addr",
                    f"unix://{self.folder}/socket",
                    "build",
                    "--progress=plain",
                    "--no-cache",
                ),
                *(
                    "--frontend=dockerfile.v0",
                    "--opt=platform=linux/amd64",
                    f"--oci-layout=base={self.folder}/base",
                ),
                *(f"--opt=context:{self.base}=oci-layout://base@{digest}", *words),
                f"--output={EXPORT},name=localhost/by-buildkit:{checkout.name},dest={archive}",
            ],
            capture_output=True,
            text=True,
            check=False,
            umask=umask,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return archive


@pytest.fixture(scope="module")
def base_name(engine: Engine, base: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The stand-in for the base, with the certificates of this machine, because BuildKit mounts none."""
    if engine.name != "podman" or not base:
        pytest.skip("the two builders are compared on the stand-in base: install podman and mmdebstrap")
    folder, name = tmp_path_factory.mktemp("base"), "localhost/python-stand-in:certificates"
    shutil.copy(CERTIFICATES, folder / "certificates.crt")
    _, _, plain = base[1].partition("=")
    (folder / "Dockerfile").write_text(f"FROM {plain}\nCOPY certificates.crt {CERTIFICATES}\n")
    engine.run("build", "--quiet", "--isolation=chroot", "--tag", name, str(folder))
    yield name
    engine.run("image", "rm", "--force", name, check=False)


@pytest.fixture(scope="module")
def buildkit(engine: Engine, base_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuildKit]:
    """A daemon with nothing in its cache."""
    if not (shutil.which("buildkitd") and shutil.which("buildctl")):
        pytest.skip("no buildkitd or buildctl on PATH: https://github.com/moby/buildkit/releases has them")
    folder = tmp_path_factory.mktemp("buildkit")
    engine.run("save", "--quiet", "--format=oci-dir", f"--output={folder / 'base'}", base_name)
    with (folder / "log").open("w") as log:
        daemon = subprocess.Popen(
            [
                *("buildkitd", "--root", folder / "root", "--addr", f"unix://{folder}/socket"),
                *("--oci-worker-net=host", "--oci-worker-snapshotter=overlayfs", "--containerd-worker=false"),
            ],
            stdout=log,
            stderr=log,
        )
    try:
        until = time.monotonic() + START_S
        ask = ["buildctl", "--addr", f"unix://{folder}/socket", "debug", "workers"]
        while subprocess.run(ask, capture_output=True, check=False).returncode:
            is_alive = daemon.poll() is None and time.monotonic() < until
            assert is_alive, (folder / "log").read_text()[-2000:]
        yield BuildKit(folder, base_name)
    finally:
        daemon.terminate()
        daemon.wait()


@pytest.fixture(scope="module")
def checkouts(processes: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """This project, checked out under three umasks and by another user, at other times."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs a checkout by git")
    folder = tmp_path_factory.mktemp("checkouts")
    places = dict[str, Path]()
    for umask in ("022", "002", "077"):
        places[umask] = folder / f"by-{umask}"
        subprocess.run(
            ["sh", "-c", f'umask {umask}; git clone --quiet "$0" "$1"', ROOT, places[umask]], check=True
        )
    for number, path in enumerate(places["077"].rglob("*")):
        os.chown(path, SOMEONE, SOMEONE, follow_symlinks=False)
        os.utime(path, (number, number), follow_symlinks=False)
    return places


@pytest.fixture(scope="module")
def archives(buildkit: BuildKit, checkouts: dict[str, Path]) -> dict[str, Path]:
    """The image by BuildKit from each checkout."""
    return {umask: buildkit.build(place, int(umask, 8)) for umask, place in checkouts.items()}


def test_buildkit_builds_the_same_bytes_from_every_checkout(
    archives: dict[str, Path], engine: Engine
) -> None:
    """Whatever the umask, the owner and the times of the files: one manifest, so one digest in a registry."""
    manifests = {_member(archive, "manifest.json", "Layers") for archive in archives.values()}

    assert len(manifests) == 1


def test_podman_builds_the_same_files_and_configuration(
    archives: dict[str, Path],
    checkouts: dict[str, Path],
    build: Callable[..., str],
    base_name: str,
    engine: Engine,
) -> None:
    """Contents, modes, owners, links and times of all files; what runs, with which variables, as which user."""
    engine.run("load", "--quiet", "--input", str(archives["022"]))
    by_buildkit = "localhost/by-buildkit:by-022"
    by_podman = build("--build-arg", f"BASE={base_name}", checkout=checkouts["022"])
    try:
        assert _files(engine, by_buildkit) == _files(engine, by_podman)
        assert _configuration(engine, by_buildkit) == _configuration(engine, by_podman)
    finally:
        engine.run("image", "rm", "--force", by_buildkit, check=False)


def _member(archive: Path, name: str, key: str) -> tuple[str, ...]:
    """What a docker archive says of its one image: the names of its layers, or its configuration's."""
    text = subprocess.run(["tar", "-xOf", archive, name], capture_output=True, check=True).stdout
    return (*json.loads(text)[0][key], json.loads(text)[0]["Config"])


def _files(engine: Engine, name: str) -> dict[str, tuple[object, ...]]:
    """Everything in the image below its root: kind and mode, owner, group, time, and the content or a link's target."""
    top = Path(engine.run("image", "mount", name).stdout.strip())
    try:
        found = {str(path.relative_to(top)): _entry(path) for path in top.rglob("*")}
    finally:
        engine.run("image", "unmount", name)
    # podman mounts files of its own below /run during a build, which gives that folder another time.
    mode, owner, group, _, _ = found["run"]
    return {**found, "run": (mode, owner, group)}


def _entry(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    content = (
        str(path.readlink())
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else ""
    )
    return oct(found.st_mode), found.st_uid, found.st_gid, int(found.st_mtime), content


def _configuration(engine: Engine, name: str) -> dict[str, object]:
    """What of the configuration decides how a container runs; an image in OCI format has no health check."""
    found = json.loads(engine.run("image", "inspect", name).stdout)[0]["Config"]
    kept = ("Env", "User", "Entrypoint", "Cmd", "WorkingDir", "ExposedPorts")
    revision = found["Labels"]["org.opencontainers.image.revision"]
    return {"revision": revision, **{key: found.get(key) for key in kept}}
