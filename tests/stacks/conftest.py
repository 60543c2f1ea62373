"""What the tests of the stacks share: Hypothesis settings, and a project with its state for the real engine."""

import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.soak import drawn
from tests.stacks.cloud import Cloud
from tests.stacks.engine import ROOT, Stack, add_environment, copy_project
from tests.stacks.inline import InlineStack
from tests.stacks.moto_cloud import Moto, account
from tests.stacks.provider import served

# A program takes some hundredths of a second under mocks, so tens of examples, and no deadline on a loaded machine.
settings.register_profile(
    "stacks", deadline=None, max_examples=drawn(40), suppress_health_check=[HealthCheck.too_slow]
)

NO_ENGINE = "no `pulumi` on PATH; https://www.pulumi.com/docs/install/ says how to get it"


@pytest.fixture
def cloud() -> Cloud:
    """An empty cloud."""
    return Cloud()


@pytest.fixture
def moto() -> Generator[Moto]:
    """An empty account at moto, whose Lambda looks for the image in its registry."""
    with account(MOTO_LAMBDA_STUB_ECR="false") as moto:
        yield moto


@pytest.fixture(scope="session")
def project(processes: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a virtual environment, made once."""
    if shutil.which("pulumi") is None:
        pytest.skip(NO_ENGINE)
    folder = tmp_path_factory.mktemp("project")
    copy_project(folder)
    return folder


@pytest.fixture
def new_stack(project: Path, cloud: Cloud, tmp_path: Path) -> Generator[Callable[[str], Stack]]:
    """Makes stacks of the copied project on `cloud`, with their state in a folder of the test's own."""
    folder = tmp_path / "project"
    # The environment is the only large part; the interpreter's own path makes it work from any place.
    shutil.copytree(project, folder, symlinks=True)
    with served(cloud) as providers:

        def make(name: str) -> Stack:
            stack = Stack(folder, tmp_path / "home", name, providers)
            (tmp_path / "home").mkdir(exist_ok=True)
            stack("stack", "init", name)
            return stack

        yield make


@pytest.fixture
def new_inline_stack(
    processes: None, cloud: Cloud, tmp_path: Path
) -> Generator[Callable[[str], InlineStack]]:
    """Makes stacks on `cloud` whose program is this checkout's, in this process."""
    if shutil.which("pulumi") is None:
        pytest.skip(NO_ENGINE)
    folder, home = tmp_path / "project", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy2(file, folder)
    # Without one, `pulumi destroy` makes one with pip in it, which takes 18 seconds of CPU.
    add_environment(folder)
    with served(cloud) as providers:

        def make(name: str) -> InlineStack:
            stack = InlineStack(folder, home, name, providers)
            stack("stack", "init", name)
            return stack

        yield make
