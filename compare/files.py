"""Text into a file as a whole: an interrupt or a full disk leaves the one that was there before."""

import errno
from pathlib import Path


def write(path: Path, content: str) -> None:
    """Write all of a file or none; what is no file, such as a pipe, is written to. OSError is the caller's."""
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
    """Why something could not be written, in words."""
    if failure.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "no space is left"
    return failure.strerror or str(failure)
