"""The parts that all command lines share: errors of one line, exit statuses, and foreign texts on a terminal."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from typer import Typer
from typer.exceptions import Abort, TyperException

from usererror import UserError, printable

INTERRUPTED = 130
READER_GONE = 141
WIDTH = 120
"""Columns of what is written to a file or a pipe: as many as the widest table needs."""


class Printable:
    """Something that rich draws, with its texts `printable`."""

    def __init__(self, drawn: RenderableType) -> None:
        self._drawn = drawn

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Called by rich."""
        for segment in console.render(self._drawn, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


class _PrintableHook(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [Printable(each) for each in renderables]


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
        status = _failed(program, f"cannot write the output: {failure.strerror}", 1)
        _discard_output()
    sys.exit(status if isinstance(status, int) else 0)


def console() -> Console:
    """The terminal; for a file or a pipe WIDTH columns without highlights. All that it prints is `printable`."""
    console_made = _Console(highlight=False)
    if not console_made.is_terminal:
        console_made = _Console(width=WIDTH, highlight=False)
    console_made.push_render_hook(_PrintableHook())
    return console_made


def _failed(program: str, text: str, status: int) -> int:
    print(printable(f"{program}: {text}"), file=sys.stderr)
    return status


def _discard_output() -> None:
    """Throw away the rest of an output that cannot be written: Python would try again at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Console(Console):
    """A console that raises an error if its reader has gone, so that its caller decides what to do."""

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704 -- called while the error is handled


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
