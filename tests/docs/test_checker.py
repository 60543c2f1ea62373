"""The checker itself: it takes what a reader would take for true, and finds what is not."""

from pathlib import Path

import pytest

from tests.docs.commands import missing, named_ports, run, running, with_ports, workspace
from tests.docs.documents import Block, Command, PageError, agree, anchors, blocks, inline_commands, links

NOT_COLD = "--cold is 'always'; it is one of idle, burst, none"
PAGE = """\
# A page

Text with `make help`, `Makefile` and a [link](other.md#part), one [away](https://example.com).

```console
$ echo one \\
    two
one two
$ true
```

```yaml
- run: |
    make help >> "$SUMMARY"
```

## Second part: `code`

<!-- needs an account -->
```console
$ pulumi up
...
```

## Second part: `code`
"""


def test_a_page_is_read_into_blocks_of_commands_with_what_they_show() -> None:
    assert blocks(PAGE, "page.md") == [
        Block("page.md", 5, 1, None, (Command("echo one \\\n    two", ("one two",)), Command("true", ()))),
        Block("page.md", 20, 2, "needs an account", (Command("pulumi up", ("...",)),)),
    ]


def test_links_within_the_repository_anchors_and_commands_in_sentences_are_found() -> None:
    assert links(PAGE) == ["other.md#part"]
    assert anchors(PAGE) == {"a-page", "second-part-code", "second-part-code-1"}
    assert inline_commands(PAGE) == ["make help", 'make help >> "$SUMMARY"']


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<!-- need an account -->\n```console\n$ true\n```", "expected one of stays in the foreground"),
        ("```bash\ntrue\n```", "commands stand in ```console blocks"),
        ("```console\noutput\n```", "begins with `$ ` and a command"),
        ("```console\n$ make test\n```", "put <!-- runs the tests --> directly above"),
    ],
)
def test_a_page_that_would_escape_the_check_is_refused(text: str, problem: str) -> None:
    with pytest.raises(PageError, match=r"page\.md:") as refused:
        blocks(text, "page.md")

    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("took 3.77 ms [2.84 ms, 4.32 ms]", "took 1.2 s  [980 µs, 12,345.6 ms]"),
        ("p50 1.00 times, -3%", "p50 12.5 times, +10.25%"),
        ("[89.3, 124] ms", "[105, 1,141] ms"),
        ("[980, 1,020] µs", "[1.02, 1.04] ms"),
        ("[89.3, 124] ms", "[492 ms, 1.02 s]"),
        ("2.91 ms ¹", "3.02 ms ²"),
        ("at 2026-11-23T16:35:58Z", "at 2027-01-02T03:04:05.678+01:00"),
        ("Samples: results/2026-11-23T16-35-58/", "Samples: results/2026-12-01T01-02-03/"),
        ("build d411706ab12f", "build 1234567890ab-dirty"),
        ("id 0b8f9a54-7f2e-4d7c-9e1a-3f4b5c6d7e8f", "id ffffffff-0000-4000-8000-000000000000"),
        ("in /home/me/main/app", "in /srv/x/y"),
        ("╭──────╮ ███", "╭───╮ █"),
        ("11.5 MB", "900 kB"),
        ("http://127.0.0.1:8000 answers", "http://127.0.0.1:43211 answers"),
    ],
)
def test_numbers_times_ids_and_paths_may_differ(shown: str, printed: str) -> None:
    assert agree([shown], [printed])


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("3 requests", "3 failures"),
        ("p50 3 ms", "p95 3 ms"),
        ("3 ms", "n too small"),
        ("3 ms", "3 MB"),
        ("[105, 141] ms", "[105 141] ms"),
        ('{"message": "Hello"}', '{"message": "Bye"}'),
        ("GET /hello", "GET /echo"),
    ],
)
def test_words_may_not_differ(shown: str, printed: str) -> None:
    assert not agree([shown], [printed])


