"""How gunicorn serves the app in a container that may be frozen, scaled and stopped at any time."""

import os
import socket
import sys
from typing import Any

from serve import start
from serve.settings import SettingError, number, one_of

try:
    port = number("PORT", 8080, 0, 65535)
    # Fewer than the 1000 connections that a worker holds, or it could keep none open.
    threads = number("THREADS", 8, 1, 999)
    loglevel = one_of("GUNICORN_LOG_LEVEL", "warning", ("critical", "error", "warning", "info", "debug"))
    # The app is loaded here, in the master: the port opens when it can answer, so a start-up probe on the port tells
    # the truth, workers share its memory, and what it speaks decides which worker serves it.
    from serve.gunicorn_app import is_asgi
except SettingError as error:
    sys.exit(f"Error: {error}")
preload_app = True
wsgi_app = "serve.gunicorn_app:application"

host = os.environ.get("HOST", "0.0.0.0")  # noqa: S104 - a container's port
bind = f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"

# As many processes as WEB_CONCURRENCY says, gunicorn's own name; one by default: a rarely called service has a fraction
# of a CPU.
worker_class = "serve.gunicorn_asgi.Worker" if is_asgi else "gthread"
threads = 1 if is_asgi else threads

# A frozen instance (CPU only during requests) cannot send heartbeats; it would be killed when it wakes up.
timeout = 0
# Cloud Run kills 10 s after SIGTERM, App Runner later.
graceful_timeout = 9
# Longer than a platform's front end keeps idle connections, so that it is never the front end that finds one closed.
keepalive = 620

# Only the platform's front end reaches the container, so its X-Forwarded-Proto is believed, from any address.
# What it passes on from a client must not set SCRIPT_NAME or PATH_INFO.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "*")
forwarder_headers = ""
# Of other proxies' headers for the scheme gunicorn would believe every one, and refuse a request where two disagree.
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}

# As much as front ends pass on, whose part it is to refuse more: an HTTP API 10,240 bytes of head, a load balancer 16
# KB a line (docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html).
limit_request_line = 0  # none
limit_request_field_size = 16_384
limit_request_fields = 1000

# The root file system may be read-only.
control_socket_disable = True
errorlog = "-"


def on_starting(server: Any) -> None:
    """Called in the master before it listens: gunicorn itself would try for five seconds, and say so eleven times."""
    if server.cfg.settings["bind"].get() != [bind]:
        return  # elsewhere, as GUNICORN_CMD_ARGS says
    [(address, _)] = server.cfg.address
    try:
        # Not listening, or a start-up probe would take it for ready.
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as problem:
        sys.exit(
            f"Error: HOST is {host!r} and PORT is '{port}', where nothing can listen: {problem.strerror}"
        )


def when_ready(_server: Any) -> None:
    """Called in the master when the port is open, before it forks."""
    start.finish()
