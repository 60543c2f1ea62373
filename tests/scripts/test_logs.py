"""`make logs` runs the command that a stack exports, and says in one line what is missing."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLLOW = "aws logs tail /aws/lambda/hello --follow --region eu-west-1"

Logs = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A PATH with the shell's own tools, to which a test adds the programs that a user may have or not.

    The folder above it is a project whose stacks lie in it.
    """
    shutil.copy2(ROOT / "logs.sh", tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: hello\nruntime: python\n")
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "dirname", "sed", "head", "mktemp", "rm", "cat"):
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    return folder


@pytest.fixture
def logs(processes: None, bin_folder: Path, tmp_path: Path) -> Logs:
    """Run logs.sh in that project."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(tmp_path / "logs.sh"), *arguments]
        return subprocess.run(
            command, env=environment(bin_folder), capture_output=True, text=True, check=False, timeout=120
        )

    return run


def environment(bin_folder: Path) -> dict[str, str]:
    folder = bin_folder.parent
    return {
        "PATH": str(bin_folder),
        "HOME": str(folder),
        "PULUMI_HOME": str(folder / ".pulumi"),
        "PULUMI_BACKEND_URL": f"file://{folder}",
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }


@pytest.fixture
def stacks(bin_folder: Path, tmp_path: Path) -> None:
    """Pulumi itself, with the stack `aws` that exports a log command, and `empty` that exports nothing."""
    program = shutil.which("pulumi")
    if program is None:
        pytest.skip("pulumi is not on PATH: pulumi.com/docs/iac/download-install")
    (bin_folder / "pulumi").symlink_to(program)

    def pulumi(*arguments: str) -> None:
        done = subprocess.run(
            ["pulumi", *arguments],
            cwd=tmp_path,
            env=environment(bin_folder),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr

    root = {
        "urn": "urn:pulumi:aws::hello::pulumi:pulumi:Stack::hello-aws",
        "type": "pulumi:pulumi:Stack",
        "custom": False,
        "outputs": {"logs": FOLLOW},
    }
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": [root]}}))
    pulumi("stack", "init", "empty")
    pulumi("stack", "init", "aws")
    pulumi("stack", "import", "--file", str(state))


def add(bin_folder: Path, name: str, script: str) -> None:
    program = bin_folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.process
@pytest.mark.parametrize("arguments", [["aws"], []])
@pytest.mark.usefixtures("stacks")
def test_the_stacks_own_command_is_run_with_its_words(
    logs: Logs, bin_folder: Path, arguments: list[str]
) -> None:
    add(bin_folder, "aws", 'echo "$# words: $*"; exit 3')

    done = logs(*arguments)

    assert (done.returncode, done.stderr) == (3, f"{FOLLOW}\n")
    assert done.stdout == "6 words: logs tail /aws/lambda/hello --follow --region eu-west-1\n"


@pytest.mark.usefixtures("stacks")
def test_what_is_missing_is_one_line(logs: Logs) -> None:
    advice = "(pulumi stack ls lists the stacks, pulumi up deploys one)"

    assert [(done.returncode, done.stderr) for done in map(logs, ("aws", "empty", "nothing"))] == [
        (
            69,
            (
                f"logs.sh: stack 'aws' is followed by '{FOLLOW}', but aws is not on PATH; install it, "
                "or see: pulumi stack output console\n"
            ),
        ),
        (
            1,
            (
                "logs.sh: stack 'empty' has no log to show: current stack does not have output property 'logs' "
                f"{advice}\n"
            ),
        ),
        (1, f"logs.sh: stack 'nothing' has no log to show: no stack named 'nothing' found {advice}\n"),
    ]


@pytest.mark.process
def test_without_pulumi_it_says_where_to_get_it(logs: Logs) -> None:
    done = logs("aws")

    assert (done.returncode, done.stdout, done.stderr) == (
        69,
        "",
        "logs.sh: pulumi is not on PATH; docs/deploying.md says where to get it\n",
    )


@pytest.mark.process
def test_make_hands_the_stack_over() -> None:
    done = subprocess.run(
        ["make", "--dry-run", "logs", "STACK=prod-eu"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "./logs.sh prod-eu\n"


@pytest.mark.process
@pytest.mark.parametrize("arguments", [["--help"], ["aws", "gcp"]])
def test_what_is_no_stacks_name_is_one_line(logs: Logs, arguments: list[str]) -> None:
    done = logs(*arguments)

    advice = "it takes one stack's name, or none for the selected stack: ./logs.sh [STACK]"
    assert (done.returncode, done.stdout, done.stderr) == (64, "", f"logs.sh: {advice}\n")
