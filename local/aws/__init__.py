"""AWS Lambda on this machine, behind the door that the settings name: an HTTP API, or a function URL (function_url.py).

An HTTP API turns an HTTP request into an event for an instance of the function (http_api.py), and the instance's result
into an answer (results.py). authorizer.py (tokens) and signatures.py (IAM) decide which callers may pass. function.py
has the instances, and instance.py a request's life in one of them. Events that are no HTTP requests come by
invocations.py.
"""

import asyncio
import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

import platforms
from local.aws import function_url, http_api, results
from local.aws.function import Function
from local.aws.http_api import Call
from local.aws.invocations import Invocations
from local.aws.runtime_api import Failed, Returned
from local.doors import FUNCTION_URL, PRIVATE
from local.http import front
from local.http.message import Answer, Request
from local.instances.pool import RefusedError, StartError
from local.instances.process import Reaper
from local.log import Log
from local.settings import Behaviour, Settings

if TYPE_CHECKING:
    from local.aws.authorizer import JwtAuthorizer
    from local.aws.signatures import IamAuthorizer


def service(
    settings: Settings, behaviour: Behaviour, log: Log, reaper: Reaper
) -> "Service | function_url.Service":
    """The function behind its door."""
    if settings.door == FUNCTION_URL:
        return function_url.Service(settings, behaviour, log, reaper)
    return Service(settings, behaviour, log, reaper)


class Service:
    """The HTTP API and the function behind it, as an ASGI application."""

    def __init__(self, settings: Settings, behaviour: Behaviour, log: Log, reaper: Reaper) -> None:
        self._behaviour = behaviour
        self._log = log
        self._function = Function(settings, behaviour, log, reaper)
        self._running: set[asyncio.Task[Answer]] = set()
        self._invocations = Invocations(self._function, log)
        self._authorizer = _authorizer(settings, log)

    async def begin(self) -> None:
        """Publish a version, with SnapStart. Raises SettingsError if that fails."""
        await self._function.begin()

    async def close(self) -> None:
        """End every instance."""
        await self._function.close()

    async def __call__(self, scope: front.Scope, receive: front.Receive, send: front.Send) -> None:
        """Answer one HTTP request."""
        with contextlib.suppress(front.ClientGoneError):
            request = await front.read(scope, receive, platforms.limit("aws", "gateway_payload"))
            call = Call.of(request)
            if Invocations.takes(request.method, request.path):
                await front.respond(send, await self._invocations.answer(request, call.trace_id))
                return
            answer = http_api.refusal(request) or await self._authorize(request, call)
            await front.respond(send, http_api.identified(answer, call))

    async def _authorize(self, request: Request, call: Call) -> Answer:
        verdict = await self._authorizer.judge(request) if self._authorizer else None
        return verdict if isinstance(verdict, Answer) else await self._integrate(request, call, verdict)

    async def _integrate(self, request: Request, call: Call, authorizer: dict[str, Any] | None) -> Answer:
        """The function's answer. If it takes too long, the HTTP API's own answer; the function then runs on."""
        event = json.dumps(
            http_api.to_event(request, call, authorizer), ensure_ascii=False, separators=(",", ":")
        ).encode()
        if len(event) > platforms.limit("aws", "request_payload"):
            return results.TOO_LARGE
        task = asyncio.create_task(self._invoke(event, request.method, call))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.wait([task], timeout=self._behaviour.gateway_timeout)
        return task.result() if task.done() else results.NO_ANSWER

    async def _invoke(self, event: bytes, method: str, call: Call) -> Answer:
        try:
            outcome = await self._function.invoke(event, call.trace_id)
        except RefusedError:
            self._log.event("throttled: no instance is free, and no more are allowed")
            return results.THROTTLED
        except StartError:
            return results.FAILED
        if isinstance(outcome, Failed):
            said = outcome.payload[:500].decode("utf-8", "replace")
            self._log.event(f"function failed: {outcome.error_type} {said}")
            return results.FAILED
        assert isinstance(outcome, Returned)  # noqa: S101 - an HTTP API's function does not stream
        return results.to_answer(outcome.payload, method)


def _authorizer(settings: Settings, log: Log) -> "JwtAuthorizer | IamAuthorizer | None":
    if settings.access == PRIVATE:
        from local.aws.signatures import IamAuthorizer, Signer  # noqa: PLC0415 - as below

        # An HTTP API refuses a signature with a single word.
        return IamAuthorizer(
            Signer.of(os.environ), "execute-api", lambda _: results.error(403, "Forbidden"), log
        )
    if settings.jwt_issuer is None:
        return None
    # The library for cryptography is loaded only if tokens are checked.
    from local.aws.authorizer import JwtAuthorizer  # noqa: PLC0415

    return JwtAuthorizer(settings.jwt_issuer, settings.audiences, log)
