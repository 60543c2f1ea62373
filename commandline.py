"""The parts that all command lines share: errors of one line, exit statuses, options that are read quickly."""

import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from typer import BadParameter, Typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import Abort, TyperException

from usererror import UserError, printable

INTERRUPTED = 130
READER_GONE = 141
_NUMBERS = {int: re.compile(r"-?\d{1,15}", re.ASCII), float: re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)}
"""Texts of numbers that nobody has to check."""
_ANY_PATH = {"file_okay": True, "dir_okay": True, "readable": True} | dict.fromkeys(
    ("exists", "writable", "resolve_path", "allow_dash", "path_type")
)
"""What typer knows of a path that may be any which this user may read; None is no."""
_OTHER = object()
"""No value."""


class _Quick:
    """Reads options without typer's validators as far as they are plain.

    typer builds a validator for each option and loads pydantic for it, which takes as long as loading numpy: a third
    of an emulator's start. What is not plain is left to typer, with its messages.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Called by typer."""
        options: list[Any] = super().get_params(ctx)  # pyright: ignore[reportAttributeAccessIssue] -- a mixin
        for option in options:
            if "get_runtime_param" not in vars(option):
                quick = _Plain(option.get_runtime_param)
                option.get_runtime_param = lambda quick=quick: quick
        return options


class Command(_Quick, TyperCommand):
    """A command that reads its options quickly."""


class Commands(_Quick, TyperGroup):
    """A group of commands that reads its options quickly."""


class _Plain:
    """The values of an option or argument: its default and what is `_plain`; all else as typer converts it."""

    def __init__(self, typers: Callable[[], Any]) -> None:
        self._typers = typers

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Called by typer."""
        source = ctx.get_parameter_source(param.name)
        kind, info = param.type_descriptor.annotation, param.type_descriptor.parameter_info
        if source is not None and source.name == "DEFAULT" and not param.multiple:
            return value
        if get_origin(kind) is list and (value is None or isinstance(value, list | tuple)):
            values = [_plain(get_args(kind)[0], each, info) for each in value or ()]
            if _OTHER not in values:
                return values or ()
        elif (read := _plain(kind, value, info)) is not _OTHER:
            return read
        try:
            return self._typers().coerce(value, param=param, ctx=ctx)
        except BadParameter as refused:
            name = param.opts[0] if param.param_type_name == "option" else param.human_readable_name
            typed = ", ".join(map(repr, value if isinstance(value, list | tuple) else [value]))
            raise TyperException(
                f"{name} is {typed}; it is {_allowed(param.type_descriptor, refused)}"
            ) from None


def _allowed(of: Any, refused: BadParameter) -> str:
    """What an option may be, in words; typer's own for other kinds than choices and numbers."""
    if of.choices:
        return f"one of {', '.join(map(str, of.choices))}"
    if of.annotation not in _NUMBERS:
        return refused.message
    number = "a whole number" if of.annotation is int else "a number"
    least, most = of.parameter_info.min, of.parameter_info.max
    if least is None:
        return number if most is None else f"{number}, at most {most}"
    return f"{number}, {least} or more" if most is None else f"{number} from {least} to {most}"


def _plain(kind: Any, text: Any, info: Any) -> Any:
    """The text itself, or the choice, the number or the path that it stands for; _OTHER if typer has to look at it."""
    if not isinstance(text, str) or info.parser:
        return _OTHER
    if kind in _NUMBERS and _NUMBERS[kind].fullmatch(text):
        number = kind(text)
        is_inside = (info.min is None or info.min <= number) and (info.max is None or number <= info.max)
        return number if is_inside else _OTHER
    if kind is Path:
        may_be_any = all((getattr(info, name) or None) == value for name, value in _ANY_PATH.items())
        is_refused = not text.isprintable() or (Path(text).exists() and not os.access(text, os.R_OK))
        return Path(text) if may_be_any and not is_refused else _OTHER
    return text if kind is str or (get_origin(kind) is Literal and text in get_args(kind)) else _OTHER


def run(
    app: Typer, program: str, *, errors: Sequence[type[Exception]] = (), needs_arguments: bool = True
) -> None:
    """Run the command line of `program` and exit with its status; if it lacks the arguments that it needs, print help.

    errors: more kinds of error, besides UserError, whose text a user can act on.
    """
    try:
        status = app(sys.argv[1:] or ["--help"] * needs_arguments, standalone_mode=False)
        sys.stdout.flush()
    except UserError as failure:
        status = _failed(program, str(failure), failure.status)
    except tuple(errors) as failure:
        status = _failed(program, str(failure), 2)
    except TyperException as failure:
        status = _failed(program, " ".join(failure.format_message().split()), 2)
    except (Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except (BrokenPipeError, SystemExit):  # typer turns the former into the latter
        status = READER_GONE
        _discard_output()
    except OSError as failure:
        # What has a name is another file than the output.
        cannot = f"cannot use {failure.filename}" if failure.filename else "cannot write the output"
        status = _failed(program, f"{cannot}: {failure.strerror}", 1)
        _discard_output()
    sys.exit(status if isinstance(status, int) else 0)


def _failed(program: str, text: str, status: int) -> int:
    print(printable(f"{program}: {text}"), file=sys.stderr)
    return status


def _discard_output() -> None:
    """Throw away the rest of an output that cannot be written: Python would try again at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_whole(path: Path, content: str) -> None:
    """Write all of a file or nothing; a pipe, which is no file, is written to. The caller handles OSError.

    After an interrupt or on a full disk, the earlier file is still there.
    """
    if path.exists() and not path.is_file():
        path.write_text(content, encoding="utf-8")
        return
    path = path.resolve()  # a link stays one
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(content, encoding="utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
