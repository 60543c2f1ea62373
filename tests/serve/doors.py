"""Types of the fixtures that start a door."""

import subprocess
from collections.abc import Callable
from typing import Any

Start = Callable[..., "subprocess.Popen[str]"]
Gunicorn = Callable[..., tuple["subprocess.Popen[str]", str]]
# An event to the result that the function gave.
Invoke = Callable[[Any], Any]
