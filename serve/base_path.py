"""BASE_PATH: the prefix of all paths by which callers reach the app, moved to its place in WSGI and ASGI.

Requests through a load balancer's rule or a CDN arrive with it; a platform's own request for /health has no prefix.
"""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .messages import as_latin1
from .settings import SettingError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from .asgi import Application, Receive, Scope, Send


def prefix() -> str:
    """BASE_PATH, or "" if it is not set. Raises SettingError unless it has a form such as /shop or /shop/v2."""
    value = os.environ.get("BASE_PATH", "")
    if value and (not value.startswith("/") or value.endswith("/") or "//" in value):
        raise SettingError(
            f"BASE_PATH is {value!r}; it begins with / and does not end with it, such as /shop"
        )
    return value


def split(path: str, prefix: str) -> tuple[str, str]:
    """A path at or below `prefix` as (prefix, rest), the rest at least /; any other path as ("", path)."""
    if path == prefix:
        return prefix, "/"
    return (prefix, path[len(prefix) :]) if path.startswith(f"{prefix}/") else ("", path)


def wsgi(app: "WSGIApplication", prefix: str) -> "WSGIApplication":
    """`app`, which finds `prefix` in SCRIPT_NAME: its routes are without the prefix, its links are with it."""
    prefix = as_latin1(prefix)

    def mounted(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        mount, environ["PATH_INFO"] = split(environ["PATH_INFO"], prefix)
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + mount
        return app(environ, start_response)

    return mounted


def asgi(app: "Application", prefix: str) -> "Application":
    """`app`, which finds `prefix` in root_path; the path keeps the prefix too, as ASGI wants it."""

    async def mounted(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] in ("http", "websocket"):
            root = scope.get("root_path", "")
            mount, rest = split(scope["path"].removeprefix(root), prefix)
            if mount:
                slash = "" if scope["path"].endswith(rest) else rest
                raw = scope.get("raw_path") and scope["raw_path"] + slash.encode()
                scope = {**scope, "root_path": root + mount, "path": root + mount + rest, "raw_path": raw}
        await app(scope, receive, send)

    return mounted
