"""One identity for all workers of a gunicorn: made in its master before it forks, and not anew when a worker dies."""

import fcntl
import os
import tempfile

from serve.instance import Identity

# Never closed: master and workers share it, its lock and its offset.
_file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115


class _BetweenProcesses:
    """A record lock: the kernel lets go of it when its process dies, so a killed worker never blocks the others."""

    def __enter__(self) -> None:
        fcntl.lockf(_file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.lockf(_file, fcntl.LOCK_UN)


def _next() -> int:
    """The next number. The kernel adds to the offset of a file in one step, whichever processes share it."""
    return os.lseek(_file.fileno(), 1, os.SEEK_CUR)


identity = Identity(_next, _BetweenProcesses)
