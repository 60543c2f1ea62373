"""Lambda's Invoke API for the emulated function: takes any JSON value as an event, and answers with the result.

It has the path that it has in AWS's Runtime Interface Emulator, so `aws lambda invoke --endpoint-url` and curl find it.
Source: docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import asyncio
import json
import re

import platforms
from local.aws.function import Function
from local.aws.runtime_api import Failed, Returned
from local.aws.streamed import Streamed
from local.http.message import Answer, Request
from local.instances.pool import RefusedError, StartError
from local.log import Log

# The function may have any name, because there is only one.
_PATH = re.compile(rb"/2015-03-31/functions/[^/]+/invocations")


class Invocations:
    """Answers the callers of the API. They need not sign their requests here."""

    def __init__(self, function: Function, log: Log) -> None:
        self._function = function
        self._log = log
        self._running: set[asyncio.Task[Answer]] = set()

    @staticmethod
    def takes(method: str, path: bytes) -> bool:
        """Whether a request is for this API."""
        return method == "POST" and _PATH.fullmatch(path) is not None

    async def answer(self, request: Request, trace_id: str) -> Answer:
        """The API's answer to a request."""
        event = request.body or b"{}"
        try:
            json.loads(event)
        except (ValueError, RecursionError) as problem:
            return _refused(400, f"Could not parse request body into json: {problem}")
        if len(event) > platforms.limit("aws", "request_payload"):
            return _refused(413, f"{len(event)} byte payload is too large")
        kind = (request.header(b"x-amz-invocation-type") or b"RequestResponse").decode("latin-1")
        if kind == "DryRun":
            return Answer(204, [], b"")
        if kind not in ("Event", "RequestResponse"):
            return _refused(400, f"{kind!r} is no invocation type: Event, RequestResponse or DryRun")
        task = asyncio.create_task(self._invoke(event, trace_id))
        # The function runs on, even if the caller goes.
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if kind == "Event":
            return Answer(202, [(b"content-length", b"0")], b"")
        return await asyncio.shield(task)

    async def _invoke(self, event: bytes, trace_id: str) -> Answer:
        try:
            outcome = await self._function.invoke(event, trace_id)
        except RefusedError:
            self._log.event("throttled: no instance is free, and no more are allowed")
            return _refused(429, "Rate Exceeded.")
        except StartError as problem:
            outcome = Failed("Runtime.InitError", _json("Runtime.InitError", str(problem)))
        if isinstance(outcome, Streamed):
            outcome = await _gathered(outcome)
        if isinstance(outcome, Returned):
            return _result(outcome.payload)
        self._log.event(
            f"function failed: {outcome.error_type} {outcome.payload[:500].decode('utf-8', 'replace')}"
        )
        return _result(outcome.payload, (b"x-amz-function-error", b"Unhandled"))


async def _gathered(streamed: Streamed) -> Returned | Failed:
    """A response in pieces, put together: this caller does not take pieces."""
    size, kept, longest = 0, bytearray(), platforms.limit("aws", "response_payload")
    async for piece in streamed.pieces():
        size += len(piece)
        if size <= longest:
            kept += piece
    if size > longest:
        kind = "Function.ResponseSizeTooLarge"
        return Failed(kind, _json(kind, f"Response payload size ({size} bytes) exceeded {longest} bytes."))
    if not streamed.is_whole:
        kind = streamed.error_type or "Runtime.ExitError"
        return Failed(kind, _json(kind, "the function failed amid its response"))
    return Returned(bytes(kept))


def _result(payload: bytes, *more: tuple[bytes, bytes]) -> Answer:
    headers = [(b"content-type", b"application/json"), (b"x-amz-executed-version", b"$LATEST"), *more]
    return Answer(200, [*headers, (b"content-length", str(len(payload)).encode())], payload)


def _refused(status: int, message: str) -> Answer:
    body = json.dumps({"Type": "User", "message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return Answer(status, headers, body)


def _json(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()
