"""How gunicorn serves the app in a container that may be frozen, scaled and stopped at any time."""

import os

# Loaded here so that the instance's age counts from the start of the master.
import serve.instance  # pyright: ignore[reportUnusedImport]  # noqa: F401

wsgi_app = "serve.wsgi:create_application()"
bind = f"{os.environ.get('HOST', '0.0.0.0')}:{os.environ.get('PORT', '8080')}"  # noqa: S104 - a container's port

# One process by default: a rarely called service has a fraction of a CPU. WEB_CONCURRENCY is gunicorn's own name.
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
worker_class = "gthread"
threads = int(os.environ.get("THREADS", "8"))
# The port opens when the app is loaded, so a start-up probe on the port tells the truth; workers share its memory.
preload_app = True

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
loglevel = os.environ.get("LOG_LEVEL", "warning")
