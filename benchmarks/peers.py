"""Handlers as other people's Lambda functions have them, around the app that APP names; PEER names the handler."""

import importlib
import os
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any, Any], Any]


def _app() -> Any:
    module, _, factory = os.environ.get("APP", "app:create_app()").partition(":")
    return getattr(importlib.import_module(module), factory.removesuffix("()"))()


def _trivial() -> Handler:
    """A handler without an app: what a start costs before there is one."""
    return lambda _event, _context: {"statusCode": 200, "body": "trivial"}


def _apig_wsgi() -> Handler:
    from apig_wsgi import make_lambda_handler  # noqa: PLC0415 - each peer pays for itself alone

    return make_lambda_handler(_app())


def _serverless_wsgi() -> Handler:
    import serverless_wsgi  # noqa: PLC0415

    app = _app()
    return lambda event, context: serverless_wsgi.handle_request(app, event, context)


def _mangum_a2wsgi() -> Handler:
    from a2wsgi import WSGIMiddleware  # noqa: PLC0415
    from mangum import Mangum  # noqa: PLC0415

    app: Any = WSGIMiddleware(_app())
    return Mangum(app, lifespan="off")


def _mangum_asgiref() -> Handler:
    from asgiref.wsgi import WsgiToAsgi  # noqa: PLC0415
    from mangum import Mangum  # noqa: PLC0415

    app: Any = WsgiToAsgi(_app())
    return Mangum(app, lifespan="off")


PEERS: dict[str, Callable[[], Handler]] = {
    "trivial": _trivial,
    "apig-wsgi": _apig_wsgi,
    "serverless-wsgi": _serverless_wsgi,
    "Mangum, a2wsgi": _mangum_a2wsgi,
    "Mangum, asgiref": _mangum_asgiref,
}

if os.environ.get("PEER"):
    # As every such module does: the app is made while it is imported.
    handler = PEERS[os.environ["PEER"]]()
