"""Types of the fixtures that start a door."""

import subprocess
from collections.abc import Callable

Start = Callable[..., "subprocess.Popen[str]"]
Gunicorn = Callable[..., tuple["subprocess.Popen[str]", str]]
