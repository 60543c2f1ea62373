"""APP as both doors serve it: with the ids of its requests in the log and, unless switched off, identity headers."""

import os
from collections.abc import Callable
from typing import Any

from . import instance, logs, settings, start
from .instance import Identity
from .loader import is_asgi, load_app

# OpenTelemetry's own variables for the place where spans go. If none is set, nothing is traced, and nothing of
# OpenTelemetry is imported.
TRACES_GO_TO = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


def is_traced() -> bool:
    """Whether the environment wants spans of the requests."""
    is_off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_off and any(os.environ.get(name) for name in TRACES_GO_TO)


def create(identity: Identity) -> tuple[Callable[..., Any], bool]:
    """The application that APP names, and whether it speaks ASGI.

    Raises SettingError for a setting with a wrong value, for example if APP names nothing that can be served.
    """
    identified = settings.is_on("IDENTITY_HEADERS")
    build = os.environ.get("BUILD_ID", "")
    health = os.environ.get("HEALTH_PATH", "/health")
    logs.configure()
    if os.environ.get("SECRETS_FROM"):
        from . import secrets  # noqa: PLC0415 - loaded only if it is used

        secrets.fetch()
    app = load_app()
    start.preload(app)
    if is_asgi(app):
        # asyncio is loaded only for an ASGI app.
        from . import asgi  # noqa: PLC0415

        if identified:
            app = asgi.identify(app, identity, build=build, health_path=health)
        if is_traced():
            from . import traces  # noqa: PLC0415 - as above

            app = traces.asgi(app, health_path=health)
        return _mounted(asgi.follow(app), is_asgi=True), True
    if identified:
        app = instance.identify(app, identity, build=build, health_path=health)
    if is_traced():
        from . import traces  # noqa: PLC0415 - as above

        app = traces.wsgi(app, health_path=health)
    return _mounted(logs.follow(app), is_asgi=False), False


def _mounted(app: Any, *, is_asgi: bool) -> Any:
    """`app` below BASE_PATH, if there is one."""
    if not os.environ.get("BASE_PATH"):
        return app
    from . import base_path  # noqa: PLC0415 - as above

    return (base_path.asgi if is_asgi else base_path.wsgi)(app, base_path.prefix())
