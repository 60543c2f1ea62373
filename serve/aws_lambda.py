"""What awslambdaric runs: an event that the platform sends to the result that it expects."""

import logging
from typing import TYPE_CHECKING, Any

from serve import payload_v2
from serve.instance import Identity, identify_from_environment
from serve.loader import load_app
from serve.result import TooLargeError
from serve.wsgi_call import call

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)


def make_handler(app: "WSGIApplication") -> "Callable[[Any, Any], Any]":
    """A Lambda handler that serves `app`. It answers everything and raises nothing, so the instance lives on."""

    def handler(event: Any, context: Any) -> Any:
        if not isinstance(event, dict) or not payload_v2.matches(event):
            log.warning("An event that is no HTTP request was ignored: %.200r", event)
            return {"ignored": "not an HTTP request"}
        try:
            environ = payload_v2.to_environ(event)
        except payload_v2.BadEventError as error:
            log.warning("%s", error)
            return _error(400, "Bad Request")
        environ["aws.context"] = context
        try:
            return payload_v2.to_result(call(app, environ), environ["REQUEST_METHOD"])
        except TooLargeError as error:
            log.error("%s", error)  # noqa: TRY400 - the remedy is in the text; there is no fault to trace
        except (Exception, SystemExit):
            log.exception("The app failed")
        return _error(500, "Internal Server Error")

    return handler


def _error(status: int, message: str) -> dict[str, Any]:
    """An answer in the form of the HTTP API's own errors."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": f'{{"message":"{message}"}}',
        "isBase64Encoded": False,
    }


# Loading here is what the init phase is for: it happens once an instance, with the CPU of the start.
handler = make_handler(identify_from_environment(load_app(), Identity()))
