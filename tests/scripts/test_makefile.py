"""The Makefile sets up what a target needs, and begins anew where that failed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
# As Debian's python3 without the package python3-venv: it makes an environment, finds no pip for it, and fails.
PYTHON = """#!/bin/sh
if [ "$*" = "-m venv .venv" ]; then
    mkdir -p .venv/bin
    : > .venv/bin/python
    echo tried >> tries
    [ -e python3-venv ]
fi
"""


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make: apt-get install make")
def test_an_environment_that_could_not_be_made_whole_is_made_again(tmp_path: Path) -> None:
    shutil.copy2(ROOT / "Makefile", tmp_path)
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)

    def make() -> int:
        # Not as a part of the make that runs these tests.
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        command = ["make", "PYTHON=./python", ".venv/bin/python"]
        return subprocess.run(command, cwd=tmp_path, env=plain, capture_output=True, check=False).returncode

    first = make()
    (tmp_path / "python3-venv").touch()
    second, third = make(), make()

    assert (first, second, third) == (2, 0, 0)
    assert (tmp_path / "tries").read_text() == "tried\n" * 2
