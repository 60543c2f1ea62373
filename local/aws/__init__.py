"""AWS Lambda behind an HTTP API on this machine: an HTTP request to an event, to an instance, to an answer.

An instance for each concurrent request, gone when idle; a request's life in an instance is lambda_instance.py's, the
mapping and the gateway's own answers are http_api.py's, who may call is authorizer.py's.
"""

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import platforms
from local.aws import http_api
from local.aws.http_api import Call
from local.aws.instance import LambdaInstance, NotTakenError
from local.aws.runtime_api import Failed, Outcome
from local.http import front
from local.http.message import Answer, Request
from local.instances.pool import Lease, Pool, RefusedError, StartError
from local.instances.process import Reaper
from local.log import Log
from local.settings import Plan, Settings

if TYPE_CHECKING:
    from local.aws.authorizer import JwtAuthorizer


class Service:
    """The HTTP API and the function behind it, as an ASGI application."""

    def __init__(self, settings: Settings, plan: Plan, log: Log, reaper: Reaper) -> None:
        self._settings = settings
        self._plan = plan
        self._log = log
        self._reaper = reaper
        self._pool: Pool[LambdaInstance] = Pool(plan.policy, self._launch, log, grace=0)
        self._running: set[asyncio.Task[Answer]] = set()
        self._authorizer = _authorizer(settings, log)

    async def begin(self) -> None:
        """Nothing runs before the first request."""

    async def close(self) -> None:
        """End every instance."""
        await self._pool.close()

    async def __call__(self, scope: front.Scope, receive: front.Receive, send: front.Send) -> None:
        """Answer one HTTP request."""
        with contextlib.suppress(front.ClientGoneError):
            request = await front.read(scope, receive, platforms.limit("aws", "gateway_payload"))
            call = Call.of(request)
            answer = http_api.refusal(request) or await self._authorize(request, call)
            await front.respond(send, http_api.identified(answer, call))

    async def _authorize(self, request: Request, call: Call) -> Answer:
        verdict = await self._authorizer.judge(request) if self._authorizer else None
        return verdict if isinstance(verdict, Answer) else await self._integrate(request, call, verdict)

    async def _integrate(self, request: Request, call: Call, authorizer: dict[str, Any] | None) -> Answer:
        """The function's answer, or the HTTP API's own when that takes too long; the function runs on then."""
        event = json.dumps(
            http_api.to_event(request, call, authorizer), ensure_ascii=False, separators=(",", ":")
        ).encode()
        if len(event) > platforms.limit("aws", "request_payload"):
            return http_api.TOO_LARGE
        task = asyncio.create_task(self._invoke(event, request.method, call))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.wait([task], timeout=self._plan.gateway_timeout)
        return task.result() if task.done() else http_api.NO_ANSWER

    async def _invoke(self, event: bytes, method: str, call: Call) -> Answer:
        try:
            lease = await self._pool.acquire()
            outcome = await self._outcome(lease, event, call)
        except RefusedError:
            self._log.event("throttled: no instance is free, and there are as many as there may be")
            return http_api.THROTTLED
        except StartError:
            return http_api.FAILED
        if isinstance(outcome, Failed):
            self._log.event(
                f"function failed: {outcome.error_type} {outcome.payload[:500].decode('utf-8', 'replace')}"
            )
            return http_api.FAILED
        return http_api.to_answer(outcome.payload, method)

    async def _outcome(self, lease: Lease[LambdaInstance], event: bytes, call: Call) -> Outcome:
        try:
            while True:
                try:
                    return await lease.instance.invoke(event, call.trace_id)
                except NotTakenError:
                    lease = await self._pool.put_back(lease)
        finally:
            self._pool.release(lease)

    async def _launch(self, number: int) -> LambdaInstance:
        instance = LambdaInstance(
            str(number),
            self._settings,
            self._plan.timeout,
            self._log,
            self._reaper,
            on_end=lambda: self._lost(number),
        )
        try:
            await instance.initialise(platforms.limit("aws", "init_timeout"))
        except BaseException:
            await instance.stop(0)
            raise
        return instance

    def _lost(self, number: int) -> None:
        self._pool.lost(number)


def _authorizer(settings: Settings, log: Log) -> "JwtAuthorizer | None":
    if settings.jwt_issuer is None:
        return None
    # Only who asks for tokens pays for cryptography.
    from local.aws.authorizer import JwtAuthorizer  # noqa: PLC0415

    return JwtAuthorizer(settings.jwt_issuer, settings.audiences, log)
