"""A copy of the project, the fake cloud behind the real engine, and an address at which the deployed app answers."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.cloud import Cloud
from tests.stacks.conftest import NO_ENGINE
from tests.stacks.engine import Stack, copy_project
from tests.stacks.provider import served
from tests.stacks.test_refused import SERVICES, running_image

MORE = ("compare", "cost", "runs", "local", "trial", "commandline.py", "terminal.py")


@pytest.fixture
def cloud() -> Cloud:
    """An empty cloud."""
    return Cloud()


@pytest.fixture(scope="session")
def project(processes: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project from which a trial can run, made once."""
    if shutil.which("pulumi") is None:
        pytest.skip(NO_ENGINE)
    folder = tmp_path_factory.mktemp("project")
    copy_project(folder, *MORE)
    return folder


@dataclass
class Front:
    """Where clients reach what the cloud runs: an HTTP server on loopback that answers with the build of its image."""

    cloud: Cloud
    broken: bool = False
    asked: list[int] = field(default_factory=list[int])
    url: str = ""

    def build(self) -> str | None:
        """The build that answers, None if nothing is deployed."""
        for platform, type_ in SERVICES.items():
            if self.cloud.of(type_) and (platform != "aws" or self.cloud.of("aws:lambda/alias:Alias")):
                repository, _, digest = running_image(self.cloud, platform).partition("@")
                tags = [tag for tag, pushed in self.cloud.images[repository].items() if pushed == digest]
                return tags[0].removeprefix("build-")
        return None


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            build = front.build()
            status = 404 if build is None else 500 if front.broken else 200
            front.asked.append(status)
            body = json.dumps({"message": "Hello from Flask!" if status == 200 else "Not Found"}).encode()
            self.send_response(status)
            headers = {
                "Content-Length": str(len(body)),
                "X-Instance-Id": "a" * 32,
                "X-Instance-Request": str(len(front.asked)),
                "X-Instance-Age-Ms": f"{len(front.asked)}.0",
                "X-Build-Id": build,
            }
            for name, value in headers.items():
                if value is not None:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's name
            """Quiet."""

    return Handler


@pytest.fixture
def front(cloud: Cloud) -> Generator[Front]:
    """The address of what `cloud` runs."""
    front = Front(cloud)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(front))
    front.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield front
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Tried:
    """A trial that has ended: its exit status and what it printed."""

    status: int
    text: str


@dataclass
class Place:
    """A copied project with its own backend, from which trials are started; `front` is where the service answers."""

    stack: Stack
    front: Front

    def command(self, name: str, *options: str) -> list[str]:
        """What `make trial` runs."""
        return [sys.executable, "-m", "trial", name, "--url", self.front.url, *options]

    def environment(self, **more: str) -> dict[str, str]:
        """The engine's, with `more`."""
        return {**self.stack.environment(), "APP_PYTHON": sys.executable, **more}

    def trial(self, name: str, *options: str, **more: str) -> Tried:
        """Run a trial to its end."""
        done = subprocess.run(
            self.command(name, "--yes", *options),
            cwd=self.stack.folder,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )
        return Tried(done.returncode, done.stdout + done.stderr)

    def started(self, name: str, *options: str) -> subprocess.Popen[str]:
        """Start a trial, to be interrupted."""
        return subprocess.Popen(
            self.command(name, "--yes", *options),
            cwd=self.stack.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def folder(self, name: str) -> Path:
        """The folder of the only trial of `name`."""
        (found,) = (self.stack.folder / "results").glob(f"trial-{name}-*")
        return found

    def stacks(self) -> list[str]:
        """The names of all stacks that there are."""
        listed: list[Mapping[str, Any]] = json.loads(self.stack("stack", "ls", "--json"))
        return [of["name"] for of in listed]


@pytest.fixture
def place(project: Path, cloud: Cloud, front: Front, tmp_path: Path) -> Generator[Place]:
    """A project of the test's own."""
    folder, home = tmp_path / "project", tmp_path / "home"
    shutil.copytree(project, folder, symlinks=True)
    home.mkdir()
    with served(cloud) as providers:
        yield Place(Stack(folder, home, "aws", providers), front)
