"""Ends the instances of an emulator that has ended in any way: even after SIGKILL it leaves no instance behind.

A program of its own, started by the emulator, which writes lines to its standard input: `+ WHAT` when an instance has
started, `- WHAT` when it has ended, where WHAT is `group PID` (a process group) or `container ENGINE NAME`. The input
ends when the emulator ends; the instances that have not ended by then are killed. This works on every system with
process groups, costs a start nothing, and also reaches an instance's children and frozen instances.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable


def main(lines: Iterable[str]) -> None:
    """Follow `lines` to their end, then kill the instances that are left."""
    alive: set[str] = set()
    for line in lines:
        sign, _, what = line.rstrip("\n").partition(" ")
        if sign == "+":
            alive.add(what)
        else:
            alive.discard(what)
    for what in alive:
        match what.split(" "):
            case ["group", pid]:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(int(pid), signal.SIGKILL)
            case ["container", engine, name]:
                subprocess.run([engine, "kill", name], check=False, capture_output=True)
            case _:
                pass


if __name__ == "__main__":
    main(sys.stdin)
