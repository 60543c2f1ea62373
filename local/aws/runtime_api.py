"""Lambda's Runtime API, version 2018-06-01, for one instance: hands out events and takes their outcomes.

Source: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. If that page says nothing of a case, AWS's own Runtime
Interface Emulator does, and tests compare the two (github.com/aws/aws-lambda-runtime-interface-emulator,
internal/lambda/rapi).
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import ClientPayloadError, web

import platforms
from local.aws import extensions
from local.aws.streamed import Server, Streamed, is_streamed

_PREFIX = "/2018-06-01/runtime/"


@dataclass(frozen=True)
class Invocation:
    """One event with the headers that the runtime gets with it; the deadline is in milliseconds since the epoch."""

    request_id: str
    event: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str


@dataclass(frozen=True)
class Returned:
    """The handler's result, as JSON."""

    payload: bytes


@dataclass(frozen=True)
class Failed:
    """The handler or its initialisation failed: the error's type, and the payload that the runtime posted."""

    error_type: str
    payload: bytes


Outcome: TypeAlias = Returned | Failed | Streamed


class RuntimeApi:
    """The API that one runtime polls. `on_waiting` is called when it waits for an event and there is none.

    With `streams`, a response in pieces is the outcome as soon as it begins. Without, it is read whole first, for an
    invocation that cannot take pieces. With `restores` the runtime is one that was restored from a snapshot.

    `initialised` is done when the runtime first asks for an event (None) or posts an error of its init or, restored, of
    the restore (Failed).
    """

    def __init__(
        self, on_waiting: Callable[[], None], *, streams: bool = False, restores: bool = False
    ) -> None:
        self._on_waiting = on_waiting
        self._streams = streams
        self._error = ["restore" if restores else "init", "error"]
        self._runner: web.ServerRunner | None = None
        self._event: asyncio.Future[Invocation] | None = None
        self._queued: Invocation | None = None
        self._current: Invocation | None = None
        self._answered = ""
        self._outcome: asyncio.Future[Outcome] | None = None
        self.initialised: asyncio.Future[Failed | None] = asyncio.get_running_loop().create_future()

    async def start(self) -> int:
        """Listen on 127.0.0.1 and return the port."""
        # A runtime waits as long as its instance is idle, and may be frozen during that time.
        server = Server(self._handle, access_log=None, handler_cancellation=True)
        self._runner = web.ServerRunner(server, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening, and cut off a runtime that waits."""
        if self._runner:
            await self._runner.cleanup()

    @property
    def taken(self) -> bool:
        """Whether the runtime has got the event of the invocation under way."""
        return self._queued is None

    def invoke(self, invocation: Invocation) -> asyncio.Future[Outcome]:
        """Hand the event to the runtime as soon as it asks; the result is a future of the outcome. One at a time.

        From now on the runtime does not wait, so `on_waiting` is not called again before the outcome.
        """
        self._outcome = asyncio.get_running_loop().create_future()
        self._queued = invocation
        if self._event and not self._event.done():
            self._event.set_result(invocation)
        return self._outcome

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        path = request.path
        if not path.startswith(_PREFIX):
            return await extensions.answer(request)
        match request.method, path.removeprefix(_PREFIX).split("/"):
            case "GET", ["invocation", "next"]:
                return await self._next()
            case "POST", ["invocation", request_id, "response" | "error" as kind]:
                return await self._result(request, request_id, kind)
            case "POST", place if place == self._error:
                return await self._init_error(request)
            case _, ["invocation", "next"] | ["invocation", _, "response" | "error"] | ["init", "error"]:
                return web.Response(status=405)
            case _:
                return web.Response(status=404, text="404 page not found\n")

    async def _next(self) -> web.Response:
        if not self.initialised.done():
            self.initialised.set_result(None)
        # A runtime that asks again before it has answered gets the same event again.
        if not self._current:
            if not self._queued:
                self._event = asyncio.get_running_loop().create_future()
                self._on_waiting()
                await self._event
            self._current, self._queued = self._queued, None
        invocation = self._current
        assert invocation is not None  # noqa: S101 - the future is done once it is queued
        return web.Response(
            body=invocation.event,
            headers={
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                "Lambda-Runtime-Trace-Id": invocation.trace_id,
            },
        )

    async def _result(self, request: web.BaseRequest, request_id: str, kind: str) -> web.Response:
        if request_id == self._answered:
            return _refused(403, "InvalidStateTransition", "the invocation has been answered already")
        if not self._current or request_id != self._current.request_id:
            return _refused(400, "InvalidRequestID", "Invalid request ID")
        if kind == "response" and self._streams and is_streamed(request):
            return await self._stream(request)
        limit: int = platforms.limit("aws", "response_payload")
        try:
            size, body = await _read(request, limit)
        except ClientPayloadError:
            return _refused(400, "TruncatedHTTPRequest", "HTTP request detected as truncated")
        if kind == "error":
            self._finish(Failed(_error_type(request), body))
        elif size > limit:
            text = (
                f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({limit} bytes)."
            )
            payload = {"errorMessage": text, "errorType": "Function.ResponseSizeTooLarge"}
            self._finish(Failed(payload["errorType"], json.dumps(payload).encode()))
            return _refused(
                413, "RequestEntityTooLarge", f"Exceeded maximum allowed payload size ({limit} bytes)."
            )
        else:
            self._finish(Returned(body))
        return _json(202, {"status": "OK"})

    async def _stream(self, request: web.BaseRequest) -> web.Response:
        """Pass on a response in pieces; answer the runtime when the last piece is taken."""
        streamed = Streamed(request)
        self._settle(streamed)
        await streamed.ended
        # The next invocation may be under way by now, and has an outcome of its own.
        self._answer_current()
        if streamed.is_truncated:
            return _refused(400, "TruncatedHTTPRequest", "HTTP request detected as truncated")
        return _json(202, {"status": "OK"})

    def _finish(self, outcome: Outcome) -> None:
        self._answer_current()
        self._settle(outcome)

    def _answer_current(self) -> None:
        if self._current:
            self._answered = self._current.request_id
        self._current = None

    def _settle(self, outcome: Outcome) -> None:
        # No one waits for it if the function's time is up and the runtime is about to be killed.
        if self._outcome and not self._outcome.done():
            self._outcome.set_result(outcome)

    async def _init_error(self, request: web.BaseRequest) -> web.Response:
        if self.initialised.done():
            return _refused(403, "InvalidStateTransition", "the runtime is initialised already")
        _, body = await _read(request, platforms.limit("aws", "response_payload"))
        self.initialised.set_result(Failed(_error_type(request), body))
        return _json(202, {"status": "OK"})


async def _read(request: web.BaseRequest, limit: int) -> tuple[int, bytes]:
    """The size of a request's body and its first `limit` bytes; all of it is read, so that an answer can be sent."""
    size, kept = 0, bytearray()
    async for chunk in request.content.iter_any():
        size += len(chunk)
        kept += chunk[: limit - len(kept)] if len(kept) < limit else b""
    return size, bytes(kept)


def _error_type(request: web.BaseRequest) -> str:
    return request.headers.get("Lambda-Runtime-Function-Error-Type", "Runtime.Unknown")


def _refused(status: int, kind: str, message: str) -> web.Response:
    return _json(status, {"errorMessage": message, "errorType": kind})


def _json(status: int, value: dict[str, str]) -> web.Response:
    # The real one ends its JSON with a newline.
    return web.Response(status=status, body=json.dumps(value) + "\n", content_type="application/json")
