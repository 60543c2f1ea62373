"""APP as both doors serve it: its requests followed in the log and, unless switched off, identified."""

import os
from collections.abc import Callable
from typing import Any

from serve import fast_start, instance, logs
from serve.instance import Identity
from serve.loader import is_asgi, load_app


def create(identity: Identity) -> tuple[Callable[..., Any], bool]:
    """The application that APP names, and whether it speaks ASGI.

    Raises AppError where APP names nothing that can be served, ValueError for a setting that has no such value.
    """
    identified = instance.identity_is_on()
    build = os.environ.get("BUILD_ID", "")
    logs.configure()
    app = load_app()
    fast_start.preload(app)
    if is_asgi(app):
        # Only an ASGI app pays for asyncio.
        from serve import asgi  # noqa: PLC0415

        if identified:
            app = asgi.identify(app, identity, build=build)
        return asgi.follow(app), True
    if identified:
        app = instance.identify(app, identity, build=build)
    return logs.follow(app), False
