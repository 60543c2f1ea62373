"""One identity for all workers of a gunicorn: the master makes it before it forks, and it stays if a worker dies."""

import fcntl
import mmap
import os
import tempfile

from .instance import ID_BYTES, Identity

# A descriptor that is never closed: master and workers share the file, its lock and its offset.
with tempfile.TemporaryFile() as _file:
    _shared = os.dup(_file.fileno())


class _BetweenProcesses:
    """A record lock. The kernel releases it when its process dies, so a killed worker never blocks the others."""

    def __enter__(self) -> None:
        fcntl.lockf(_shared, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.lockf(_shared, fcntl.LOCK_UN)


def _next() -> int:
    """The next number. The kernel adds to a file's offset in one step, even if several processes share the file."""
    return os.lseek(_shared, 1, os.SEEK_CUR)


identity = Identity(_next, _BetweenProcesses, mmap.mmap(-1, ID_BYTES))
