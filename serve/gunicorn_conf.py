"""How gunicorn serves the app in a container that may be frozen, scaled and stopped at any time."""

import os
import signal
import sys
from typing import Any

from . import gunicorn_port, gunicorn_worker, start
from .gunicorn_end import grace
from .settings import SettingError, number, one_of

try:
    port = number("PORT", 8080, 0, 65535)
    # Fewer than the 1000 connections that a worker holds; with as many threads it could keep none open.
    threads = number("THREADS", 8, 1, 999)
    loglevel = one_of("GUNICORN_LOG_LEVEL", "warning", ("critical", "error", "warning", "info", "debug"))
    # WEB_CONCURRENCY, gunicorn's own variable, is the number of processes. The default is one, because a rarely called
    # service has a fraction of a CPU.
    preload_app = number("WEB_CONCURRENCY", 1, 1, 1000) > 1
except SettingError as error:
    sys.exit(f"Error: {error}")
wsgi_app = f"{__package__}.gunicorn_app:application"
worker_class = f"{__package__}.gunicorn_worker.Worker"
if preload_app:
    _, is_asgi = gunicorn_worker.load()
    worker_class = f"{__package__}.{'gunicorn_asgi' if is_asgi else 'gunicorn_threads'}.Worker"
    threads = 1 if is_asgi else threads
    sys.stderr.write(gunicorn_worker.lost_threads())

host = os.environ.get("HOST", "0.0.0.0")  # noqa: S104 - a container's port
bind = f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"

# A frozen instance (CPU only during requests) cannot send heartbeats; it would be killed when it wakes up.
timeout = 0
# Cloud Run kills 10 s after SIGTERM, App Runner later.
graceful_timeout = 9
# Longer than a platform's front end keeps idle connections, so that the front end never finds a closed one.
keepalive = 620

# Only the platform's front end reaches the container, so its X-Forwarded-Proto is believed, from any address.
# What it passes on from a client must not set SCRIPT_NAME or PATH_INFO.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "*")
forwarder_headers = ""
# gunicorn would also believe other proxies' headers for the scheme, and refuse a request if two of them disagree.
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}

# As much as front ends pass on; they refuse more themselves: an HTTP API over 10,240 bytes of head, a load balancer
# over 16 KB a line (docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html).
limit_request_line = 0  # none
limit_request_field_size = 16_384
limit_request_fields = 1000

# The root file system may be read-only.
control_socket_disable = True
errorlog = "-"


def on_starting(server: Any) -> None:
    """Called in the master before it listens: gunicorn itself would try for five seconds, and say so eleven times."""
    if server.cfg.settings["bind"].get() != [bind] or "GUNICORN_FD" in os.environ:
        return  # an address from GUNICORN_CMD_ARGS, or the socket of the master before this one
    [(address, _)] = server.cfg.address
    try:
        # It listens when the app can answer, so a start-up probe on the port is right.
        gunicorn_port.bind(server, (address, port))
    except OSError as problem:
        sys.exit(
            f"Error: HOST is {host!r} and PORT is '{port}', where nothing can listen: {problem.strerror}"
        )


def when_ready(server: Any) -> None:
    """Called in the master before it forks."""

    def end(*arguments: Any) -> None:
        grace.begin()
        server.signal(*arguments)

    signal.signal(signal.SIGTERM, end)
    if server.cfg.preload_app:
        start.finish()


def child_exit(_server: Any, _worker: Any) -> None:
    """Called in the master when a worker has ended."""
    gunicorn_worker.end_if_failed()


def post_worker_init(worker: Any) -> None:
    """Called in a worker that has loaded the app."""
    start.finish()
    if not getattr(worker, "opens_itself", False):
        gunicorn_port.open_port(worker, worker.sockets)
        gunicorn_port.say_open(worker)


def worker_exit(_server: Any, worker: Any) -> None:
    """Called in a worker that has ended its requests."""
    if worker.pid == os.getpid():
        grace.watch(worker.cfg.graceful_timeout)


def on_exit(server: Any) -> None:
    """Called in the master when its workers have ended."""
    grace.watch(server.cfg.graceful_timeout)
    start.finish()  # else Python would look through all that the master has loaded
