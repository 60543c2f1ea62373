"""gunicorn's port opens when the app can answer, so that a start-up probe on it is right."""

from typing import Any

from gunicorn import sock

# gunicorn's own line about its socket; it is written when the socket listens.
_LISTENING = "Listening at: %s (%s)"


class Bound(sock.TCPSocket):
    """A socket that has its port but refuses connections until it listens."""

    @staticmethod
    def _is_listening(_sock: Any) -> bool:
        return True  # so that it is left as it is


class Bound6(Bound, sock.TCP6Socket):
    """The same for IPv6."""


def bind(server: Any, address: Any) -> None:
    """Give gunicorn's master a socket that does not listen yet. Raises OSError if the port is not free."""
    kind = Bound6 if ":" in address[0] else Bound
    server.LISTENERS = [kind(address, server.cfg, server.log)]
    if server.cfg.preload_app:
        open_port(server, server.LISTENERS)
    else:
        server.log.error_log.addFilter(
            lambda record: record.msg != _LISTENING or record.args[1] != server.pid
        )


def open_port(process: Any, sockets: list[Any]) -> None:
    """Let connections in; called by a master or worker that can answer them."""
    for each in sockets:
        if isinstance(each, Bound):
            each.sock.listen(process.cfg.backlog)


def say_open(worker: Any) -> None:
    """Write gunicorn's line about the socket, which gunicorn itself would write before the app is loaded."""
    if not worker.cfg.preload_app and isinstance(worker.sockets[0], Bound):
        worker.log.info(_LISTENING, ",".join(map(str, worker.sockets)), worker.pid)
