"""Ends gunicorn's processes in time, even if a thread of the app still runs."""

import logging
import os
import sys
import threading
import time

# Before the master's own limit. Then the master would say that a worker was killed, perhaps for lack of memory.
_MARGIN_SECONDS = 0.5

# How long a connection without a request stays open in a process that ends. A client may have begun to send one, which
# would be lost. It is as long as gunicorn's own worker of threads waits on a kept connection.
LINGER_SECONDS = 2.0


class Grace:
    """The monotonic time at which this process was asked to end; None until then."""

    since: float | None = None

    def begin(self) -> None:
        """Called when SIGTERM comes."""
        self.since = self.since or time.monotonic()

    def watch(self, seconds: float) -> None:
        """End this process after the grace of these seconds, if it still runs then."""
        over = (time.monotonic() if self.since is None else self.since) + seconds - _MARGIN_SECONDS
        threading.Thread(target=_end_at, args=(over,), daemon=True).start()


grace = Grace()


def _end_at(over: float) -> None:
    # Daemon threads run on while Python waits for the other threads.
    time.sleep(max(0.0, over - time.monotonic()))
    here = (threading.main_thread(), threading.current_thread())
    names = [thread.name for thread in threading.enumerate() if not thread.daemon and thread not in here]
    sys.stderr.write(f"Warning: ended while threads of the app were running: {', '.join(names) or 'none'}\n")
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)
