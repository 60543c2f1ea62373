"""AWS's own Runtime Interface Emulator: where `make .cache/rie/installed` puts the one for this machine."""

import platform
import sys
from pathlib import Path

import pytest

_ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
PATH = Path(__file__).parents[1] / f".cache/rie/samcli/local/rapid/aws-lambda-rie-{_ARCHITECTURE}"
# The wheel holds a Linux program, wherever it is installed.
IS_HERE = sys.platform == "linux" and PATH.exists()
MISSING = "AWS's Runtime Interface Emulator is missing: make .cache/rie/installed, on Linux"


def emulator() -> Path:
    """Its path; skips the test where it is missing."""
    if not IS_HERE:
        pytest.skip(MISSING)
    return PATH
