"""Targets of a Pulumi stack, read by a `pulumi` command that stands in for the real one."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from commandline import UserError
from compare.targets.endpoints import located
from compare.targets.request import Request
from compare.targets.target import typed
from tests.compare.conftest import Done, Server

Pulumi = Callable[..., Path]


@pytest.fixture
def pulumi(processes: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pulumi:
    """Put a `pulumi` on PATH that prints and exits as told, and notes how it was called."""

    def make(out: str, *, error: str = "", status: int = 0) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        command = folder / "pulumi"
        command.write_text(
            f"#!{sys.executable}\nimport json, os, sys\n"
            f"json.dump([sys.argv[1:], os.getcwd()], open({str(tmp_path / 'called')!r}, 'w'))\n"
            f"sys.stdout.write({out!r}); sys.stderr.write({error!r}); sys.exit({status})\n"
        )
        command.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        return tmp_path / "called"

    return make


@pytest.mark.parametrize(("platform", "title"), [("apprunner", "App Runner"), ("ecs", "ECS Express Mode")])
def test_a_stack_is_measured_at_the_url_of_its_outputs(
    pulumi: Pulumi, serve: Callable[..., Server], compare: Callable[..., Done], platform: str, title: str
) -> None:
    """URL and platform are the stack's outputs; the platform decides what is expected of its cold starts."""
    server = serve()
    called = pulumi(json.dumps({"url": f"{server.url}/", "platform": platform, "image": "x", "region": "r"}))

    done = compare("run", "mine", "--rounds", "8", "--quiet")

    assert done.status == 0
    target = done.report["targets"][0]
    assert (target["name"], target["label"], target["emulated"]) == ("mine", title, False)
    assert (target["url"], target["cold_note"]) == (f"{server.url}/hello", "keeps an instance")
    words, folder = json.loads(called.read_text())
    assert words == ["stack", "output", "--json", "--stack", "mine", "--non-interactive"]
    assert (Path(folder) / "compare").is_dir()


def test_a_gate_takes_a_stack_by_its_whole_name(
    pulumi: Pulumi, serve: Callable[..., Server], compare: Callable[..., Done]
) -> None:
    """The report calls it by its own name, and so does the decision."""
    old, new = serve("--delay", "5"), serve("--delay", "5")
    pulumi(json.dumps({"url": new.url, "platform": "apprunner"}))

    words = ("--baseline", f"old={old.url}", "--candidate", "acme/web/next", "--max-slowdown", "300%")
    done = compare("gate", *words, "--rounds", "20", "--quiet")

    assert (done.status, done.error) == (0, "")
    assert "Gate: next takes " in done.out


@pytest.mark.parametrize(("build", "status"), [("build-1", 0), ("another", 1)])
def test_a_run_fails_if_another_build_answers(
    pulumi: Pulumi,
    serve: Callable[..., Server],
    compare: Callable[..., Done],
    build: str,
    status: int,
) -> None:
    """The report names the endpoint; a saved run says the same again."""
    releases = [{"version": "sha256:a", "digest": "sha256:a", "build": build}]
    outputs = {"platform": "ecs", "releases": releases, "traffic": {"sha256:a": 100}}
    pulumi(json.dumps({"url": serve().url, **outputs}))

    done = compare("run", "mine", "--rounds", "4", "--quiet")

    assert done.status == status
    told = [of["text"] for of in done.report["findings"] if of["problem"]]
    assert [text.partition(" (")[0] for text in told] == ["mine answered from build build-1"] * status


def test_a_gate_is_broken_if_another_build_answers(
    pulumi: Pulumi,
    serve: Callable[..., Server],
    compare: Callable[..., Done],
) -> None:
    """However fast it is."""
    old, new = serve("--delay", "5"), serve("--delay", "5")
    releases = [{"version": "2", "digest": "sha256:b", "build": "another"}]
    outputs = {"platform": "apprunner", "releases": releases, "traffic": {"2": 100}}
    pulumi(json.dumps({"url": new.url, **outputs}))

    words = ("--baseline", f"old={old.url}", "--candidate", "next", "--max-slowdown", "300%")
    done = compare("gate", *words, "--rounds", "4", "--quiet")

    assert done.status == 3
    assert "next is not what its stack says: it answered from build build-1" in done.out


@pytest.mark.parametrize(
    ("out", "error", "status", "told"),
    [
        (
            "",
            "error: no stack named 'aws' found\nmore",
            255,
            "stack 'aws' cannot be read (error: no stack named",
        ),
        ("{}", "", 0, "stack 'aws' has no output url; deploy it with `pulumi up --stack aws` first"),
        ("nonsense", "", 0, "the outputs of stack 'aws' are not JSON: 'nonsense'"),
        (
            '{"url": "https://x", "platform": "azure"}',
            "",
            0,
            "stack 'aws' has the output platform 'azure', not aws,",
        ),
    ],
)
def test_a_stack_that_cannot_be_read_says_why(
    pulumi: Pulumi, out: str, error: str, status: int, told: str
) -> None:
    """What Pulumi said comes first, then what to type."""
    pulumi(out, error=error, status=status)

    with pytest.raises(UserError) as raised:
        located(typed(["aws"], Request(), "/hello"))

    assert str(raised.value).startswith(told)


def test_a_missing_pulumi_command_says_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the command a stack's name is a clear error."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UserError, match=r"the pulumi command is not there: install it .*, or give NAME=URL"):
        located(typed(["aws"], Request(), "/hello"))
