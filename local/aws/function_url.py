"""A function URL of the mode RESPONSE_STREAM: turns HTTP requests into events, and a function's pieces into responses.

Sources, by the names used below:
URL   docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
RATE  docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
RIE   github.com/aws/aws-lambda-runtime-interface-emulator, core/bandwidthlimiter
SEEN  a length becomes x-amzn-remapped-content-length: github.com/cargo-lambda/cargo-lambda, issue 862
"""

import asyncio
import contextlib
import json
import os
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

import platforms
from local.aws import http_api, results
from local.aws.function import Function
from local.aws.http_api import Call
from local.aws.invocations import Invocations
from local.aws.results import MalformedError
from local.aws.runtime_api import Failed, Returned
from local.aws.signatures import IamAuthorizer, Signer, forbidden_by_url
from local.aws.streamed import Streamed
from local.doors import PRIVATE
from local.http import front
from local.http.front import BrokenResponseError
from local.http.message import Answer, Headers, Request
from local.instances.pool import RefusedError, StartError
from local.instances.process import Reaper
from local.log import Log
from local.settings import Behaviour, Settings

URL_ID = "local"
DOMAIN = f"{URL_ID}.lambda-url.us-east-1.on.aws"
_HTTP = "application/vnd.awslambda.http-integration-response"
_END_OF_HEAD = bytes(8)


class Service:
    """The function URL and the function behind it, as an ASGI application."""

    def __init__(self, settings: Settings, behaviour: Behaviour, log: Log, reaper: Reaper) -> None:
        self._log = log
        self._rate = behaviour.stream_rate
        self._function = Function(settings, behaviour, log, reaper)
        self._invocations = Invocations(self._function, log)
        self._authorizer: IamAuthorizer | None = None
        if settings.access == PRIVATE:
            self._authorizer = IamAuthorizer(Signer.of(os.environ), "lambda", forbidden_by_url, log)

    async def begin(self) -> None:
        """Publish a version, with SnapStart. Raises SettingsError if that fails."""
        await self._function.begin()

    async def close(self) -> None:
        """End every instance."""
        await self._function.close()

    async def __call__(self, scope: front.Scope, receive: front.Receive, send: front.Send) -> None:
        """Answer one HTTP request."""
        with contextlib.suppress(front.ClientGoneError):
            request = await front.read(scope, receive, platforms.limit("aws", "request_payload"))
            call = Call.of(request)
            if Invocations.takes(request.method, request.path):
                await front.respond(send, await self._invocations.answer(request, call.trace_id))
                return
            caller = await self._authorizer.judge(request) if self._authorizer else None
            outcome = caller if isinstance(caller, Answer) else await self._invoke(request, call, caller)
            if isinstance(outcome, Streamed):
                await self._relay(outcome, call, send)
            else:
                await front.respond(send, identified(outcome, call))

    async def _invoke(
        self, request: Request, call: Call, caller: Mapping[str, Any] | None
    ) -> Answer | Streamed:
        event = json.dumps(
            to_event(request, call, caller), ensure_ascii=False, separators=(",", ":")
        ).encode()
        if len(event) > platforms.limit("aws", "request_payload"):
            return results.TOO_LARGE
        try:
            outcome = await self._function.invoke(event, call.trace_id)
        except RefusedError:
            self._log.event("throttled: no instance is free, and no more are allowed")
            return THROTTLED
        except StartError:
            return FAILED
        if isinstance(outcome, Failed):
            said = outcome.payload[:500].decode("utf-8", "replace")
            self._log.event(f"function failed: {outcome.error_type} {said}")
            return FAILED
        if isinstance(outcome, Returned):
            # The function does not stream: its result is the body, even if it has a statusCode.
            return Answer(
                200, [(b"content-type", b"application/json"), _length(outcome.payload)], outcome.payload
            )
        return outcome

    async def _relay(self, streamed: Streamed, call: Call, send: front.Send) -> None:
        """Send the function's pieces as they come. If the client goes, the function still runs to its end (RATE)."""
        pieces = paced(streamed.pieces(), Bandwidth(platforms.limit("aws", "stream_burst"), self._rate))
        try:
            await self._relay_pieces(streamed, pieces, call, send)
        finally:
            # All is read, even if the client has gone, because the runtime waits for that.
            async for _ in pieces:
                pass

    async def _relay_pieces(
        self, streamed: Streamed, pieces: AsyncIterator[bytes], call: Call, send: front.Send
    ) -> None:
        try:
            status, headers, first = await head_of(streamed.content_type, pieces)
        except MalformedError as problem:
            reason = "the instance ended" if streamed.is_truncated else problem
            self._log.event(f"function failed: {reason}")
            await front.respond(send, identified(FAILED, call))
            return
        await front.begin(send, status, [*headers, *_ids(call)])
        size, longest = 0, platforms.limit("aws", "stream_payload")
        async for piece in _joined(first, pieces):
            size += len(piece)
            if size <= longest:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        if streamed.is_whole and size <= longest:
            await send({"type": "http.response.body", "body": b""})
            return
        reason = streamed.error_type or (
            "the instance ended" if streamed.is_truncated else f"past {longest} bytes"
        )
        self._log.event(f"response cut: {reason}")
        raise BrokenResponseError


