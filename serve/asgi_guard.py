"""What serve.guard does for WSGI apps, for ASGI apps: a failure before the first byte is a whole 500."""

import asyncio
import logging

from serve.asgi import Application, Message, Receive, Scope, Send
from serve.messages import INTERNAL_ERROR, check_value, field_name, status_code

log = logging.getLogger(__name__)


def guard(app: Application) -> Application:
    """`app`, where a failure before its first byte becomes a 500 that shows nothing of the inside.

    A later SystemExit becomes an exception: it would end the server, and with it other requests.
    """

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        response = _Response(send)
        try:
            await app(scope, receive, response.send)
            response.require_begun()
        except (Exception, SystemExit, asyncio.CancelledError) as failure:
            if not response.begun and not _is_given_up():
                log.exception("The app failed")
                await response.fail()
            elif isinstance(failure, SystemExit):
                raise RuntimeError("the app exited amid its response") from failure
            else:
                raise

    return guarded


class _Response:
    """Holds the app's status and headers back until there is a byte to send."""

    def __init__(self, send: Send) -> None:
        self.to_server = send
        self.held: Message | None = None
        self.begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.held = _checked(message)
        elif self.begun or message.get("body") or not message.get("more_body"):
            if self.held:
                start, self.held, self.begun = self.held, None, True
                await self.to_server(start)
            await self.to_server(message)

    def require_begun(self) -> None:
        if not self.begun:
            raise RuntimeError("the app sent no response")

    async def fail(self) -> None:
        status, headers, body = INTERNAL_ERROR
        encoded = [(name.encode(), value.encode()) for name, value in headers]
        await self.to_server({"type": "http.response.start", "status": int(status[:3]), "headers": encoded})
        await self.to_server({"type": "http.response.body", "body": body})


def _checked(start: Message) -> Message:
    """`start`, whose status and headers HTTP has a place for; ValueError for another."""
    status_code(str(start["status"]))
    headers = list(start.get("headers", ()))
    for name, value in headers:
        field_name(name.decode("latin-1"))
        check_value(value.decode("latin-1"))
    return {**start, "headers": headers}


def _is_given_up() -> bool:
    """Whether the server cancels this request, because its client is gone."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
