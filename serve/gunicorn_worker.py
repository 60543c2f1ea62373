"""gunicorn's worker of a single process: it loads the app itself, so that the app's own threads run in it.

A fork has only one thread. If the master loads the app, the app's threads are dead in its workers: schedulers, queue
listeners, exporters. The master loads the app only for several processes, which then share its memory, and it names
such threads. In either case the port opens when the app can answer.
"""

import mmap
import os
import signal
import sys
import threading
import traceback
from typing import Any

from gunicorn.workers.base import Worker as GunicornsWorker

from .gunicorn_identity import identity
from .settings import SettingError

# Made here, before a fork.
__all__ = ["identity"]

# If the app cannot be loaded, a worker leaves its exit status plus 1 here, for the master.
_failed = mmap.mmap(-1, 2)


def load() -> tuple[Any, bool]:
    """The app that gunicorn serves, and whether it speaks ASGI. Exits with one line, or with what the app raised."""
    try:
        from .gunicorn_app import application, is_asgi  # noqa: PLC0415 - this is the moment for it
    except SettingError as error:
        sys.exit(f"Error: {error}")
    except Exception as problem:  # noqa: BLE001 - an app may raise anything
        traceback.print_exc()
        sys.exit(f"Error: the app cannot be loaded: {type(problem).__name__}: {problem}")
    return application, is_asgi


def lost_threads() -> str:
    """One line about the threads that the app started while it was loaded in a master of several processes, or ""."""
    names = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if not names:
        return ""
    return (
        f"Warning: threads that the app started when it was loaded do not run in its processes: {', '.join(names)}; "
        "start them in the first request, or set WEB_CONCURRENCY=1\n"
    )


class Worker(GunicornsWorker):
    """Becomes the worker that the app needs, when it has loaded it."""

    def init_process(self) -> None:
        """Load the app, listen and serve."""
        # The worker has the handlers of gunicorn's master, which would only note the signal for later.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        _, is_asgi = _loaded_or_ended()
        pid = self.pid
        if is_asgi:
            from .gunicorn_asgi import Worker as kind  # noqa: N813, PLC0415 - one of two
        else:
            from .gunicorn_threads import Worker as kind  # noqa: N813, PLC0415
        self.tmp.close()
        itself: Any = self
        itself.__class__ = kind
        itself.__init__(self.age, self.ppid, self.sockets, self.app, self.timeout, self.cfg, self.log)
        self.pid = pid
        self.init_process()


def _loaded_or_ended() -> tuple[Any, bool]:
    """`load`; if that ends the process, it ends the master too, without a message of gunicorn's own."""
    try:
        return load()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        _failed[:2] = bytes((1, status & 0xFF))
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # At once: threads of an app that was loaded by half may never end.
        os._exit(0)


def end_if_failed() -> None:
    """In the master, when a worker has ended: end too if the app cannot be loaded."""
    if _failed[0]:
        sys.exit(_failed[1])
