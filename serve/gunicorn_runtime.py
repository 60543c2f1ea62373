"""What gunicorn mode runs: gunicorn itself, started fast."""

import runpy

from serve import fast_start

if __name__ == "__main__":
    fast_start.begin()
    runpy.run_module("gunicorn", run_name="__main__", alter_sys=True)
