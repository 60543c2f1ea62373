"""What gunicorn serves, loaded once in its master before it forks, so that all workers count as one instance."""

import fcntl
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

from serve import application as served
from serve.instance import Identity

# Never closed: the lock lives as long as the master and its forks.
_lock_file = tempfile.TemporaryFile()  # noqa: SIM115


@contextmanager
def _between_processes() -> Generator[None]:
    # A record lock is let go by the kernel when its process dies, so a killed worker never blocks the others.
    fcntl.lockf(_lock_file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.lockf(_lock_file, fcntl.LOCK_UN)


app, is_asgi = served.create(Identity(_between_processes))
if is_asgi:
    from serve.asgi import guard
else:
    from serve.guard import guard
application = guard(app)