def to_event(request: Request, call: Call, caller: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The event that `request` becomes (URL): an HTTP API's, with the changes made here. `caller`: who signed it."""
    event = http_api.to_event(request, call, caller)
    event["rawPath"] = request.path.decode("latin-1")
    if "cookies" in event:
        event["headers"]["cookie"] = "; ".join(event["cookies"])
    if not request.body:
        del event["headers"]["content-length"]
    event["requestContext"] |= {
        "accountId": http_api.ACCOUNT if caller else "anonymous",
        "apiId": URL_ID,
        "domainName": DOMAIN,
        "domainPrefix": URL_ID,
        "requestId": str(uuid.uuid4()),
    }
    return event


async def head_of(content_type: str, pieces: AsyncIterator[bytes]) -> tuple[int, Headers, bytes]:
    """Status, headers and the body's first bytes. Raises MalformedError.

    A response of another type than the one that begins with a head is only a body of that type.
    """
    if content_type.partition(";")[0].strip().lower() != _HTTP:
        return 200, [(b"content-type", content_type.encode("latin-1"))], b""
    longest, data = platforms.limit("aws", "stream_head"), b""
    async for piece in pieces:
        data += piece
        if _END_OF_HEAD in data or len(data) > longest:
            break
    head, end, body = data.partition(_END_OF_HEAD)
    if not end or len(head) + len(end) > longest:
        raise MalformedError(f"no zero bytes end the response's head within {longest} bytes")
    try:
        value = json.loads(head)
    except ValueError as problem:
        raise MalformedError(f"the response's head is no JSON: {problem}") from None
    if not isinstance(value, dict):
        raise MalformedError("the response's head is no JSON object")
    status, cookies, headers = results.head_of({"statusCode": 200, **value})
    return status, [*cookies, *(_remapped(*pair) for pair in headers)], body


class Bandwidth:
    """Says how long a piece of a response has to wait: `burst` bytes go at once, then `rate` a second (RATE, RIE)."""

    def __init__(self, burst: float, rate: float) -> None:
        self._burst = self._left = burst
        self._rate = rate
        self._at: float | None = None

    def delay(self, size: int, now: float) -> float:
        """Seconds from `now` until `size` bytes may be sent."""
        earlier = now if self._at is None else self._at
        if self._rate < float("inf"):
            self._left = min(self._burst, self._left + (now - earlier) * self._rate) - size
        self._at = now
        return max(0.0, -self._left / self._rate)


async def paced(pieces: AsyncIterator[bytes], bandwidth: Bandwidth) -> AsyncIterator[bytes]:
    """The `pieces`, each of them when the bandwidth allows it."""
    async for piece in pieces:
        if delay := bandwidth.delay(len(piece), time.monotonic()):
            await asyncio.sleep(delay)
        yield piece


def identified(answer: Answer, call: Call) -> Answer:
    """`answer` with the ids that every response of a function URL has."""
    return Answer(answer.status, [*answer.headers, *_ids(call)], answer.body)


def _ids(call: Call) -> Headers:
    return [(b"x-amzn-requestid", call.request_id.encode()), (b"x-amzn-trace-id", call.trace_id.encode())]


def _remapped(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A function's header as the client gets it: the URL frames the body itself (SEEN)."""
    return (b"x-amzn-remapped-content-length" if name == b"content-length" else name), value


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for piece in rest:
        yield piece


def _error(status: int, text: bytes) -> Answer:
    return Answer(status, [(b"content-type", b"application/json"), _length(text)], text)


# The answer if a function failed, crashed or ran out of time before it answered. The status is in the "5xx" of
# docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html; reports from the field show this text.
FAILED = _error(502, b"Internal Server Error")
# The answer if Lambda has no concurrency left, in the words of the Invoke API (TooManyRequestsException).
THROTTLED = _error(429, b'{"message":"Rate Exceeded."}')
