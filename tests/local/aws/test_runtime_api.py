"""The Runtime API beside AWS's own: the Runtime Interface Emulator is the judge."""

import asyncio
import io
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local import Settings
from local.aws.http_api import Call, to_event
from local.aws.instance import LambdaInstance, runtime_environment
from local.aws.runtime_api import Failed, Invocation, Outcome, Returned, RuntimeApi
from local.aws.streamed import Streamed
from local.http.message import Client, Headers, Request
from local.instances.process import Reaper
from local.log import Log
from local.settings import ROOT
from tests.local.conftest import PATIENCE, until
from tests.rie import IS_HERE, MISSING
from tests.rie import PATH as RIE_PATH

RUNTIME = Path(__file__).with_name("scripted_runtime.py")
TRACE = "Root=1-5e6722a7-cc56a2fd46db7ae02d4da47e"

needs_rie = pytest.mark.skipif(not IS_HERE, reason=MISSING)
Invoke = Callable[[Any], tuple[int, bytes]]


@contextmanager
def rie(*command: str, **environment: str) -> Generator[Invoke]:
    """AWS's emulator around `command`: an event to the status and body of its answer."""
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        front, api = one.getsockname()[1], two.getsockname()[1]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        [
            str(RIE_PATH),
            "--runtime-interface-emulator-address",
            f"127.0.0.1:{front}",
            "--runtime-api-address",
            f"127.0.0.1:{api}",
            *command,
        ],
        env={"PATH": path, "AWS_LAMBDA_FUNCTION_NAME": "function", **environment},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def is_open() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", front)) == 0

    def invoke(event: Any) -> tuple[int, bytes]:
        url = f"http://127.0.0.1:{front}/2015-03-31/functions/function/invocations"
        request = urllib.request.Request(url, json.dumps(event).encode(), {"X-Amzn-Trace-Id": TRACE})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()

    try:
        until(is_open, "AWS's emulator listens")
        yield invoke
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def invocation(number: int) -> Invocation:
    event = json.dumps({"number": number}).encode()
    return Invocation(f"id-{number}", event, int(time.time() * 1000) + 60_000, "arn:aws:lambda", TRACE)


