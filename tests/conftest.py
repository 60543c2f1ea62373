"""What all tests share: Hypothesis times no example, because a busy machine may stop for a moment in any of them."""

import os
import sys

from hypothesis import HealthCheck, settings

from tests.soak import EXAMPLES

pytest_plugins = ["tests.processes", "tests.parallel"]

# Tests start the app with what is installed here, so that none of them installs anything; those of an app's own
# environment say so.
os.environ["APP_PYTHON"] = sys.executable

settings.register_profile(
    "untimed", deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")
