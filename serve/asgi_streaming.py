"""Sends an ASGI app's response to Lambda piece by piece, as serve/streaming.py does for WSGI apps."""

import _socket
import asyncio
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .asgi import Application, Caller, Message, Scope
from .results import Results
from .streaming import Answer, Encoder, Stream

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def asgi_answer(caller: Caller) -> Answer:
    """A function that answers requests by calls of an ASGI app, and sends each response as the app gives it."""

    def run(shape: ModuleType, environ: "WSGIEnvironment", results: Results, *request: Any) -> None:
        encoder = Encoder(shape.write_head, environ["REQUEST_METHOD"], results.begin(*request))
        with Stream(results, encoder) as stream:
            scope, body = caller.prepare(environ)
            caller.loop.run_until_complete(_answer(caller.app, scope, body, stream))

    return run


async def _answer(app: Application, scope: Scope, body: bytes, stream: Stream) -> None:
    """Answer one request, and wait for the work that the app does after the end of its response.

    Lambda does not say when the client goes, so the app gets a disconnect only after its own response.
    """
    is_asked = False
    ended = asyncio.Event()

    async def receive() -> Message:
        nonlocal is_asked
        if not is_asked:
            is_asked = True
            return {"type": "http.request", "body": body, "more_body": False}
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]
            ]
            stream.encoder.start(str(message["status"]), headers)
        elif ended.is_set():
            # The task that waits for a disconnect gets its turn, and may end the task that sends.
            await asyncio.sleep(0)
        elif message["type"] == "http.response.body":
            await _send(stream.results, stream.encoder.body(message.get("body", b"")))
            # Without a body there is nothing to wait for, so an app that asks for more gets a disconnect.
            if not message.get("more_body") or stream.encoder.is_complete:
                stream.end()
                ended.set()

    await app(scope, receive, send)
    if not ended.is_set():
        raise RuntimeError("the app returned amid its response")


async def _send(results: Results, data: bytes) -> None:
    """Send all of `data`; the app's other tasks go on meanwhile."""
    connection = results.connection
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[connection.send(rest, _socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            await _writable(connection.fileno())
        except OSError as problem:
            raise results.lost(problem) from problem


async def _writable(file: int) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_writer(file, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_writer(file)
