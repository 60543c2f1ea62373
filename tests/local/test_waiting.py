"""What takes a platform many seconds, with shorter numbers: waits at the maximum and slow starts."""

import asyncio
import io
from pathlib import Path

import pytest

from local import Settings, gcp
from local.aws.instance import LambdaInstance
from local.aws.runtime_api import Failed, Returned
from local.instances.process import Reaper
from local.log import Log
from local.scaling import Policy
from local.settings import Behaviour
from tests.local.services import serving, until

EVENT = b"{}"
TRACE = "Root=1-0-0"


@pytest.mark.process
def test_at_cloud_runs_maximum_a_request_waits_for_its_turn_and_too_long_a_wait_is_refused(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        gate = tmp_path / "gate"
        gate.touch()
        behaviour = Behaviour(
            Policy(concurrency=1, minimum=0, maximum=1, idle_seconds=60, wait_seconds=1.5), 60, 60
        )
        async with serving(gcp.Service, Settings(app="tests.local.apps:app"), behaviour) as service:
            first = asyncio.create_task(service.ask(f"/wait?gate={gate}&begun={tmp_path}/begun"))
            await until((tmp_path / "begun").exists, "the first has begun")

            assert await service.ask("/") == (429, b"Rate exceeded.")

            second = asyncio.create_task(service.ask("/"))
            gate.unlink()
            assert ((await first)[0], (await second)[0]) == (200, 200)

    asyncio.run(main())


@pytest.mark.process
def test_a_lambda_init_over_its_limit_is_run_again_under_the_functions_timeout() -> None:
    async def main() -> None:
        log, reaper, settings = await _world("1")
        instance = LambdaInstance("1", settings, 60, log[0], reaper, on_end=lambda: None)
        await instance.initialise(0.5)

        assert "init failed: the runtime did not ask for an event within 0.5 s" in log[1].getvalue()
        assert await instance.invoke(EVENT, TRACE) == Returned(b'{"ignored": "not an HTTP request"}')

        await instance.stop(0)
        await reaper.close()

    asyncio.run(main())


@pytest.mark.process
def test_a_lambda_init_that_is_over_the_functions_timeout_too_is_a_failed_invocation() -> None:
    async def main() -> None:
        ends: list[str] = []
        log, reaper, settings = await _world("60")
        instance = LambdaInstance("1", settings, 0.5, log[0], reaper, on_end=lambda: ends.append("ended"))
        await instance.initialise(0.2)

        outcome = await instance.invoke(EVENT, TRACE)

        assert isinstance(outcome, Failed)
        assert outcome.error_type == "Runtime.InitError"
        assert b"did not ask for an event within 0.5 s" in outcome.payload
        assert ends == ["ended"]
        await reaper.close()

    asyncio.run(main())


async def _world(start_seconds: str) -> tuple[tuple[Log, io.StringIO], Reaper, Settings]:
    stream = io.StringIO()
    reaper = Reaper()
    await reaper.start()
    settings = Settings(app="tests.local.apps:slow()", environment={"START_SECONDS": start_seconds})
    return (Log("test", stream), stream), reaper, settings
