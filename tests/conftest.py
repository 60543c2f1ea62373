"""What tests share: Hypothesis times no example, because a busy machine may stop for a moment in any of them."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.soak import EXAMPLES

pytest_plugins = ["tests.processes", "tests.parallel", "tests.forks"]

# Tests start the app with what is installed here, so that none of them installs anything; those of an app's own
# environment say so.
os.environ["APP_PYTHON"] = sys.executable

settings.register_profile(
    "untimed", deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")


@pytest.fixture(scope="module")
def emulators() -> Iterator[None]:
    """The emulators of a module of tests are forked, see forks.py."""
    from tests.forks import Forked  # noqa: PLC0415 - it takes the variables that are set above for the usual ones

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("local.emulator.Popen", Forked)
        yield


@pytest.fixture(scope="module")
def roughly() -> Iterator[None]:
    """Curves, and the section of a report, of fewer simulated requests: for tests that look at no last digits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cost.simulation.volumes.REQUESTS", 1_000)
        patch.setattr("cost.simulation.volumes.LONG_REQUESTS", 10_000)
        patch.setattr("cost.section.BUDGET", 100_000)
        yield
