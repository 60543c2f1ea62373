"""AWS's own Lambda Web Adapter streams through our Runtime API and function URL, so that one side is not ours."""

import asyncio
import base64
import json
import os
import shutil

import pytest

from local.aws.function_url import head_of, to_event
from local.aws.http_api import Call
from local.aws.runtime_api import Invocation, RuntimeApi
from local.aws.streamed import Streamed
from local.http.message import Client, Headers, Request
from tests.local.conftest import PATIENCE
from tests.serve.conftest import drained, starting

ADAPTER = shutil.which("lambda-adapter")
MISSING = "AWS's Lambda Web Adapter is not on PATH: cargo install lambda_web_adapter"
CALL = Call("id", "Root=1-5759e988-bd862e3fe1be46a994272793", 1_795_428_000_000)
# A header beyond ASCII is left out: the adapter makes a list of its bytes.
COOKIES = {
    "status": "200 OK",
    "headers": [["Content-Type", "text/plain"], ["Set-Cookie", "a=1"], ["Set-Cookie", "b=2; Path=/"]],
    "pieces": [8],
}
DRAWN = f"/drawn?{base64.urlsafe_b64encode(json.dumps(COOKIES).encode()).decode()}"
TARGETS = ["/plain", DRAWN, "/empty", "/big?20", "/raise"]

pytestmark = pytest.mark.skipif(ADAPTER is None, reason=MISSING)


@pytest.mark.process
def test_the_adapter_streams_what_gunicorn_answers() -> None:
    variables = {"APP": "tests.serve.streams:wsgi", "IDENTITY_HEADERS": "off", "LOG_LEVEL": "CRITICAL"}
    with starting() as start, drained(start(PORT="0", GUNICORN_LOG_LEVEL="info", **variables)) as url:
        answers = asyncio.run(answered(url.rpartition(":")[2]))

    assert [status for status, _, _ in answers] == [200, 200, 200, 200, 500]
    assert [len(body) for _, _, body in answers] == [8, 8, 0, 20 * 1024 * 1024, 35]
    assert [value for name, value in answers[1][1] if name == b"set-cookie"] == [b"a=1", b"b=2; Path=/"]
    assert all((b"content-type", b"text/plain") in headers for _, headers, _ in answers[:4])


async def answered(port: str) -> list[tuple[int, Headers, bytes]]:
    """What comes of each target through the adapter, which asks the server on `port`."""
    api = RuntimeApi(on_waiting=lambda: None, streams=True)
    variables = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{await api.start()}",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LWA_INVOKE_MODE": "response_stream",
        "AWS_LWA_PORT": port,
        "AWS_LWA_READINESS_CHECK_PATH": "/plain",
    }
    assert ADAPTER is not None
    adapter = await asyncio.create_subprocess_exec(ADAPTER, env=variables)
    try:
        async with asyncio.timeout(PATIENCE):
            return [await answer(api, str(number), target) for number, target in enumerate(TARGETS)]
    finally:
        adapter.kill()
        await adapter.wait()
        await api.close()


async def answer(api: RuntimeApi, number: str, target: str) -> tuple[int, Headers, bytes]:
    path, _, query = target.partition("?")
    headers = [(b"host", b"example.com")]
    request = Request("GET", path.encode(), query.encode(), headers, b"", Client("10.0.0.1", "http", 80))
    event = json.dumps(to_event(request, CALL)).encode()
    outcome = await api.invoke(
        Invocation(number, event, 99_999_999_999_999, "arn:aws:lambda:::function:f", CALL.trace_id)
    )
    assert isinstance(outcome, Streamed), outcome
    pieces = outcome.pieces()
    status, fields, body = await head_of(outcome.content_type, pieces)
    whole = bytearray(body)
    async for piece in pieces:
        whole += piece
    assert outcome.is_whole
    return status, fields, bytes(whole)
