"""The tenant that a function with tenant isolation is called for, as Lambda names it and no client can."""

import json
import logging
from typing import Any

import pytest

from serve.events.no_http import WAKE_UP
from tests.serve.doors import Start
from tests.serve.lambda_events import SHAPES
from tests.serve.runtime import runtime_api

log = logging.getLogger(__name__)
NAME = "Lambda-Runtime-Aws-Tenant-Id"
SQS = {"Records": [{"messageId": "1", "body": "a"}]}


def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    log.info("asked")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps([environ.get("aws.tenant_id"), environ.get("HTTP_X_AMZ_TENANT_ID")]).encode()]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    await receive()
    log.info("asked")
    header = dict(scope["headers"]).get(b"x-amz-tenant-id")
    answer = json.dumps([scope.get("aws.tenant_id"), header.decode() if header else None]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": answer})


@pytest.mark.parametrize("tenant", ["blue", ""])
@pytest.mark.parametrize("app", ["wsgi", "asgi"])
def test_the_app_finds_the_tenant_of_each_invocation_and_so_does_the_log(
    start: Start, app: str, tenant: str
) -> None:
    """Whether the event is a request or none; a header of the tenant's name is the client's and stays one."""
    claimed = SHAPES["REST API"](headers=[("X-Amz-Tenant-Id", "red")])
    with runtime_api([claimed, SQS, WAKE_UP], {NAME: tenant} if tenant else {}) as api:
        process = start(
            AWS_LAMBDA_RUNTIME_API=api.address,
            AWS_LAMBDA_FUNCTION_NAME="function",
            APP=f"tests.serve.test_tenant:{app}",
            EVENTS_PATH="/events",
        )
        (_, response), (_, result), _ = api.wait(3)
        process.terminate()
        out, _ = process.communicate(timeout=30)

    named = tenant or None
    assert (json.loads(response["body"]), result) == ([named, "red"], [named, None])
    entries = [json.loads(line) for line in out.splitlines()]
    assert [entry.get("tenantId") for entry in entries if entry["message"] == "asked"] == [named, named]
