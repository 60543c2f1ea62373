"""Nothing that others wrote does anything to a terminal."""

import errno
import io
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Annotated, Literal

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text
from typer.exceptions import TyperException

import commandline
import terminal
from commandline import UserError, printable

ROOT = Path(__file__).parents[1]
PATHS = ("--place", "--places", "--there", "--whole")
# Sets the title, clears the screen, moves the cursor, turns the direction of writing round.
HOSTILE = "a\x1b]0;title\x07b\x1b[2J\x9b1;1Hc\x85d\u202ee\r\x08f\x7f"
SHOWN = r"a\x1b]0;title\x07b\x1b[2J\x9b1;1Hc\x85d\u202ee\x0d\x08f\x7f"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (HOSTILE, SHOWN),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("日本, café, \U0001f469\u200d\U0001f4bb", "日本, café, \U0001f469\u200d\U0001f4bb"),
        ("half \ud800", r"half \ud800"),
        ("", ""),
    ],
)
def test_control_characters_are_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_no_control_character_is_left_and_no_other_is_changed(text: str) -> None:
    shown = printable(text)

    assert not [each for each in shown if unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\t"]
    assert printable(shown) == shown
    shown.encode()


def test_a_console_draws_its_own_styles_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    console = terminal.console()
    console.file = stream
    table = Table(HOSTILE)
    table.add_row(Text(HOSTILE, style="bold"))

    console.print(table, Text("plain"), f"{HOSTILE}", markup=False)

    drawn = stream.getvalue()
    # rich itself leaves out some.
    assert drawn.count(r"a\x1b]0;titleb\x1b[2J\x9b1;1Hc") == 3
    assert "\x1b[1m" in drawn
    for sequence in ("\x1b]0;", "\x1b[2J", "\x9b", "\x07", "\x08", "\r", "\u202e", "\x7f"):
        assert sequence not in drawn


def test_an_error_shows_what_was_typed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        raise UserError(f"--log is {HOSTILE}")

    monkeypatch.setattr("sys.argv", ["program", "--"])
    with pytest.raises(SystemExit):
        commandline.run(app, "program")

    assert capsys.readouterr().err == f"program: --log is {SHOWN}\n"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "--number",
                    "--ranged",
                    "--least",
                    "--most",
                    "--share",
                    "--name",
                    "--each",
                    "--mode",
                    "--flag",
                    *PATHS,
                ]
            ),
            st.one_of(
                st.integers().map(str),
                st.integers(-1, 10).map(str),
                st.floats().map(str),
                st.text(max_size=9),
                st.sampled_from(
                    ["1_0", " 7", "²", "a", "A", ".", "", "a//b/../c/", "/dev/null", "~", "a\0b", "-"]
                ),
            ),
        ),
        max_size=4,
    )
)
def test_options_have_the_values_that_typer_gives_them(typed: list[tuple[str, str]]) -> None:
    words = [
        word for option, text in typed for word in ([option] if option == "--flag" else [f"{option}={text}"])
    ]

    assert _read(words, quick=True)[0] == _read(words, quick=False)[0]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("--number=many", "--number is 'many'; it is a whole number"),
        ("--number=2.5", "--number is '2.5'; it is a whole number"),
        ("--ranged=10", "--ranged is '10'; it is a whole number from 0 to 9"),
        ("--ranged=two", "--ranged is 'two'; it is a whole number from 0 to 9"),
        ("--least=0", "--least is '0'; it is a whole number, 1 or more"),
        ("--most=1.5", "--most is '1.5'; it is a number, at most 1"),
        ("--share=half", "--share is 'half'; it is a number"),
        ("--mode=c", "--mode is 'c'; it is one of a, b"),
        ("--place=x\0y", "--place is 'x\\x00y'; it is "),
    ],
)
def test_a_refused_option_is_named_with_what_was_typed_and_what_it_may_be(typed: str, told: str) -> None:
    taken, message = _read([typed], quick=True)

    assert taken is None
    assert message.startswith(told)


