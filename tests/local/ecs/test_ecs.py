"""ECS Express Mode on this machine: real requests, real tasks of gunicorn behind its load balancer."""

import asyncio
import contextlib
import json
import os
from functools import partial
from pathlib import Path

import pytest

import platforms
from local import EmulatorError, Settings
from local.ecs import Service, environment
from local.ecs.load_balancer import FAILURES
from local.http.proxy import NoResponseError, Proxy, TooLateError
from local.instances import ports
from local.instances.health import HealthCheck
from local.instances.process import Reaper
from local.instances.server import Backend, Server
from local.log import Log
from local.settings import Behaviour, behaviour
from tests.local.conftest import Emulate, Running, until
from tests.local.services import Serving, serving
from tests.local.services import until as wait_until


@pytest.fixture(scope="module")
def ecs(emulate_for_all: Emulate) -> Running:
    """A service of one task that several tests share."""
    return emulate_for_all("ecs")


def test_the_tasks_run_before_any_request_and_take_turns(emulate: Emulate) -> None:
    ecs = emulate("ecs", app=None, minimum=2)
    ecs.wait_for_log(" ready: ", 2)

    answers = [ecs.ask("/hello") for _ in range(4)]

    assert [answer.json for answer in answers] == [{"message": "Hello from Flask!"}] * 4
    first, second, *others = [answer.instance for answer in answers]
    assert first != second
    assert others == [first, second]
    assert [answer.number for answer in answers] == [1, 1, 2, 2]


def test_a_task_has_the_variables_of_fargate_and_as_many_threads_as_the_image_has(ecs: Running) -> None:
    seen: dict[str, str] = ecs.ask("/environment").json

    expected = {"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE", "AWS_REGION": "us-east-1"}
    assert seen.items() >= expected.items()
    assert int(seen["PORT"]) > 0
    assert "THREADS" not in seen
    assert "ECS_CONTAINER_METADATA_URI_V4" not in seen


def test_a_request_arrives_with_what_the_load_balancer_adds_and_the_answer_as_the_task_gave_it(
    ecs: Running,
) -> None:
    answer = ecs.ask("/request", x_forwarded_for="192.0.2.1", x_amzn_trace_id="Root=1-67891233-abcdef")

    seen = answer.json
    assert seen["HTTP_X_FORWARDED_FOR"] == "192.0.2.1, 127.0.0.1"
    assert seen["HTTP_X_FORWARDED_PROTO"] == "http"
    assert seen["HTTP_X_FORWARDED_PORT"] == ecs.url.rpartition(":")[2]
    assert seen["HTTP_X_AMZN_TRACE_ID"].startswith("Self=1-")
    assert seen["HTTP_X_AMZN_TRACE_ID"].endswith(";Root=1-67891233-abcdef")
    assert answer.headers["server"] == "gunicorn"


def test_what_a_task_cannot_take_at_once_waits_in_it_and_is_not_refused(
    emulate: Emulate, tmp_path: Path
) -> None:
    ecs = emulate("ecs", environment={"THREADS": "2"})
    gate = tmp_path / "gate"
    gate.touch()

    requests = [ecs.begin(f"/wait?gate={gate}&begun={tmp_path}/{n}") for n in range(5)]
    until(lambda: len(list(tmp_path.glob("[0-9]"))) == 2, "as many as there are threads have begun")
    gate.unlink()
    answers = [request.result() for request in requests]

    assert [answer.status for answer in answers] == [200] * 5
    assert max(answer.json["active"] for answer in answers) == 2
    assert ecs.log().count(" starting") == 1


