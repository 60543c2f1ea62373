"""Writes a page as a whole, and never over a file that is not such a page."""

from pathlib import Path

from commandline import UserError, write_whole

MADE_BY = '<meta name="generator" content="python -m cost">'


def check(path: Path) -> None:
    """UserError if a page cannot be written there, which is said before minutes go into what it would show."""
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder: name a file in it")
        if path.is_file() and MADE_BY not in path.read_text(encoding="utf-8", errors="replace"):
            raise UserError(f"{path} exists and is not a page of this tool: name another file")
        if not path.parent.is_dir():
            raise UserError(f"{path} cannot be written: there is no folder {path.parent}")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error}") from None


def save(text: str, path: Path) -> None:
    """Write a page's text, all of it or nothing; a pipe, which is no file, is written to. UserError as `check`."""
    check(path)
    try:
        write_whole(path, text)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from None
