"""The command line as a user types it: its answers, its JSON, and one line for everything that can be put right."""

import io
import json
import shlex
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from cost.cli import main
from cost.report.file import MADE_BY
from platforms import NAMES

pytestmark = pytest.mark.usefixtures("roughly")

QUICK = ["--no-chart", "--replications", "3"]


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def cost(*arguments: str) -> Done:
    """`python -m cost` in this process, which has loaded everything already."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), patched_argv("cost", *arguments):
        status = 0
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
    return Done(status, out.getvalue(), err.getvalue())


@contextmanager
def patched_input(content: bytes) -> Generator[None]:
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(content))
    try:
        yield
    finally:
        sys.stdin = before


@contextmanager
def patched_argv(*arguments: str) -> Generator[None]:
    before = sys.argv
    sys.argv = list(arguments)
    try:
        yield
    finally:
        sys.argv = before


@pytest.fixture(scope="module")
def twenty_an_hour(roughly: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The README's question: what is printed, and the page."""
    page = tmp_path_factory.mktemp("page") / "cost.html"
    done = cost("advise", "--requests-per-hour", "20", "--replications", "20", "--html", str(page))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, page.read_text(encoding="utf-8")


def test_the_question_of_the_readme_is_answered(twenty_an_hour: tuple[str, str]) -> None:
    text, _ = twenty_an_hour

    assert text.startswith("14,600 requests a month: 20 requests an hour at random")
    assert "Take Cloud Run: $0.00 a month" in text
    assert "requests a month Cloud Run is the cheapest; from about" in text
    for volume in ("0", "1 k", "40 k", "1 M", "10 M", "100 M"):
        assert f"\n{volume} " in text
    assert "┌──" in text
    assert max(len(line) for line in text.splitlines()) <= 120


def test_the_page_is_self_contained_and_says_the_same(twenty_an_hour: tuple[str, str]) -> None:
    text, page = twenty_an_hour

    assert MADE_BY in page
    assert "<script" not in page
    assert "src=" not in page
    assert "Take Cloud Run: $0.00 a month" in page
    assert page.count("<svg") == 2
    assert page.count("<details") == 4
    assert "cost.html has the charts" in " ".join(text.split())


def test_the_bill_of_the_article_is_shown_in_lines() -> None:
    done = cost(
        "bill",
        "--requests",
        "40000",
        "--memory",
        "512",
        "--cpu",
        "0",
        "--wait",
        "0.7",
        "--platform",
        "aws",
        "--cold-share",
        "0",
    )

    assert (done.returncode, done.stderr) == (0, "")
    lines = {
        line[2:26].strip(): line.split()[-2:] for line in done.stdout.splitlines() if line.startswith("  ")
    }
    assert lines["Lambda requests"] == ["$0.0000", "$0.0080"]
    assert lines["Lambda handling"] == ["$0.0000", "$0.2333"]
    assert lines["HTTP API requests"] == ["$0.0400", "$0.0400"]
    assert "Free tiers are taken whole" in done.stdout


def test_bills_as_json_are_the_sum_of_their_lines() -> None:
    answer = json.loads(cost("bill", "--requests", "1000000", "--json").stdout)

    assert [(one["platform"], one["free_tier"]) for one in answer["bills"]] == [
        (platform, free) for platform in NAMES for free in (True, False)
    ]
    for one in answer["bills"]:
        assert sum(line["amount"] for line in one["lines"]) == pytest.approx(
            one["total"] + one["unsure"], abs=1e-4
        )
        assert all(line["source"].startswith("https://") and line["read"] for line in one["lines"])


def test_advice_as_json_has_everything_the_text_says() -> None:
    done = cost("advise", "--monthly", "40000", "--pattern", "office-hours", "--json", *QUICK)

    answer = json.loads(done.stdout)
    assert done.stderr == ""
    assert answer["recommendation"].startswith("Take ")
    assert [option["name"] for option in answer["options"]] == list(NAMES)
    assert [row["requests"] for row in answer["table"]] == [
        0,
        1000,
        40_000,
        1_000_000,
        10_000_000,
        100_000_000,
    ]


