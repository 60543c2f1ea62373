"""`python -m local` as a user runs it: what it prints, how it ends, and what it leaves behind, which is nothing."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import platforms
from local.cli import main
from local.settings import ROOT
from tests.local.conftest import PATIENCE, command, get, is_gone, until

Ends = Callable[..., tuple[int, str, str]]
APP = "--app=tests.local.apps:app"


@pytest.fixture(scope="module")
def emulators() -> None:
    """Here they are started as their users start them, and not forked."""


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ends:
    """How a command ends that does not start a platform: its status, and what it printed."""

    def end(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["local", *arguments])
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return end


def press_ctrl_c(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGINT)


@pytest.mark.process
@pytest.mark.parametrize(
    ("platform", "end", "status"),
    [
        ("aws", press_ctrl_c, 130),
        ("gcp", press_ctrl_c, 130),
        ("aws", subprocess.Popen[str].terminate, 0),
    ],
)
def test_a_signal_ends_it_and_every_instance_also_one_at_work(
    platform: str, end: Callable[["subprocess.Popen[str]"], None], status: int, tmp_path: Path
) -> None:
    with command("local", platform, "--port=0", APP) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[0]
        pid = get(url)["pid"]
        with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), PATIENCE) as connection:
            request = f"GET /wait?seconds=60&begun={tmp_path}/begun HTTP/1.1\r\nHost: x\r\n\r\n"
            connection.sendall(request.encode())
            until((tmp_path / "begun").exists, "a request is at work")

            end(process)

            assert process.wait(PATIENCE) == status
        assert is_gone(pid)


@pytest.mark.process
@pytest.mark.parametrize("platform", platforms.NAMES)
def test_not_even_sigkill_leaves_an_instance_behind(platform: str) -> None:
    with command("local", platform, "--port=0", APP) as process:
        assert process.stdout is not None
        pid = get(process.stdout.readline().split()[0])["pid"]

        process.kill()

        until(lambda: is_gone(pid), "the instance ends")


@pytest.mark.process
def test_it_says_where_it_is_what_it_emulates_and_what_happens() -> None:
    with command("local", "aws", "--port=0", "--idle=0", "--app=app:create_app()") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        url = first.split()[0]
        get(f"{url}/hello")
        events = [process.stderr.readline() for _ in range(4)]

    assert first == f"{url} emulates AWS Lambda with an HTTP API on this machine; Ctrl-C ends it\n"
    said = " ".join(events)
    assert "aws instance 1 starting" in said
    assert "aws instance 1 ready: cold start took " in said
    assert 'aws 1 | {"' in said
    assert "aws instance 1 gone: idle for 0 s" in said


def test_a_port_in_use_is_one_clear_line(ends: Ends, taken_port: int) -> None:
    assert ends("aws", f"--port={taken_port}") == (
        2,
        "",
        f"local: port {taken_port} is in use; choose another with --port, or 0 for any\n",
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["azure"], "the platform is 'azure'; it is one of aws, gcp, apprunner, ecs"),
        (["aws", "--concurrency=2"], "--concurrency is 2; on aws it is 1"),
        (["aws", "--timeout=901"], "--timeout is 901; on aws it is above 0 and at most 900 s"),
        (["aws", "--gateway-timeout=31"], "--gateway-timeout is 31; on aws it is above 0 and at most 30 s"),
        (
            ["aws", "--min=1", "--snapstart"],
            "--snapstart does not go with --min: Lambda keeps no instances that it would restore",
        ),
        (["gcp", "--gateway-timeout=1"], "--gateway-timeout belongs to aws; gcp has --timeout alone"),
        (
            ["gcp", "--jwt-issuer=https://login.example.com"],
            "--jwt-issuer belongs to aws; gcp checks no tokens of an issuer",
        ),
        (
            ["apprunner", "--jwt-audience=my-api"],
            "--jwt-audience belongs to aws; apprunner checks no tokens of an issuer",
        ),
        (["aws", "--jwt-audience=my-api"], "--jwt-audience needs --jwt-issuer URL, whose tokens they are"),
        (
            ["aws", "--jwt-issuer=https://login.example.com", "--jwt-audience= ,"],
            "--jwt-issuer needs --jwt-audience NAME[,NAME], one of which is the `aud` of a token",
        ),
        (
            ["aws", "--jwt-issuer=http://login.example.com", "--jwt-audience=my-api"],
            "--jwt-issuer is 'http://login.example.com'; it is https://HOST/PATH, or http on this machine",
        ),
        (["gcp", "--max=0"], "--max is 0; on gcp it is 1 to 100"),
        (["apprunner", "--timeout=1"], "--timeout: App Runner's is 120 s, fixed"),
        (["apprunner", "--min=0"], "--min is 0; on apprunner it is 1 to 25"),
        (["ecs", "--min=0"], "--min is 0; on ecs it is 1 to 5000"),
        (
            ["ecs", "--max=2"],
            "--max does not belong to ecs: tasks added for their CPU are not emulated; --min says how many run",
        ),
        (
            ["ecs", "--concurrency=9"],
            "--concurrency does not belong to ecs: its load balancer has no such limit; --env THREADS=N is a task's",
        ),
        (["ecs", "--idle=5"], "--idle does not belong to ecs: no task ends because it is idle"),
        (
            ["ecs", "--timeout=5"],
            "--timeout does not belong to ecs: its load balancer's is 60 s of silence, fixed",
        ),
        (["ecs", "--gateway-timeout=1"], "--gateway-timeout belongs to aws; ecs has no timeout to set"),
        (["gcp", "--idle=-1"], "--idle is -1; it is 0 or more seconds"),
        (["gcp", "--idle=nan"], "--idle is nan; it is 0 or more seconds"),
        (["aws", "--memory=64"], "--memory is 64; on aws it is 128 to 10240"),
        (["gcp", "--memory=-5"], "--memory is -5; on gcp it is 128 to 32768"),
        (
            ["apprunner", "--memory=600"],
            "--memory is 600; on apprunner it is one of 512, 1024, 2048, 3072, 4096, 6144, 8192, 10240, 12288",
        ),
        (
            ["gcp", "--port=0", "--log=/dev/null/x"],
            "--log is /dev/null/x, which cannot be written: Not a directory",
        ),
        (["gcp", "--port=70000"], "--port is 70000; it is 0 (any free one) to 65535"),
        (["gcp", "--env=x"], "--env is 'x'; expected NAME=VALUE"),
        (["gcp", "--engine=lxc"], "--engine is 'lxc'; it is one of process, podman, docker"),
        (
            ["gcp", "--engine=docker"],
            "--engine docker needs --image NAME, the one that `make image` builds",
        ),
    ],
)
def test_what_cannot_be_is_one_clear_line_and_status_2(ends: Ends, arguments: list[str], line: str) -> None:
    assert ends(*arguments) == (2, "", f"local: {line}\n")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--port=1"], "platform"), (["gcp", "--port=http"], "--port"), (["gcp", "--no-such"], "--no-such")],
)
def test_a_wrong_command_line_is_one_line_that_names_what_is_wrong(
    ends: Ends, arguments: list[str], named: str
) -> None:
    status, out, error = ends(*arguments)

    assert (status, out, error.count("\n")) == (2, "", 1)
    assert error.startswith("local: ")
    assert named in error


def test_a_missing_engine_is_named(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert ends("gcp", "--engine=docker", "--image=mine") == (
        2,
        "",
        "local: docker is not on PATH; install it, or leave out --engine\n",
    )


def test_without_the_lambda_runtime_the_way_out_is_named(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS, for which awslambdaric has no wheel."""
    monkeypatch.setattr("local.settings.sys", SimpleNamespace(platform="darwin"))

    status, _, error = ends("aws", "--port=0")

    assert status == 2
    assert error == (
        "local: awslambdaric, which Lambda mode needs, has wheels for Linux alone. "
        "On darwin run the image instead: --engine docker --image NAME\n"
    )


def test_the_help_names_every_option(ends: Ends) -> None:
    status, text, _ = ends("--help")

    assert status == 0
    for word in (
        "aws",
        "gcp",
        "apprunner",
        "ecs",
        "--port",
        "--idle",
        "--engine",
        "--image",
        "--app",
        "--env",
        "--log",
    ):
        assert word in text
    assert "--with-parent" not in text


def test_the_page_about_it_names_every_option(ends: Ends) -> None:
    _, text, _ = ends("--help")

    page = (ROOT / "docs/local.md").read_text(encoding="utf-8")

    options = set(re.findall(r"^\s+(--[a-z-]+)", text, re.MULTILINE)) - {"--help"}
    assert len(options) > 20
    assert [option for option in sorted(options) if f"`{option}`" not in page] == []
