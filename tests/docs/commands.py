"""A command of a page to what it prints, run from a copy of the root, or to what is wrong with its names."""

import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
import typer.main
from typer.exceptions import TyperException

import benchmarks.__main__ as benchmarks
from appfolder.environment import DOORS_NAME
from tests.docs.documents import ROOT, Block, Command, agree

# What takes half a minute takes some minutes while the machine is busy.
SECONDS = 300
# What a page may name though it is not on every machine: clouds' and engines' own programs, and the shell's words.
ELSEWHERE = {"aws", "docker", "gcloud", "gh", "podman", "pulumi", "cd", "export", "source"}
_SEPARATORS = {";", "&", "&&", "|", "||", "(", ")"}


def workspace(folder: Path) -> Path:
    """A root whose entries are links to the real one's, so that what a command writes anew stays in `folder`."""
    for entry in ROOT.iterdir():
        if entry.name not in ("results", "report.html"):
            (folder / entry.name).symlink_to(entry)
    return folder


def environment() -> dict[str, str]:
    """A user's: this environment's programs first, nothing of make's or pytest's own."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAKE", "MFLAGS", "PYTEST", "COLUMNS", "ARGS", "TARGETS", "STACK"))
    }
    return own | {"PATH": f"{ROOT}/.venv/bin{os.pathsep}{own['PATH']}", "LC_ALL": "C.UTF-8"}


def run(text: str, folder: Path, seconds: float = SECONDS) -> tuple[int, list[str]]:
    """The command's exit status and the lines that it prints on both streams. TimeoutError after `seconds`."""
    with _process(text, folder) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as expired:
            raise TimeoutError(f"{text!r} was not done after {seconds:g} s") from expired
        return process.returncode, output.splitlines()


@contextmanager
def running(command: Command, folder: Path, seconds: float = SECONDS) -> Generator[None]:
    """The command in the background, once it has printed what the page shows."""
    with _process(command.text, folder) as process:
        assert process.stdout is not None
        printed: list[str] = []
        reader = threading.Thread(target=lambda: printed.extend(iter(process.stdout.readline, "")))  # pyright: ignore[reportOptionalMemberAccess]
        reader.start()
        deadline = time.monotonic() + seconds
        try:
            while not agree([*command.shown, "..."], list(printed)):
                assert process.poll() is None, f"{command.text!r} ended: {''.join(printed)}"
                assert time.monotonic() < deadline, f"{command.text!r} printed {''.join(printed)!r} only"
                time.sleep(0.02)
            yield
        finally:
            _end(process)
            reader.join()


@contextmanager
def _process(text: str, folder: Path) -> Generator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        ["bash", "-c", text],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A group of its own, so that what it starts ends with it.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end(process)
        process.communicate()


def _end(process: "subprocess.Popen[str]") -> None:
    """Ctrl-C, as a user ends it; after 15 seconds without mercy."""
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(15)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def named_ports(commands: Sequence[Command]) -> set[str]:
    """The ports that servers among the commands are told to take."""
    return {
        port
        for command in commands
        for port in re.findall(r"(?:--port[ =]|PORT=|--bind \S*:)(\d{4,5})\b", command.text)
    }


def with_ports(block: Block, ports: dict[str, str]) -> list[Command]:
    """The block's commands with these ports in the place of those that the page names."""

    def replaced(text: str) -> str:
        return re.sub(r"(?<=[:= ])\d{4,5}\b", lambda found: ports.get(found[0], found[0]), text)

    return [Command(replaced(command.text), command.shown) for command in block.commands]