def test_three_dots_stand_for_any_lines_and_nothing_else_does() -> None:
    printed = ["first", "", "second 1", "third"]

    assert agree(["first", "...", "third"], printed)
    assert agree(["first", "second 2", "third", "..."], printed)
    assert agree(["..."], [])
    assert not agree(["first", "third"], printed)
    assert not agree(["...", "first"], printed)
    assert not agree(["first", "second 1"], printed)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("make help && make image", []),
        ("make hlep", ["the Makefile has no target hlep"]),
        ('make compare TARGETS="aws gcp" PYTHON=python3.13', []),
        ("make compare TARGET=aws", ["the Makefile has no variable TARGET"]),
        ("X=1 python -m local aws --port 8000 | head", []),
        (
            ".venv/bin/python -m local aws --zzz 8000",
            ["python -m local aws --zzz 8000: No such option: --zzz"],
        ),
        (
            "python -m compare gate --baseline a --candidate b RUN",
            [
                "python -m compare gate --baseline a --candidate b RUN: Got unexpected extra argument(s) (RUN)",
            ],
        ),
        (
            "python -m cost bill --memory 512",
            ["python -m cost bill --memory 512: Missing option '--requests'."],
        ),
        (
            "python -m compare run --cold always",
            [f"python -m compare run --cold always: {NOT_COLD}"],
        ),
        ("python -m compare judge --quiet", ["python -m compare judge --quiet: No such command 'judge'."]),
        (
            'make compare TARGETS="aws gcp" ARGS="--zzz 3"',
            ["python -m compare run aws gcp --zzz 3: No such option: --zzz"],
        ),
        ("python -m compare gate --run results/RUN --baseline a --candidate b", []),
        # A word in capitals stands for a number too, and a subcommand alone is a name.
        ("python -m cost bill --requests N", []),
        ("python -m cost bill", []),
        ("python -m compare report RUN...", []),
        ("python -m nothing", ["there is no module nothing"]),
        ('curl "$(pulumi stack output url)/hello"', []),
        ("curl $(pulumi stack output uri)", ["no stack exports uri"]),
        ("pulumi config set memory 1024; pulumi config set aws:region eu-west-1", []),
        ("pulumi config set --path memory.part 1", []),
        ("pulumi config set memroy 1024", ["Pulumi.yaml has no key memroy"]),
        ("./image.sh", []),
        ("./imag.sh", ["there is no program ./imag.sh"]),
        ("docker run x; nothing-like-it", ["nothing-like-it is not on PATH, nor known to be elsewhere"]),
    ],
)
def test_what_a_command_names_is_looked_for(text: str, problems: list[str]) -> None:
    assert list(missing(text)) == problems


def test_a_benchmark_that_is_none_is_found() -> None:
    assert list(missing("make bench ARGS=prob")) == ["python -m benchmarks prob: there is no benchmark prob"]


@pytest.mark.process
def test_what_another_parser_refuses_is_found() -> None:
    assert list(missing("python -m http.server --quickly")) == [
        "python -m http.server --quickly: there is no option --quickly"
    ]


@pytest.mark.process
def test_a_server_is_there_for_the_later_commands_on_a_port_of_its_own(tmp_path: Path) -> None:
    server = Command("python -m http.server --bind 127.0.0.1 8000 # --port 8000", ())
    client = Block("page.md", 1, 1, None, (Command("curl -s localhost:8000 2000", ()),))
    assert named_ports([server]) == {"8000"}
    assert with_ports(client, {"8000": "23456"}) == [Command("curl -s localhost:23456 2000", ())]

    noisy = Command("echo begun 1; while true; do sleep 1; done", ("begun 2",))
    with running(noisy, tmp_path):
        assert run("echo $PPID", tmp_path)[0] == 0


@pytest.mark.process
def test_what_a_command_writes_stays_out_of_the_repository(tmp_path: Path) -> None:
    folder = workspace(tmp_path)

    assert run("ls Makefile && mkdir results && pwd", folder) == (0, ["Makefile", str(tmp_path)])
    assert (tmp_path / "results").is_dir()


@pytest.mark.process
def test_a_command_that_never_ends_is_ended(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match=r"was not done after 0\.5 s"):
        run("echo begun; sleep 600", tmp_path, 0.5)
