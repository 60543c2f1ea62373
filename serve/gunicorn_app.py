"""What gunicorn serves, loaded once in its master before it forks, so that all workers count as one instance."""

import fcntl
import tempfile

from serve import application as served
from serve.instance import Identity

# Never closed: the lock lives as long as the master and its forks.
_lock_file = tempfile.TemporaryFile()  # noqa: SIM115


class _BetweenProcesses:
    """A record lock: the kernel lets go of it when its process dies, so a killed worker never blocks the others."""

    def __enter__(self) -> None:
        fcntl.lockf(_lock_file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.lockf(_lock_file, fcntl.LOCK_UN)


app, is_asgi = served.create(Identity(_BetweenProcesses))
if is_asgi:
    from serve.asgi import guard
else:
    from serve.guard import guard
application = guard(app)
