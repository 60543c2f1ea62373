"""Chooses ports for instances: no port that another emulator on this machine has chosen too."""

import atexit
import itertools
import random
import socket
import sys
from collections import deque
from collections.abc import Iterator

# Below the ports that Linux (from 32768) and macOS (from 49152) give to outgoing connections. So no connection takes
# the port between the moment when it is found free and the moment when the instance listens.
_PORTS = range(20000, 32000)
_KEPT = 16


def free_port() -> int:
    """A free port of 127.0.0.1. No emulator chooses it again before an instance listens there."""
    return next(_ports)


def _free_ports() -> Iterator[int]:
    kept: deque[socket.socket] = deque()
    atexit.register(lambda: [probe.close() for probe in kept])
    first = random.randrange(len(_PORTS))  # noqa: S311 - to keep emulators apart, no secret
    for offset in itertools.count(first):
        port = _PORTS[offset % len(_PORTS)]
        probe = socket.socket()
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.close()
            continue
        if sys.platform == "linux":
            # On Linux servers, which set this option, may listen there nevertheless; another probe, which has not yet
            # set it, finds the port taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            kept.append(probe)
        else:
            probe.close()
        if len(kept) > _KEPT:
            kept.popleft().close()
        yield port


_ports = _free_ports()
