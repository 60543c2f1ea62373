"""Wrong usage of a trial is one line, before anything is made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trial.cli import main

pytestmark = pytest.mark.process
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            [""],
            "trial: the stack is ''; name one of this project's, or a platform: make trial STACK=aws",
        ),
        (
            ["aws"],
            "trial: the pulumi command is not there: https://www.pulumi.com/docs/iac/download-install/",
        ),
        (
            ["gcp", "--config", "my-project"],
            "trial: --config is 'my-project'; it is written KEY=VALUE, such as gcp:project=my-project",
        ),
        (["aws", "--path", "hello"], "trial: --path is 'hello'; it begins with /"),
        (
            ["aws", "--header", "Authorization: Bearer ${NOT_SET_ANYWHERE}"],
            "trial: ${NOT_SET_ANYWHERE} is not set in the environment; set it, or write $${ for a plain ${",
        ),
        (["aws", "--wait", "soon"], "trial: --wait is 'soon'"),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: list[str],
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It names what was read and what to type, and leaves no trace of a trial."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["trial", *arguments, "--results", str(tmp_path / "results")])

    with pytest.raises(SystemExit) as ended:
        main()

    printed = "".join(capsys.readouterr())
    assert ended.value.code == 2
    assert printed.startswith(line)
    assert printed.count("\n") == 1
    assert not list(tmp_path.glob("results/trial-*/*"))


def test_without_the_sdks_it_says_how_to_get_them(tmp_path: Path) -> None:
    """An `up` would fail twice, after a stack was made."""
    command = tmp_path / "pulumi"
    command.write_text("#!/bin/sh\nexit 99\n")
    command.chmod(0o755)
    if (ROOT / ".venv-pulumi").exists():
        pytest.skip("the SDKs are in .venv-pulumi")

    done = subprocess.run(
        [sys.executable, "-m", "trial", "aws", "--results", str(tmp_path / "results")],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stdout + done.stderr) == (
        2,
        "trial: the SDKs are not there (no .venv-pulumi); type `pulumi install`, once\n",
    )
