"""image.sh says in one line which container engine is missing; the image that it builds is tested in tests/image."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        (
            {"ENGINE": "nosuch"},
            "ENGINE is 'nosuch', which is not on PATH; unset, it is docker or podman, whichever answers",
        ),
        ({}, "no container engine answers; install podman or start docker"),
    ],
)
def test_a_missing_engine_is_one_clear_line(tmp_path: Path, variables: dict[str, str], line: str) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")

    done = subprocess.run(
        ["/bin/sh", ROOT / "image.sh"],
        env={"PATH": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (69, "", f"image.sh: {line}\n")