def test_a_task_that_dies_is_replaced_and_until_then_there_is_none(emulate: Emulate, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    ecs = emulate("ecs", app="tests.local.apps:gated()", environment={"GATE": str(gate)})
    pid = ecs.ask("/").json["pid"]
    request = ecs.begin(f"/wait?seconds=60&begun={tmp_path}/begun")
    until((tmp_path / "begun").exists, "the request has begun")
    gate.touch()

    os.killpg(os.getpgid(pid), 9)
    cut = request.result()
    ecs.wait_for_log("instance 2 starting")
    none = ecs.ask("/")
    gate.unlink()
    ecs.wait_for_log("instance 2 ready")

    assert (cut.status, cut.body) == (502, FAILURES[NoResponseError].body)
    assert (none.status, none.headers["server"]) == (503, "awselb/2.0")
    assert ecs.ask("/").json["pid"] != pid


def test_a_response_whose_head_is_too_long_is_a_bad_gateway(ecs: Running) -> None:
    assert ecs.ask("/long-header?size=32768").status == 502
    assert ecs.ask("/long-header?size=32000").status == 200


def test_an_app_that_never_becomes_healthy_is_not_deployed(emulate: Emulate) -> None:
    with pytest.raises(EmulatorError, match="first task did not become healthy: exited with"):
        emulate("ecs", app="tests.local.apps:broken()")


@pytest.mark.process
def test_a_task_that_says_nothing_for_a_minute_is_a_gateway_timeout(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()

    async def main() -> None:
        async with one_task() as service:
            request = asyncio.create_task(service.ask(f"/wait?gate={gate}&begun={tmp_path}/begun"))
            await wait_until((tmp_path / "begun").exists, "the request has begun")
            service.clock.forward(61)

            assert await request == (504, FAILURES[TooLateError].body)
            gate.unlink()
            assert (await service.ask("/"))[0] == 200

    asyncio.run(main())


@pytest.mark.process
def test_a_response_may_take_longer_than_a_minute_in_which_nothing_comes(tmp_path: Path) -> None:
    gates = [tmp_path / "gate", tmp_path / "then"]
    for gate in gates:
        gate.touch()

    async def main() -> None:
        async with (
            one_task() as service,
            service.session.get(f"{service.url}/stream?gate={gates[0]}&then={gates[1]}") as response,
        ):
            pieces = [await response.content.readany()]
            for gate in gates:
                service.clock.forward(50)
                gate.unlink()
                pieces.append(await response.content.readany())

            assert pieces == [b"first ", b"second", b"third"]
            assert await response.read() == b""

    asyncio.run(main())


@pytest.mark.process
def test_a_sick_task_serves_until_another_has_taken_its_place_and_its_requests_end(tmp_path: Path) -> None:
    start, work = tmp_path / "start", tmp_path / "work"
    check = HealthCheck(interval=0.05, timeout=10, failures=2)

    async def main() -> None:
        async with one_task(check, app="tests.local.apps:gated()", GATE=str(start)) as service:
            before = await service.ask("/")
            start.touch()
            work.touch()
            request = asyncio.create_task(service.ask(f"/wait?gate={work}&begun={tmp_path}/begun"))
            await wait_until((tmp_path / "begun").exists, "the request has begun")

            await service.ask("/sicken")
            await wait_until(lambda: "instance 2 starting" in service.log, "another is started")
            meanwhile = await service.ask("/")
            start.unlink()
            await wait_until(lambda: "instance 2 ready" in service.log, "it is ready")
            after = await service.ask("/")
            gone_early = "instance 1 gone" in service.log
            work.unlink()

            assert "instance 1 unhealthy: 2 checks failed, GET /health answered 500" in service.log
            assert meanwhile == before
            assert after[0] == 200
            assert after[1] != before[1]
            assert not gone_early
            assert (await request)[0] == 200
            await wait_until(lambda: "instance 1 gone: replaced" in service.log, "the sick one goes")

    asyncio.run(main())


@pytest.mark.process
def test_a_task_that_is_sick_soon_after_its_start_is_left_alone_for_as_long_as_ecs_does() -> None:
    check = HealthCheck(interval=0.05, timeout=10, failures=2, grace=300)

    async def main() -> None:
        async with one_task(check) as service:
            await service.ask("/sicken")
            async with asyncio.timeout(60):
                while json.loads((await service.ask("/checks"))[1])["failed"] < 4:
                    pass
            early = service.log
            service.clock.forward(300)

            await wait_until(lambda: "instance 2 ready" in service.log, "it is replaced")
            assert "unhealthy" not in early

    asyncio.run(main())


class Deaf(Service):
    """A service to whose task no connection can be made, though it lives and passes its checks."""

    def __init__(self, settings: Settings, behaviour: Behaviour, log: Log, reaper: Reaper) -> None:
        super().__init__(settings, behaviour, log, reaper)
        become_healthy = self._watch.become_healthy

        async def ready(server: Server) -> str | None:
            problem = await become_healthy(server)
            await server.proxy.close()
            server.proxy = Proxy(ports.free_port())
            return problem

        self._backend = Backend(
            settings,
            behaviour,
            log,
            reaper,
            environment=environment,
            ready=ready,
            grace=platforms.limit("ecs", "stop_grace"),
        )


@pytest.mark.process
def test_a_task_that_takes_no_connection_is_a_bad_gateway_and_stays() -> None:
    async def main() -> None:
        settings = Settings(app="tests.local.apps:app")
        async with serving(Deaf, settings, behaviour("ecs", settings)) as service:
            answers = [await service.ask("/") for _ in range(2)]

            assert answers == [(502, FAILURES[NoResponseError].body)] * 2
            assert " gone" not in service.log

    asyncio.run(main())


def one_task(
    check: HealthCheck | None = None, app: str = "tests.local.apps:app", **environment: str
) -> "contextlib.AbstractAsyncContextManager[Serving]":
    """A service of one task in the test's own process, checked as ECS would or by `check`."""
    settings = Settings(app=app, environment=environment)
    return serving(partial(Service, check=check), settings, behaviour("ecs", settings))
