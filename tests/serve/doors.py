"""Types of the fixtures that start a door, and free ports."""

import socket
import subprocess
from collections.abc import Callable
from typing import Any

Start = Callable[..., "subprocess.Popen[str]"]
Gunicorn = Callable[..., tuple["subprocess.Popen[str]", str]]
# An event to the result that the function gave.
Invoke = Callable[[Any], Any]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
