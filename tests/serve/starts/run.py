"""Starts one app as the doors do, in this fresh process, and prints what can be seen of it, and what was loaded.

`python run.py APP [ARGUMENT...]`: APP.py beside this file makes `app` and has `observe(*ARGUMENTS)`.
"""

import importlib
import json
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[3])
from serve import start
from serve.start import deferral, stand_in

start.begin()
started = importlib.import_module(f"tests.serve.starts.{sys.argv[1]}")
start.preload(getattr(started, "app", None))
start.finish()
loaded = sorted(name for name in deferral.DEFERRED if name in sys.modules)
seen = started.observe(*sys.argv[2:])
print(json.dumps({"loaded": loaded, "deferred": stand_in.is_any_hidden(), "seen": seen}, default=repr))