def missing(text: str) -> Iterator[str]:
    """What a command names that is not there: targets, modules, options, files, settings."""
    while inner := re.search(r"\$\(([^()]*)\)", text):
        yield from missing(inner[1])
        text = text.replace(inner[0], "VALUE")
    lexer = shlex.shlex(text.replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word not in _SEPARATORS:
            words.append(word)
            continue
        while words and re.match(r"[A-Za-z_]\w*=", words[0]):
            words.pop(0)
        if words:
            yield from _missing(words)
        words = []


def _missing(words: list[str]) -> Iterator[str]:
    match words:
        case ["make", *arguments]:
            yield from _missing_in_make(arguments)
        case [python, "-m", module, *arguments] if Path(python).name in ("python", "python3"):
            yield from _missing_in_module(module, arguments)
        case ["pulumi", *arguments]:
            yield from _missing_in_stack(arguments)
        case [program, *_] if "/" in program:
            if not os.access(ROOT / program, os.X_OK):
                yield f"there is no program {program}"
        case [program, *_] if program not in ELSEWHERE and not shutil.which(
            program, path=environment()["PATH"]
        ):
            yield f"{program} is not on PATH, nor known to be elsewhere"
        case _:
            pass


def make_targets() -> dict[str, str]:
    """The Makefile's targets for people, with their help texts ("" where there is none)."""
    makefile = _text("Makefile")
    phony = re.findall(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)
    helps = dict(re.findall(r"^([a-z-]+):.*?## (.*)$", makefile, re.MULTILINE))
    return {target: helps.get(target, "") for line in phony for target in line.split()}


def _missing_in_make(arguments: list[str]) -> Iterator[str]:
    makefile = _text("Makefile")
    variables = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    for name in variables:
        if not re.search(rf"\b{name}\b\s*\?=|\$\({name}\)", makefile):
            yield f"the Makefile has no variable {name}"
    for target in [argument for argument in arguments if "=" not in argument]:
        if not re.search(rf"^([^\t#=]* )?{re.escape(target)}( [^=]*)?:", makefile, re.MULTILINE):
            yield f"the Makefile has no target {target}"
        elif variables:
            yield from _missing_in_recipe(makefile, target, variables)


def _missing_in_recipe(makefile: str, target: str, variables: dict[str, str]) -> Iterator[str]:
    """What is missing in the commands that make would run with these variables: those that are one line of Python."""
    recipe = re.search(rf"^{re.escape(target)}:.*\n((?:\t.*\n)*)", makefile, re.MULTILINE)
    for line in re.findall(
        r"^\t@?\$\(BIN\)/(python -m (?!pytest).*[^\\])$", recipe[1] if recipe else "", re.MULTILINE
    ):
        yield from missing(re.sub(r"\$\((\w+)\)", lambda name: variables.get(name[1], ""), line))


def _missing_in_module(module: str, arguments: list[str]) -> Iterator[str]:
    # What the package serve is called beside an app.
    module = re.sub(rf"^{DOORS_NAME}\b", "serve", module)
    if find_spec(module) is None:
        yield f"there is no module {module}"
        return
    if not arguments:
        return
    program = _program(module)
    problem = _refusal(program, arguments) if program else _refusal_of_help(module, arguments)
    if problem:
        yield f"{shlex.join(['python', '-m', module, *arguments])}: {problem}"


def _program(module: str) -> typer.Typer | None:
    """The command line of one of this project's programs, which stands in the module or in its cli.py."""
    for name in (f"{module}.cli", module):
        with suppress(ModuleNotFoundError):
            program = getattr(import_module(name), "app", None)
            if isinstance(program, typer.Typer):
                return program
    return None


def _refusal(program: typer.Typer, arguments: list[str]) -> str | None:
    """What the program's own parser says to these arguments; the program does nothing.

    A word in capitals stands for a value, so for a number where one is asked for. Subcommands alone are no command to
    type, only the name of one.
    """
    command = typer.main.get_command(program)
    subcommands: dict[str, Any] = getattr(command, "commands", {})
    if len(arguments) == 1 and arguments[0] in subcommands:
        return None
    for one in (command, *subcommands.values()):
        one.callback = None
    refusal: str | None = None
    for words in (arguments, [re.sub(r"^[A-Z]+$", "1", word) for word in arguments]):
        try:
            command(words, standalone_mode=False)
        except TyperException as problem:
            refusal = refusal or problem.format_message()
        else:
            return None
    return refusal


def _refusal_of_help(module: str, arguments: list[str]) -> str | None:
    """The same of a program with another parser: what it says to the plain words, and options that its help lacks."""
    options = [word.partition("=")[0] for word in arguments if re.match(r"--?(?!help)[a-z]", word)]
    # Up to the first option or value; a word in capitals stands for one.
    words = list(itertools.takewhile(re.compile(r"[a-z]").match, arguments))
    if module == "benchmarks" and not options:
        unknown = [word for word in words if word not in benchmarks.NAMES]
        return f"there is no benchmark {', '.join(unknown)}" if unknown else None
    command = [sys.executable, "-m", module, *words, "--help"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr.strip()
    lacking = [opt for opt in options if not re.search(rf"(?<![\w-]){re.escape(opt)}(?![\w-])", done.stdout)]
    return f"there is no option {', '.join(lacking)}" if lacking else None


def _missing_in_stack(arguments: list[str]) -> Iterator[str]:
    keys = [
        word.partition("=")[0]
        for option, word in itertools.pairwise(arguments)
        if option in {"--config", "-c"}
    ]
    match [word for word in arguments if not word.startswith("-")]:
        case ["config", "set" | "get" | "rm", key, *_]:
            keys.append(key)
        case ["stack", "output", name, *_] if f'"{name}":' not in _text("stacks/deployment.py"):
            yield f"no stack exports {name}"
        case _:
            pass
    for path in keys:
        key = re.split(r"[.\[]", path)[0]
        # A provider's own key, aws:region, is in no file of ours.
        if ":" not in key and not re.search(rf"^  {re.escape(key)}:$", _text("Pulumi.yaml"), re.MULTILINE):
            yield f"Pulumi.yaml has no key {key}"


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
