"""Turns an event that is no HTTP request (SQS, S3, EventBridge, a schedule) into a POST, and the answer into a result.

The answer decides what the event's source hears. With a status from 200 to 299 the invocation has succeeded, and the
body is its result: {"batchItemFailures": [...]} says which messages of SQS have failed
(docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). With any other status it has failed, and the
source tries again in its own way.
"""

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import base_path
from ..messages import Call, Response, as_latin1, status_code
from ..wsgi_call import complete, tell_invocation

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The weekly call that stacks/aws/wake_up.py makes; the app does not see it.
WAKE_UP = {"wakeUp": True}
_SLASHES = re.compile("/+")


class EventFailedError(RuntimeError):
    """The app did not answer an event with a status from 200 to 299. Lambda passes this failure on to the source."""


def read(event: Any, path: str) -> "WSGIEnvironment":
    """The WSGI environ of a POST of `event`, a value of JSON, to `path`."""
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": as_latin1(path),
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "",
    }
    body = json.dumps(event).encode()
    return complete(environ, [("content-type", "application/json")], body, "localhost")


def result(response: Response) -> Any:
    """The invocation's result: the body as JSON, else as text; None without a body. Raises EventFailedError."""
    status, _, body = response
    if not 200 <= status_code(status) <= 299:  # noqa: PLR2004 - success, in HTTP
        raise EventFailedError(f"the app answered the event with {status}")
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


class Taker:
    """Gives events to an app as POSTs to `path`; the weekly call goes to `ignore`."""

    def __init__(self, respond: Call, path: str, ignore: Callable[[Any], Any]) -> None:
        self._respond = respond
        self._path = path
        self._ignore = ignore
        self._prefix = as_latin1(base_path.prefix())

    def take(self, event: Any, context: Any) -> Any:
        """The invocation's result. Raises EventFailedError, or the app's own error: both are failed invocations."""
        if event == WAKE_UP:
            return self._ignore(event)
        environ = read(event, self._path)
        tell_invocation(environ, event, context)
        try:
            return result(self._respond(environ))
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException as end:
            # awslambdaric would end the instance.
            raise EventFailedError(f"the app ended with {type(end).__name__}: {end}") from end

    def is_asked_for(self, environ: "WSGIEnvironment") -> bool:
        """Whether a client's request is for the events' path, or for a form that an app may take for it: //PATH, PATH/.

        A request for BASE_PATH with that path behind it counts too.
        """
        asked = environ["PATH_INFO"]
        _, below = base_path.split(asked, self._prefix)
        return self._path in (_plain(asked), _plain(environ["SCRIPT_NAME"] + asked), _plain(below))


def _plain(path: str) -> str:
    return _SLASHES.sub("/", f"/{path}").rstrip("/")
