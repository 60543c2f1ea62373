"""The socket on which a server of the emulation listens."""

import errno
import socket

from local.settings import SettingsError


def listen(port: int) -> socket.socket:
    """A socket on 127.0.0.1. Raises SettingsError if the port is taken or not allowed."""
    # With the protocol named, asyncio sends without Nagle's delay; without it, each response is 40 ms late.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(2048)
    except OSError as problem:
        listening.close()
        reason = {errno.EADDRINUSE: "is in use", errno.EACCES: "needs more rights"}.get(problem.errno or 0)
        raise SettingsError(
            f"port {port} {reason or f'cannot be used: {problem}'}; choose another with --port, or 0 for any"
        ) from None
    return listening
