"""Writes files as a whole: after an interrupt or on a full disk, the earlier file is still there."""

import errno
from pathlib import Path


def write(path: Path, content: str) -> None:
    """Write all of a file or nothing; a pipe, which is no file, is written to. The caller handles OSError."""
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


def told(failure: OSError) -> str:
    """The reason why something could not be written, in words."""
    if failure.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "no space is left"
    return failure.strerror or str(failure)