def test_a_log_is_replayed_and_its_unread_lines_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        "".join(f"{1793615415 + second * 700}\n" for second in range(100)) + "oops\n", encoding="utf-8"
    )

    done = cost("advise", "--log", str(log), "--platform", "aws", *QUICK)

    assert done.returncode == 0
    assert "access.log, 100 requests in 19.4 hours" in " ".join(done.stdout.split())
    assert "the log: lines of text without a time: 1 not counted, such as oops" in " ".join(
        done.stdout.split()
    )


def test_a_log_from_standard_input_gives_sizes_and_durations_unless_options_say_them() -> None:
    """--response-kb and --cpu win over what the log says, and the log over their defaults.

    What the log has is taken to be work on a whole vCPU, of which Lambda gives 512 / 1,769.
    """
    lines = [
        json.dumps(
            {"time": 1793615415 + place * 60, "path": "/a", "status": 200, "bytes": 5120, "duration_ms": 300}
        )
        for place in range(200)
    ]

    def answer(*more: str) -> dict[str, float]:
        with patched_input("\n".join(lines).encode()):
            done = cost("advise", "--log", "-", "--platform", "aws", "--json", "--replications", "3", *more)
        (option,) = json.loads(done.stdout)["options"]
        amounts = {line["name"]: float(line["quantity"]) for line in option["list_price"]["lines"]}
        requests = amounts["Lambda requests"]
        return {
            "kb": amounts["data out to the internet"] / requests * 1024**2,
            "seconds": amounts["Lambda handling"] / requests * 2,
            "p50": option["latency"]["p50"]["mean"],
        }

    assert answer() == pytest.approx({"kb": 5, "seconds": 1.037, "p50": 1.037}, rel=0.01)
    assert answer("--response-kb", "2", "--cpu", "0.1") == pytest.approx(
        {"kb": 2, "seconds": 0.346, "p50": 0.346}, rel=0.01
    )


