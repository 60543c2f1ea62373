"""What awslambdaric runs: an event that the platform sends to the result that it expects."""

import logging
from typing import TYPE_CHECKING, Any

from serve.events import shape_of
from serve.events.body import TooLargeError
from serve.instance import Identity, identify_from_environment
from serve.loader import load_app
from serve.messages import Response
from serve.wsgi_call import call, to_environ

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)


def make_handler(app: "WSGIApplication") -> "Callable[[Any, Any], Any]":
    """A Lambda handler that serves `app`. It answers every event and raises nothing, so the instance lives on."""

    def handler(event: Any, context: Any) -> Any:
        shape = shape_of(event)
        if shape is None:
            log.warning("An event that is no HTTP request was ignored: %.200r", event)
            return {"ignored": "not an HTTP request"}
        try:
            request = shape.read(event)
        except Exception as error:  # noqa: BLE001 - an event comes from outside and may hold anything
            log.warning("An event that cannot be read was refused: %s: %s", type(error).__name__, error)
            return shape.write(_error("400 Bad Request"), "GET", event)
        environ = to_environ(request)
        environ["aws.event"] = event
        environ["aws.context"] = context
        try:
            return shape.write(call(app, environ), request.method, event)
        except TooLargeError as error:
            log.error("%s", error)  # noqa: TRY400 - the remedy is in the text; there is no fault to trace
        except (Exception, SystemExit):
            log.exception("The app failed")
        return shape.write(_error("500 Internal Server Error"), request.method, event)

    return handler


def _error(status: str) -> Response:
    """An answer in the form of the HTTP API's own errors."""
    body = f'{{"message":"{status[4:]}"}}'.encode()
    return Response(status, [("content-type", "application/json")], body)


# Loading here is what the init phase is for: it happens once an instance, with the CPU of the start.
handler = make_handler(identify_from_environment(load_app(), Identity()))
