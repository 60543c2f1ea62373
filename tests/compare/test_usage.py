"""The command line of a comparison: what is wrong in it is one line, and nothing is saved."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from compare.cli import main as compare_main
from cost.cli import main as cost_main
from tests.compare.conftest import ROOT, Done, Server
from tests.runs.test_file import HEAD

Serve = Callable[..., Server]
Compare = Callable[..., Done]
QUICK = ("--cold", "none", "--rounds", "12", "--quiet")


def test_a_url_is_written_as_people_write_it(
    serve: Serve, compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a URL cannot hold is sent as HTTP wants it, also what came from the environment."""
    server = serve()
    monkeypatch.setenv("WHO", "zoë b")

    done = compare("run", f"a={server.url}/größe/100%25?who=${{WHO}}", *QUICK)

    assert (done.status, server.seen()[0]["path"]) == (0, "/gr%C3%B6%C3%9Fe/100%25?who=zo%C3%AB%20b")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["local:azure"],
            "target 'local:azure' is not known; emulated are local:aws, local:gcp, local:apprunner, local:ecs",
        ),
        (["a=ftp://x/"], "URL is 'ftp://x/'; it is written http://HOST[:PORT]/PATH or https://HOST/PATH"),
        (["a=http://x", "a=http://y"], "two targets are called a"),
        (
            ["https://example.com"],
            "target 'https://example.com' needs a name to stand in the report: NAME=https://example.com",
        ),
        (
            ["a=http://x", "--idle", "soon"],
            "--idle is 'soon'; it is a duration such as 500ms, 90, 1.5s, 10m or 2h",
        ),
        (["a=http://x", "--precision", "5"], "--precision is '5'; it is a share such as 5% or 0.05"),
        (
            ["a=http://x", "--aa", "--cold", "idle", "--cold-starts", "3"],
            "--aa has no cold starts: one name would meet the other's instance; leave out --cold, --cold-starts",
        ),
        (["a=http://x", "--rounds", "-1"], "--rounds is -1; it is 0 or more"),
        (["a=http://x", "--rounds", "many"], "--rounds is 'many'; it is a whole number"),
        (["a=http://x", "--seed", "-1"], "--seed is -1; it is 0 or more"),
        (["a=http://x", "--cold", "always"], "--cold is 'always'; it is one of idle, burst, none"),
        (["a=http://x", "--load-duration", "0"], "--load-duration is 0; it is more than 0"),
        (["a=http://x", "--rate", "nan"], "--rate is nan; it is more than 0"),
        (["a=http://x", "--rate", "inf"], "--rate is inf; it is more than 0"),
        (["a=http://x", "--header", "nothing"], "header is 'nothing'; it is written 'Name: value'"),
        (["a=http://x", "--header", "Authorization: Bearer abc"], "header Authorization looks like a secret"),
        (["a=http://x", "--header", "X-A: ${NOT_SET_HERE}"], "${NOT_SET_HERE} is not set in the environment"),
        (
            ["a=http://x", "--header", "X-A: ${LINES}"],
            "${LINES} has a line break, and header X-A is one line",
        ),
        (["a=http://x/?api_key=1"], "api_key in the URL http://x/ looks like a secret"),
        (
            ["--targets", "/no/such/file"],
            "cannot read the targets file /no/such/file: No such file or directory",
        ),
        (["--no-such-option"], "No such option: --no-such-option"),
        (["a=http://x", "--method", "G T"], "method is 'G T'; it is an HTTP method such as GET or POST"),
        (["a=http://x", "--rounds", "0", "--cold", "none"], "nothing to measure"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(
    compare: Compare, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    """The line names what was read and what to type; nothing is saved."""
    monkeypatch.setenv("LINES", "one\ntwo")
    done = compare("run", *words)

    assert (done.status, done.out) == (2, "")
    assert done.error.startswith(f"compare: {told}")
    assert done.error.count("\n") == 1
    assert not done.results.exists()


@pytest.mark.parametrize("command", ["compare", "cost"])
def test_a_command_alone_says_what_there_is(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `--help` does, and not squeezed into the line of an error."""
    main = {"compare": compare_main, "cost": cost_main}[command]
    # So that it takes itself for `python -m COMMAND`.
    monkeypatch.setattr(sys.modules["__main__"], "__package__", command)
    printed: list[str] = []
    for words in ([], ["--help"]):
        monkeypatch.setattr(sys, "argv", [str(ROOT / command / "__main__.py"), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert (ended.value.code, captured.err) == (0, "")
        printed.append(captured.out)

    alone, asked = printed
    assert alone == asked
    assert alone.startswith(f"Usage: python -m {command} ")


def test_a_run_that_does_not_say_how_its_targets_are_reached_cannot_go_on(
    tmp_path: Path, compare: Compare
) -> None:
    """Such a file can be reported, but not resumed: that is one line, and the file stays."""
    head = {**HEAD, "targets": [{"name": "a"}]}
    (tmp_path / "samples.jsonl").write_text(f"{json.dumps(head)}\n")

    resumed = compare("run", "--resume", str(tmp_path))

    assert (resumed.status, resumed.error) == (
        2,
        f"compare: {tmp_path} does not say how its targets are reached, so it cannot go on; begin a new run\n",
    )
    assert (tmp_path / "samples.jsonl").read_text() == f"{json.dumps(head)}\n"


def test_what_a_resumed_run_does_is_not_asked_again(serve: Serve, compare: Compare) -> None:
    """Options that its plan has already are refused rather than ignored, and so is a run that needs nothing more."""
    server = serve()
    directory = compare("run", f"a={server.url}", *QUICK).directory
    served = server.served()

    other = compare("run", "b=http://x", "--resume", str(directory), "--rounds", "50", "--aa")
    again = compare("run", "--resume", str(directory))

    assert other.status == again.status == 2
    assert (
        other.error
        == "compare: --resume goes on with the run's own plan and targets; leave out TARGET, --rounds, --aa\n"
    )
    assert (
        again.error
        == f"compare: {directory} is complete; `python -m compare report {directory}` shows it again\n"
    )
    assert server.served() == served
