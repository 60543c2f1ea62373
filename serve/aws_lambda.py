"""The handler that awslambdaric calls: it turns an event of the platform into the result that the platform expects."""

import logging
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import application, settings, start
from .events import shape_of
from .events.body import TooLargeError
from .instance import Identity
from .logs import ids, ids_of
from .messages import INTERNAL_ERROR, Call, error
from .wsgi_call import call, tell_invocation

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from .events.no_http import Taker
    from .streaming import Answer, Streamer

log = logging.getLogger(__name__)


def make_handler(
    respond: Call, streamer: "Streamer | None" = None, events_path: str = ""
) -> Callable[[Any, Any], Any]:
    """A Lambda handler. It answers every HTTP event, without raising an error, so the instance lives on.

    With `streamer`, the result is a Piecewise if the event's sender takes a response in pieces. With `events_path`, an
    event that is no HTTP request becomes a POST to that path, which no client may ask for.
    """
    taker = _taker(respond, events_path) if events_path else None

    def handler(event: Any, context: Any) -> Any:
        shape = shape_of(event)
        if shape is None:
            ids.set(ids_of({"aws.context": context}))
            return taker.take(event, context) if taker else ignore(event)
        try:
            environ = shape.read(event)
        except Exception as wrong:  # noqa: BLE001 - an event comes from outside and may hold anything
            ids.set(ids_of({"aws.context": context}))
            log.warning("An event that cannot be read was refused: %s: %s", type(wrong).__name__, wrong)
            return _refused("400 Bad Request", shape, event, streamer)
        tell_invocation(environ, event, context)
        if taker and taker.is_asked_for(environ):
            return _refused("403 Forbidden", shape, event, streamer)
        if streamer is not None and streamer.takes(shape, event):
            return streamer.result(shape, environ)
        method = environ["REQUEST_METHOD"]  # an app may change it
        try:
            return shape.write(respond(environ), method, event)
        except TooLargeError as large:
            log.error("%s", large)  # noqa: TRY400 - the remedy is in the text; there is no fault to trace
        except KeyboardInterrupt:
            raise
        except BaseException:
            log.exception("The app failed")
        return shape.write(INTERNAL_ERROR, method, event)

    return handler


def _refused(status: str, shape: ModuleType, event: Any, streamer: "Streamer | None") -> Any:
    """The result of an event whose request does not reach the app."""
    answer = error(status)
    if streamer is not None and streamer.takes(shape, event):
        return streamer.result(shape, answer)
    return shape.write(answer, "GET", event)


def ignore(event: Any) -> Any:
    """The result of an event that does not concern the app."""
    log.warning("An event that is no HTTP request was ignored: %.200r", event)
    return {"ignored": "not an HTTP request"}


def _taker(respond: Call, path: str) -> "Taker":
    from .events.no_http import Taker  # noqa: PLC0415 - loaded only for such events

    return Taker(respond, path, ignore)


def wsgi_caller(app: "WSGIApplication") -> Call:
    """A function that answers requests by calls of a WSGI app, with the invocation in the app's environ."""
    return partial(call, app)


def create() -> Callable[[Any, Any], Any]:
    """The handler of the app that APP names. Raises SettingError if a setting is wrong."""
    streams = settings.one_of("INVOKE_MODE", "buffered", ("buffered", "response_stream")) == "response_stream"
    app, is_asgi = application.create(Identity())
    if is_asgi:
        # asyncio and Mangum are loaded only for an ASGI app.
        from .asgi import Caller, guard  # noqa: PLC0415

        app = Caller(guard(app))
    respond: Call = app if is_asgi else wsgi_caller(app)
    answer = _answer_in_pieces(app, is_asgi=is_asgi) if streams else None
    if application.is_traced():
        from .traces import flushed  # noqa: PLC0415 - loaded only for traces

        respond, answer = flushed(respond), answer and flushed(answer)
    events_path = settings.path("EVENTS_PATH")
    if answer is None:
        return make_handler(respond, events_path=events_path)
    from .streaming import Streamer  # noqa: PLC0415 - loaded only for streams

    return make_handler(respond, Streamer(answer), events_path)


def _answer_in_pieces(app: Any, *, is_asgi: bool) -> "Answer":
    """A function that answers requests of `app` in pieces; for ASGI, `app` is its Caller."""
    if is_asgi:
        from .asgi_streaming import asgi_answer  # noqa: PLC0415 - as above

        return asgi_answer(app)
    from .streaming import wsgi_answer  # noqa: PLC0415 - as above

    return wsgi_answer(app)


# The app is loaded here, in the init phase: once for each instance, with the CPU of the start.
handler = create()
start.finish()
