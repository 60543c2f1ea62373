"""What the command lines do alike: an error is one line on standard error, every end has its exit status."""

import os
import sys
from collections.abc import Sequence

from rich.console import Console
from typer import Typer
from typer.exceptions import Abort, TyperException

INTERRUPTED = 130
READER_GONE = 141
WIDTH = 120
"""Columns of what is written to a file or a pipe: as many as the widest table needs."""


class UserError(Exception):
    """Something the user can put right: the text names what was read, what is allowed and what to type.

    `status` is the command's exit status; 2 is wrong usage.
    """

    def __init__(self, text: str, status: int = 2) -> None:
        super().__init__(text)
        self.status = status


def run(app: Typer, program: str, *, errors: Sequence[type[Exception]] = ()) -> None:
    """Run the command line of `program` and exit with its status; without arguments it prints its help.

    errors: more kinds of error, besides UserError, whose text a user can act on.
    """
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
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
    """The terminal; for a file or a pipe WIDTH columns without highlights."""
    made = _Console(highlight=False)
    return made if made.is_terminal else _Console(width=WIDTH, highlight=False)


def _failed(program: str, text: str, status: int) -> int:
    print(f"{program}: {text}", file=sys.stderr)
    return status


def _discard_output() -> None:
    """Throw away what is left of an output that cannot be written: Python would try at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Console(Console):
    """A console that leaves it to its caller what to do when its reader has gone."""

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704 -- called while the error is handled
