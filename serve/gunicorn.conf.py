"""How gunicorn serves the app in a container that may be frozen, scaled and stopped at any time."""

import os
import sys
from typing import Any

from serve import fast_start
from serve.loader import AppError

# The app is loaded here, in the master: the port opens when it can answer, so a start-up probe on the port tells the
# truth, workers share its memory, and what it speaks decides which worker serves it.
preload_app = True
try:
    from serve.gunicorn_app import is_asgi
except (AppError, ValueError) as error:
    sys.exit(f"Error: {error}")
wsgi_app = "serve.gunicorn_app:application"

bind = f"{os.environ.get('HOST', '0.0.0.0')}:{os.environ.get('PORT', '8080')}"  # noqa: S104 - a container's port

# One process by default: a rarely called service has a fraction of a CPU. WEB_CONCURRENCY is gunicorn's own name.
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
worker_class = "asgi" if is_asgi else "gthread"
threads = 1 if is_asgi else int(os.environ.get("THREADS", "8"))

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

# The root file system may be read-only.
control_socket_disable = True
errorlog = "-"
loglevel = os.environ.get("GUNICORN_LOG_LEVEL", "warning")


def when_ready(_server: Any) -> None:
    """Called in the master when the port is open, before it forks."""
    fast_start.finish()
