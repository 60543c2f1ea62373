"""The application that gunicorn serves: APP, with the instance's identity in its responses."""

import fcntl
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from serve.instance import Identity, identify_from_environment
from serve.loader import load_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def create_application() -> "WSGIApplication":
    """Load APP; called in gunicorn's master before it forks, so that all workers count as one instance.

    Raises AppError where APP names nothing that can be served.
    """
    # Never closed: the lock lives as long as the master and its forks.
    lock_file = tempfile.TemporaryFile()  # noqa: SIM115

    @contextmanager
    def between_processes() -> Generator[None]:
        # A record lock is let go by the kernel when its process dies, so a killed worker never blocks the others.
        fcntl.lockf(lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(lock_file, fcntl.LOCK_UN)

    return identify_from_environment(load_app(), Identity(between_processes))
