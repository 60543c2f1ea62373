"""An extension beside a runtime: it registers, and waits for as long as its instance lives."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from local.aws.runtime_api import RuntimeApi

Asked = Callable[[aiohttp.ClientSession], Awaitable[Any]]
NAMED = {"Lambda-Extension-Name": "adapter"}


def with_api(asked: Asked) -> Any:
    async def main() -> Any:
        api = RuntimeApi(on_waiting=lambda: None)
        base = f"http://127.0.0.1:{await api.start()}/2020-01-01/extension/"
        try:
            async with asyncio.timeout(30), aiohttp.ClientSession(base) as session:
                return await asked(session)
        finally:
            await api.close()

    return asyncio.run(main())


def test_one_without_events_registers_and_waits() -> None:
    async def asked(session: aiohttp.ClientSession) -> tuple[int, str, dict[str, str]]:
        async with session.post("register", json={"events": []}, headers=NAMED) as answer:
            name = answer.headers["Lambda-Extension-Identifier"]
            waiting = asyncio.ensure_future(
                session.get("event/next", headers={"Lambda-Extension-Identifier": name})
            )
            await asyncio.wait([waiting], timeout=0.1)
            assert not waiting.done()
            waiting.cancel()
            return answer.status, name, await answer.json()

    status, name, said = with_api(asked)

    assert (status, len(name)) == (200, 36)
    assert said == {"functionName": "scale-to-zero", "functionVersion": "$LATEST", "handler": ""}


@pytest.mark.parametrize(
    ("body", "headers", "status", "kind"),
    [
        ('{"events": ["INVOKE"]}', NAMED, 403, "Extension.InvalidEventType"),
        ("{}", {}, 403, "Extension.InvalidExtensionName"),
        ("[]", NAMED, 400, "InvalidRequestFormat"),
        ("{", NAMED, 400, "InvalidRequestFormat"),
    ],
)
def test_another_is_told_why_not(body: str, headers: dict[str, str], status: int, kind: str) -> None:
    async def asked(session: aiohttp.ClientSession) -> tuple[int, str]:
        async with session.post("register", data=body, headers=headers) as answer:
            return answer.status, (await answer.json())["errorType"]

    assert with_api(asked) == (status, kind)


def test_the_rest_of_the_api_is_there_or_not() -> None:
    async def asked(session: aiohttp.ClientSession) -> list[int]:
        statuses = list[int]()
        for method, path in (
            ("POST", "init/error"),
            ("POST", "exit/error"),
            ("GET", "register"),
            ("POST", "a"),
        ):
            async with session.request(method, path) as answer:
                statuses.append(answer.status)
        return statuses

    assert with_api(asked) == [202, 202, 404, 404]