@pytest.mark.process
@needs_rie
def test_a_runtime_that_does_everything_wrong_gets_the_same_answers(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"

    with rie(sys.executable, str(RUNTIME), str(theirs)) as invoke:
        answers = [invoke({"number": number}) for number in range(3)]
        until(theirs.exists, "the runtime has written down what it saw")
    outcomes = asyncio.run(scripted(ours))

    seen: list[dict[str, Any]] = json.loads(ours.read_text())
    for answer in seen:
        # Lambda sends it always; the emulator, which traces nothing, never.
        answer.get("headers", ["lambda-runtime-trace-id"]).remove("lambda-runtime-trace-id")
    assert seen == json.loads(theirs.read_text())
    assert [type(outcome) for outcome in outcomes] == [Returned, Failed, Failed]
    payloads = [outcome.payload for outcome in outcomes if not isinstance(outcome, Streamed)]
    assert [payload for _, payload in answers[:2]] == payloads[:2]
    assert payloads[2] == (
        b'{"errorMessage": "Response payload size (6291558 bytes) exceeded maximum allowed payload size '
        b'(6291556 bytes).", "errorType": "Function.ResponseSizeTooLarge"}'
    )


async def scripted(file: Path) -> list[Outcome]:
    """The outcomes of three events through the Runtime API and the scripted runtime."""
    api = RuntimeApi(on_waiting=lambda: None)
    port = await api.start()
    runtime = await asyncio.create_subprocess_exec(
        sys.executable, str(RUNTIME), str(file), env={"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"}
    )
    outcomes = [await api.invoke(invocation(number)) for number in range(3)]
    await runtime.wait()
    await api.close()
    return outcomes


def events() -> dict[str, Any]:
    """Events as the HTTP API makes them, and some that no HTTP API sends."""

    def http(method: str, path: bytes, headers: Headers, body: bytes = b"") -> dict[str, Any]:
        request = Request(method, path, b"a=1", headers, body, Client("192.0.2.1", "http", 80))
        return to_event(request, Call("id=", TRACE, 0))

    json_type = (b"content-type", b"application/json")
    return {
        "hello": http("GET", b"/hello", []),
        "echo": http("POST", b"/echo", [json_type], '{"message": "añ日🎈"}'.encode()),
        "bad json": http("POST", b"/echo", [json_type], b"\xff"),
        "form": http("POST", b"/echo", [(b"content-type", b"application/x-www-form-urlencoded")], b"a=1"),
        "not found": http("GET", b"/caf%C3%A9", []),
        "head": http("HEAD", b"/hello", []),
        "nothing": {},
        "a list": [1, "2", None],
        "a string": "ping",
    }


@pytest.mark.process
@needs_rie
def test_the_same_handler_gives_the_same_results() -> None:
    variables = {"APP": "app:create_app()", "IDENTITY_HEADERS": "off"}
    with rie(str(ROOT / "serve" / "entrypoint.sh"), **variables) as invoke:
        theirs = {name: invoke(event) for name, event in events().items()}

    ours = asyncio.run(handled(variables))

    assert {name: (200, outcome) for name, outcome in ours.items()} == theirs


async def handled(variables: dict[str, str]) -> dict[str, bytes]:
    """The results of the events in an emulated instance."""
    reaper = Reaper()
    await reaper.start()
    log = Log("test", io.StringIO())
    instance = LambdaInstance("1", Settings(environment=variables), 60, log, reaper, on_end=lambda: None)
    await instance.initialise(60)
    outcomes = {
        name: await instance.invoke(json.dumps(event).encode(), TRACE) for name, event in events().items()
    }
    await instance.stop(0)
    await reaper.close()
    return {name: outcome.payload for name, outcome in outcomes.items() if isinstance(outcome, Returned)}


def test_an_event_waits_for_a_runtime_that_has_not_asked_yet() -> None:
    async def main() -> None:
        waits: list[str] = []
        api = RuntimeApi(on_waiting=lambda: waits.append("waits"))
        base = f"http://127.0.0.1:{await api.start()}/2018-06-01/runtime/invocation"
        async with aiohttp.ClientSession() as session:
            outcome = api.invoke(invocation(1))
            assert not api.taken

            async with session.get(f"{base}/next") as response:
                assert await response.json() == {"number": 1}
            assert api.taken

            async with session.post(f"{base}/id-1/response", data=b"1") as response:
                assert response.status == 202
            assert await outcome == Returned(b"1")
        assert waits == []
        await api.close()

    asyncio.run(main())


def test_an_invocation_right_after_a_response_in_pieces_has_an_outcome_of_its_own() -> None:
    async def main() -> None:
        api = RuntimeApi(on_waiting=lambda: None, streams=True)
        base = f"http://127.0.0.1:{await api.start()}/2018-06-01/runtime/invocation"
        mode = {"Lambda-Runtime-Function-Response-Mode": "streaming"}
        async with aiohttp.ClientSession() as session:
            first = api.invoke(invocation(1))
            async with session.get(f"{base}/next"):
                pass
            posted = asyncio.create_task(session.post(f"{base}/id-1/response", data=b"abc", headers=mode))
            streamed = await first
            assert isinstance(streamed, Streamed)
            assert b"".join([piece async for piece in streamed.pieces()]) == b"abc"

            second = api.invoke(invocation(2))
            async with await posted as response:
                assert response.status == 202
            assert not second.done()

            async with session.get(f"{base}/next") as response:
                assert await response.json() == {"number": 2}
            async with session.post(f"{base}/id-2/response", data=b"2"):
                pass
            assert await second == Returned(b"2")
        await api.close()

    asyncio.run(main())


def test_a_result_that_is_cut_off_is_no_result() -> None:
    async def main() -> None:
        api = RuntimeApi(on_waiting=lambda: None)
        port = await api.start()
        waiting = api.invoke(invocation(1))
        base = f"http://127.0.0.1:{port}/2018-06-01/runtime/invocation"
        async with aiohttp.ClientSession() as session:
            await (await session.get(f"{base}/next")).read()
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            head = "POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
            writer.write(head.encode())
            await writer.drain()
            writer.close()
            await writer.wait_closed()

            async with session.post(f"{base}/id-1/response", data=b"{}") as response:
                assert response.status == 202
        assert await waiting == Returned(b"{}")
        await api.close()

    asyncio.run(main())


def test_other_paths_are_not_found() -> None:
    async def main() -> list[int]:
        api = RuntimeApi(on_waiting=lambda: None)
        base = f"http://127.0.0.1:{await api.start()}"
        async with aiohttp.ClientSession() as session:
            paths = (
                "/",
                "/2018-06-01/runtime/",
                "/2018-06-01/runtime/other",
                "/2020-01-01/extension/register",
            )
            statuses = [(await session.get(base + path)).status for path in paths]
        await api.close()
        return statuses

    assert asyncio.run(main()) == [404] * 4


@pytest.mark.parametrize(
    ("engine", "system", "address", "root"),
    [
        ("process", "darwin", "127.0.0.1:9", str(ROOT)),
        ("docker", "linux", "127.0.0.1:9", "/var/task"),
        ("docker", "darwin", "host.docker.internal:9", "/var/task"),
    ],
)
def test_the_runtime_is_told_where_the_api_and_the_code_are(
    monkeypatch: pytest.MonkeyPatch, engine: str, system: str, address: str, root: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)

    variables = runtime_environment(Settings(engine=engine), 9)

    assert variables["AWS_LAMBDA_RUNTIME_API"] == address
    assert variables["LAMBDA_TASK_ROOT"] == root