def _read(typed: list[str], *, quick: bool) -> tuple[str | None, str]:
    """What a command takes, or None and why it takes nothing."""
    app = typer.Typer(cls=commandline.Commands if quick else None)
    taken: list[str] = []

    @app.callback()
    def group() -> None: ...

    @app.command(cls=commandline.Command if quick else None)
    def show(  # noqa: PLR0913 -- each is one option
        *,
        number: int | None = None,
        ranged: Annotated[int, typer.Option(min=0, max=9)] = 3,
        least: Annotated[int, typer.Option(min=1)] = 1,
        most: Annotated[float, typer.Option(max=1)] = 1.0,
        share: float = 0.5,
        name: str = "somebody",
        each: list[str] | None = None,
        mode: Literal["a", "b"] = "a",
        place: Path | None = None,
        places: list[Path] | None = None,
        there: Annotated[Path | None, typer.Option(exists=True, dir_okay=False)] = None,
        whole: Annotated[Path | None, typer.Option(resolve_path=True)] = None,
        flag: bool = False,
    ) -> None:
        values = (number, ranged, least, most, share, name, each, mode, place, places, there, whole, flag)
        taken.append(repr(values))

    try:
        app(["show", *typed], standalone_mode=False)
    except TyperException as error:
        return None, error.format_message()
    return taken[0], ""


# Of each program the module of its command line, and words that it takes without a doubt.
PLAIN = {
    "cost": ("cost.cli", "bill --requests=9 --platform=aws --cpu=0.5 --json"),
    "compare": ("compare.cli", "report no-run another --format=json --output=there/report"),
    "gate": (
        "compare.cli",
        "gate --baseline=a --candidate=a --cold=none --rounds=9 --results=there --timeout=1s",
    ),
    "local": ("local.cli", "rocket --port=0 --idle=0.5 --env=A=1 --log=there/log --app-dir=. --snapstart"),
    "doctor": ("doctor.__main__", "--engine=none --image=mine --build-option=a --build-option=b"),
    "issuer": ("local.issuer", "--port=70000"),
    "trial": ("trial.cli", "no-stack --minutes=5 --config=a=b --results=there --yes"),
}


# Runs each program in a process of its own, forked from one that has loaded all command lines up to the program's.
EACH = """
import contextlib, importlib, json, os, sys

for program, (module, words) in json.loads(sys.argv[1]).items():
    app = importlib.import_module(module).app
    forked = os.fork()
    if forked:
        os.waitpid(forked, 0)
        continue
    with contextlib.suppress(Exception):
        app(words.split(), standalone_mode=False)
    print(f"\\n{program} loads", "validators" if "pydantic" in sys.modules else "none", flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def printed(processes: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What EACH prints of the PLAIN words."""
    folder = tmp_path_factory.mktemp("plain")
    done = subprocess.run(
        [sys.executable, "-c", EACH, json.dumps(PLAIN)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "APP_DIR": str(folder), "APP": "no_app:app"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("program", PLAIN)
def test_plain_options_load_no_validators(printed: str, program: str) -> None:
    """They take as long as half a program's start."""
    assert [line for line in printed.splitlines() if line.startswith(f"{program} loads ")] == [
        f"{program} loads none"
    ]


def test_json_needs_none_of_it() -> None:
    """It escapes by itself; another escape would not be JSON."""
    assert json.loads(json.dumps(HOSTILE)) == HOSTILE


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "cannot write the output: No space left on device",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "nosuch"),
            "cannot use nosuch: No such file or directory",
        ),
    ],
)
def test_an_error_of_the_system_names_its_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, failure: OSError, told: str
) -> None:
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        raise failure

    # The output is thrown away after such an error, which pytest's own would not survive.
    monkeypatch.setattr(commandline, "_discard_output", lambda: None)
    monkeypatch.setattr("sys.argv", ["program", "--"])
    with pytest.raises(SystemExit):
        commandline.run(app, "program")

    assert capsys.readouterr().err == f"program: {told}\n"
