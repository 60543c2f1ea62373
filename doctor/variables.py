"""Writes the lines that set an app's variables for a stack, for those that no stack file has yet."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from appfolder.env_file import variables_of
from appfolder.environment import ROOT
from appfolder.settings import App
from doctor.finding import Finding
from usererror import UserError

_SECRET = re.compile(
    r"KEY|SECRET|TOKEN|PASS|PWD|CREDENTIAL|DSN|SALT"
    r"|(DATABASE|DB|REDIS|MONGO\w*|BROKER|AMQP|CELERY\w*|POSTGRES\w*|MYSQL|SQLALCHEMY\w*|ELASTIC\w*)_?(URL|URI)",
    re.IGNORECASE,
)
# What a name that has such a word in it may end with, if its value is none.
_ABOUT_IT = re.compile(
    r"_(IN|AGE|TTL|LENGTH|SIZE|COUNT|HOURS?|DAYS?|MINUTES?|SECONDS?|EXPIR\w*|ALGORITHM|TYPE|NAME|HEADER|LIFETIME)$",
    re.IGNORECASE,
)
# Variables that a platform or the doors set, or that have a meaning only on this machine.
_NOT_ITS_OWN = re.compile(
    r"PORT|HOST|HOME|PATH|USER|TZ|LANG|LC_\w+|VIRTUAL_ENV|DYNO|PYTHON\w*|AWS_\w+|K_\w+|TERM"
)
# What an env file is usually called.
_USUAL = ".env"
# Variables of an env file that say where something listens or lies here, as a stack does for itself.
_OF_THIS_MACHINE = {"APP", "APP_DIR", "HOST", "PATH", "PORT"}


def is_secret(name: str) -> bool:
    """Whether a variable of that name is likely to hold a secret."""
    return _SECRET.search(name) is not None and _ABOUT_IT.search(name) is None


def findings(app: App, facts: Mapping[str, Any], root: Path = ROOT) -> Iterator[Finding]:
    """A line for each variable that a stack lacks: asked for and not set here, or set here by a file."""
    # A variable that the app then sets itself is not needed.
    asked = [name for name in facts["asked"] if not _NOT_ITS_OWN.fullmatch(name) and name not in facts["set"]]
    in_code = [name for name in facts["defaulted"] if is_secret(name) and name not in facts["set"]]
    file = variables_of(app.env_file) if app.env_file else {}
    file = {name: value for name, value in file.items() if name not in _OF_THIS_MACHINE}
    by_the_app = _read_by_the_app(facts, app)
    stacks = {path.name.split(".")[1]: _names_in(path) for path in sorted(root.glob("Pulumi.*.yaml"))}
    unnamed = _of_a_file_not_named(app)
    unread = list[str]()
    for name in dict.fromkeys([*asked, *in_code, *file, *by_the_app]):
        lacking = [stack for stack, names in stacks.items() if name not in names]
        if stacks and not lacking:
            continue
        # Python itself reads PYTHONPATH, earlier.
        read = {*facts["read"], *by_the_app, "PYTHONPATH"}
        if name in file and name not in read and not is_secret(name):
            unread.append(name)
            continue
        said = _said(name, by_the_app, unnamed, from_file=name in file, in_code=name in in_code)
        yield Finding(
            "note", f"{said}; for a stack: {_line(name, lacking if len(lacking) < len(stacks) else [])}"
        )
    if unread:
        yield Finding(
            "note",
            f"in the env file and not read by the import: {', '.join(unread)}; for a stack, those that requests need: "
            f"{_line('NAME', [])}",
        )


def _said(
    name: str, by_the_app: Mapping[str, str], unnamed: Collection[str], *, from_file: bool, in_code: bool
) -> str:
    """Why a stack lacks the variable."""
    if name in by_the_app:
        return f"it reads {name} from {by_the_app[name]}, which stays out of the image"
    if from_file:
        return f"{name} is in the env file, which is for this machine alone"
    if in_code:
        return f"{name} is not set, and every reader of the code knows the value that the app takes instead"
    remedy = (
        f'{_USUAL} has it, so write env_file = "{_USUAL}" in app.toml'
        if name in unnamed
        else "here write it to the env file"
    )
    return f"it asked for the variable {name}, which is not set: {remedy}"


def _of_a_file_not_named(app: App) -> Collection[str]:
    """The variables of a .env in the app's folder, if app.toml names no env file."""
    file = app.folder / _USUAL
    if app.env_file or not file.is_file():
        return ()
    try:
        return variables_of(file)
    except UserError:  # it is told once the file is named
        return ()


def _line(name: str, stacks: list[str]) -> str:
    remedy = f"--secret --path secretValues.{name}" if is_secret(name) else f"--path environment.{name} VALUE"
    return f"pulumi config set {remedy}" + "".join(f" --stack {stack}" for stack in stacks[:1])


def _read_by_the_app(facts: Mapping[str, Any], app: App) -> dict[str, str]:
    """The variables of files such as .env that the app itself opened, each with the file's name."""
    names = dict[str, str]()
    for path in map(Path, facts["env_files"]):
        if path.is_relative_to(app.folder):
            try:
                names |= dict.fromkeys(variables_of(path), path.name)
            except UserError:
                # Another form than ours; what it put into the environment is known all the same.
                names |= dict.fromkeys(facts["set"], path.name)
    return names


def _names_in(file: Path) -> set[str]:
    """The names in a stack file's maps of variables and secrets, as `pulumi config set --path` writes them."""
    names, inside = set[str](), False
    for line in file.read_text(encoding="utf-8").splitlines():
        indent = len(line) - len(line.lstrip())
        if indent <= 2:  # noqa: PLR2004 - a key of the configuration itself
            inside = re.match(r"\s+\S+:(environment|secretValues|secrets):\s*$", line) is not None
        elif inside and (match := re.match(r"\s+[\"']?(\w+)[\"']?:", line)):
            names.add(match[1])
    return names
