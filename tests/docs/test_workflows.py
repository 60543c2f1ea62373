"""The workflows that docs/ci.md offers: valid, safe, pinned, and what they run exists and runs."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import Emulator, Settings
from local.instances.ports import free_port
from tests.docs.commands import environment, missing
from tests.docs.documents import ROOT

WORKFLOWS = sorted((ROOT / "docs/workflows").glob("*.yml"))
COMMAND = re.compile(r"\b(?:make|pulumi|\S*python -m) .*")


def steps(workflow: Path) -> list[dict[str, Any]]:
    jobs: dict[str, Any] = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.process
def test_actionlint_finds_nothing() -> None:
    actionlint = shutil.which("actionlint") or shutil.which(str(ROOT / ".cache/actionlint"))
    if actionlint is None:
        pytest.skip("actionlint is missing: make .cache/actionlint, which takes Go")
    done = subprocess.run(
        [actionlint, *WORKFLOWS], env=environment(), capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.process
def test_zizmor_finds_no_risk() -> None:
    command = ["zizmor", "--offline", "--no-progress", "--format", "plain", *map(str, WORKFLOWS)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit_and_names_its_version(workflow: Path) -> None:
    uses = re.findall(r"uses: (.*)", workflow.read_text(encoding="utf-8"))

    assert uses
    assert [use for use in uses if not re.match(r"\S+@[0-9a-f]{40} # v\d", use)] == []


@pytest.mark.process
@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_the_project_has_what_its_commands_name(workflow: Path) -> None:
    scripts = [step["run"].replace("\\\n", " ") for step in steps(workflow) if "run" in step]
    found = [command for script in scripts for command in COMMAND.findall(script)]

    assert found
    assert [problem for command in found for problem in missing(command.replace("$!", ""))] == []


@pytest.mark.process
@pytest.mark.parametrize(
    ("answers", "seen"),
    [
        ("well", (0, ["20", "200", "abc"])),
        # Refused at the door, the canary has shown nothing, so it may not be promoted.
        ("without a token", (1, ["20", "401"] * 2)),
        ("not at all", (1, ["20", "000"] * 2)),
    ],
)
@pytest.mark.usefixtures("emulators")
def test_the_watch_over_a_canary_ends_well_only_where_every_request_does(
    tmp_path: Path, answers: str, seen: tuple[int, list[str]]
) -> None:
    [script] = [
        step["run"] for step in steps(ROOT / "docs/workflows/deploy.yml") if step.get("name") == "watch"
    ]
    for slow, fast in (("[1-300]", "[1-20]"), ("10/s", "1000/s")):
        assert slow in script
        script = script.replace(slow, fast)
    settings = Settings(environment={"BUILD_ID": "abc"}, log=tmp_path / "log")
    if answers == "without a token":
        settings = replace(settings, jwt_issuer="https://login.example.com", jwt_audience="my-api")
    with Emulator("aws" if settings.jwt_issuer else "gcp", settings) as emulator:
        # What Pulumi would answer.
        url = f"http://127.0.0.1:{free_port()}" if answers == "not at all" else emulator.url
        (tmp_path / "pulumi").write_text(f"#!/bin/sh\necho {url}\n")
        (tmp_path / "pulumi").chmod(0o755)
        for name in (".venv", "app.toml", "appfolder", "usererror.py"):
            (tmp_path / name).symlink_to(ROOT / name)
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=tmp_path,  # a checkout, as far as the step is concerned
            env=environment() | {"PATH": f"{tmp_path}:{environment()['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    assert (done.returncode, done.stdout.split()) == seen


@pytest.mark.process
def test_the_gate_of_a_pull_request_comes_to_a_decision(tmp_path: Path) -> None:
    """The step itself, in a clone: its worktree, its servers, and its end, which leaves no server."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    (clone / ".venv").symlink_to(ROOT / ".venv")
    [script] = [step["run"] for step in steps(ROOT / "docs/workflows/test.yml") if step.get("name") == "gate"]
    for port in ("8001", "8002"):
        assert port in script
        script = script.replace(port, str(free_port()))

    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=clone,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    # Slower by a fifth or not may be open on a busy machine; broken it is not.
    assert done.returncode in {0, 1, 2}, done.stdout + done.stderr
    assert "branch" in done.stdout
    assert (tmp_path / "base/base.log").exists()


@pytest.mark.process
@pytest.mark.parametrize(("stack", "more"), [("staging", ""), ("production", " --config image=R@sha256:1")])
def test_a_preview_is_of_what_the_deployment_would_do(tmp_path: Path, stack: str, more: str) -> None:
    """Staging builds; production takes the image that staging has, so a build is not what it would see."""
    [script] = [
        step["run"]
        for step in steps(ROOT / "docs/workflows/test.yml")
        if "pulumi preview" in step.get("run", "")
    ]
    # What Pulumi would answer.
    (tmp_path / "pulumi").write_text('#!/bin/sh\n[ "$1" = preview ] && echo "$*" || echo R@sha256:1\n')
    (tmp_path / "pulumi").chmod(0o755)
    variables = {
        "STACK": stack,
        "GITHUB_STEP_SUMMARY": "summary",
        "PATH": f"{tmp_path}:{environment()['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment() | variables,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"preview --non-interactive --diff --stack {stack}{more}\n"
    assert (tmp_path / "summary").read_text() == done.stdout
