"""What gunicorn mode runs: gunicorn itself, started fast."""

import os
import runpy
import sys

from . import start
from .settings import SettingError, networks, number

if __name__ == "__main__":
    start.begin()
    import signal  # not before the index is in use

    try:
        # gunicorn reads these as soon as it is imported, and would not say which is wrong.
        number("WEB_CONCURRENCY", 1, 1, 1000)
        networks("FORWARDED_ALLOW_IPS", "*")
    except SettingError as error:
        sys.exit(f"Error: {error}")
    # A handler until gunicorn has its own. Without one a container's first process would ignore the signal.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    # Else gunicorn would read the app's own gunicorn.conf.py, which is for another server.
    sys.argv[1:1] = ["--config", f"python:{__package__}.gunicorn_conf"]
    runpy.run_module("gunicorn", run_name="__main__", alter_sys=True)