def test_a_log_of_seconds_is_simulated_as_fast_as_its_rate() -> None:
    """A part of a month stands for the whole, as for any other traffic."""
    command = ["advise", "--platform", "gcp", "--json"]
    log = "\n".join(str(1793615415 + place // 10) for place in range(101))

    with patched_input(log.encode()):
        done = cost(*command, "--log", "-")

    (option,) = json.loads(done.stdout)["options"]
    (same,) = json.loads(cost(*command, "--requests-per-hour", "36000").stdout)["options"]
    assert option["seconds"] == pytest.approx(same["seconds"])
    assert option["simulated"] == pytest.approx(same["simulated"], rel=0.01)
    assert any(
        "it covers only 10 seconds, which a month is taken to repeat" in note
        for note in json.loads(done.stdout)["notes"]
    )


def test_a_schedule_is_followed() -> None:
    done = cost("advise", "--cron", "0 * * * *", "--platform", "aws", "--idle", "aws=600", *QUICK)

    assert "the schedule '0 * * * *', 1 requests an hour" in done.stdout
    assert "every request waits for a start" in done.stdout


def test_own_prices_are_used(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[aws.requests.price]\nus-east-1 = "1000000"\n', encoding="utf-8")

    answer = json.loads(
        cost("bill", "--requests", "3", "--platform", "aws", "--prices", str(own), "--json").stdout
    )

    assert answer["bills"][1]["lines"][0]["amount"] == 3
    assert answer["bills"][1]["lines"][0]["source"] == str(own)


def test_old_prices_warn_and_the_answer_still_comes(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[aws.requests]\nread = "2020-01"\n', encoding="utf-8")

    done = cost("bill", "--requests", "3", "--prices", str(own), "--json")

    assert done.returncode == 0
    assert done.stderr.startswith("cost: the oldest of the prices was read in 2020-01, over a year ago")
    assert json.loads(done.stdout)["requests"] == 3


def test_a_file_that_is_not_such_a_page_is_not_overwritten(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.html"
    precious.write_text("my thesis", encoding="utf-8")

    done = cost("advise", "--monthly", "100", "--html", str(precious), *QUICK)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"cost: {precious} exists and is not a page of this tool: name another file\n"
    assert precious.read_text(encoding="utf-8") == "my thesis"


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "status", "out", "error"),
    [
        (["bill", "--requests", "1", "--json"], 0, '{"requests": 1, "bills": [', ""),
        (["bill"], 2, "", "cost: Missing option '--requests'.\n"),
    ],
)
def test_it_is_a_program(arguments: list[str], status: int, out: str, error: str) -> None:
    command = [sys.executable, "-m", "cost", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout[: len(out)], done.stderr) == (status, out, error)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "advise",
            "give the traffic in one way: --requests-per-hour, --monthly, --log, --counts or --cron; given: none",
        ),
        ("advise --monthly 1 --cron x", "give the traffic in one way: "),
        ("advise --cron ''", "'' is not a cron expression"),
        ("advise --monthly -5", "-5 requests a month is no traffic to simulate; it is more than 0"),
        ("advise --monthly 5 --pattern spiky", "'spiky' is not a pattern; known: steady, bursty"),
        ("advise --monthly 5 --cpu fast", "--cpu is 'fast'; it is a number"),
        ("advise --monthly 5 --cpu -1", "CPU seconds of a request: -1.0 is no quantity; it is 0 or more"),
        (
            "bill --requests 1 --wait nan",
            "seconds of waiting of a request: NaN is no quantity; it is 0 or more",
        ),
        ("bill --requests 1 --cpu 0", "a request takes some time: --cpu or --wait is above 0"),
        ("advise --monthly 5 --idle aws", "'aws' is not in seconds; it is such as --idle aws=600"),
        ("advise --monthly 5 --idle aws=1-2", "--idle 'aws=1-2': it is such as --idle aws=600"),
        ("advise --monthly 5 --from nowhere", "nowhere is not a saved run: it has no samples.jsonl"),
        ("advise --monthly 5 --p95 0", "--p95 0: a limit is above 0 s"),
        ("advise --monthly 5 --p95 nan", "--p95 nan: a limit is above 0 s"),
        ("advise --monthly 5 --seed -1", "--seed is '-1'; it is a whole number, 0 or more"),
        (
            "advise --monthly 1e12",
            "1e+12 requests a month are too many to simulate; 10,000,000,000 are the most",
        ),
        (
            "bill --requests 10000000001",
            "10000000001 requests a month? It is 0 or more, 10,000,000,000 at most",
        ),
        ("bill --requests 1 --vcpu nan", "Cloud Run has no instance of NaN vCPU"),
        ("advise --log nowhere.log", "nowhere.log cannot be read: No such file or directory"),
        ("advise --counts nowhere.csv", "nowhere.csv cannot be read: No such file or directory"),
        ("advise --monthly 5 --exclude /a", "--exclude leaves requests of a log out: it goes with --log"),
        ("bill --requests -1", "-1 requests a month? It is 0 or more, 10,000,000,000 at most"),
        ("bill --requests 1 --cold-share 2", "--cold-share 2 is no share; it is from 0 to 1"),
        (
            "bill --requests 1 --aws-region mars-1",
            "'mars-1' is not a region with known prices for aws; known: ap-",
        ),
        ("bill --requests 1 --memory 64", "AWS Lambda has no instance of 64 MB; it has 128 to 10240 MB"),
        (
            "bill --requests 1 --zones 1",
            "availability zones of ECS's load balancer: 1 is too few; it is 2 or more",
        ),
        (
            "bill --requests 1 --minimum 2 --snapstart",
            "SnapStart does not go with provisioned concurr",
        ),
        ("bill --requests many", "--requests is 'many'; it is a whole number"),
        ("bill --prices nowhere.toml --requests 1", "nowhere.toml cannot be read as a price file"),
        ("guess", "No such command 'guess'"),
    ],
)
def test_what_can_be_put_right_is_one_line_on_standard_error(arguments: str, message: str) -> None:
    done = cost(*shlex.split(arguments))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"cost: {message}")
    assert done.stderr.count("\n") == 1
