"""App Runner on this machine: real requests, real instances of gunicorn."""

import asyncio
import os
from functools import partial
from pathlib import Path

import pytest

from local import EmulatorError, Settings
from local.apprunner import Service
from local.instances.health import HealthCheck
from local.scaling import Policy
from local.settings import Behaviour
from tests.local.conftest import Emulate, Running, until
from tests.local.services import serving
from tests.local.services import until as wait_until


@pytest.fixture(scope="module")
def apprunner(emulate_for_all: Emulate) -> Running:
    """A service that several tests share."""
    return emulate_for_all("apprunner")


def test_an_instance_runs_before_any_request(emulate: Emulate) -> None:
    apprunner = emulate("apprunner", app=None, idle_seconds=0)
    assert "instance 1 ready" in apprunner.log()

    answers = [apprunner.ask("/hello"), apprunner.ask("/hello")]

    assert [answer.json for answer in answers] == [{"message": "Hello from Flask!"}] * 2
    assert [answer.number for answer in answers] == [1, 2]
    assert answers[0].headers["server"] == "envoy"
    assert " gone" not in apprunner.log()


def test_a_request_arrives_with_what_the_front_end_adds(apprunner: Running) -> None:
    seen = apprunner.ask("/request", x_forwarded_for="192.0.2.1", x_envoy_mine="1").json

    assert seen["HTTP_X_FORWARDED_FOR"] == "192.0.2.1,127.0.0.1"
    assert seen["HTTP_X_FORWARDED_PROTO"] == "http"
    assert len(seen["HTTP_X_REQUEST_ID"]) == 36
    assert "HTTP_X_ENVOY_MINE" not in seen


def test_beyond_all_concurrency_a_request_is_refused_at_once(emulate: Emulate, tmp_path: Path) -> None:
    apprunner = emulate("apprunner", concurrency=2, maximum=1)
    gate = tmp_path / "gate"
    gate.touch()
    requests = [apprunner.begin(f"/wait?gate={gate}&begun={tmp_path}/{n}") for n in range(2)]
    until(lambda: all((tmp_path / str(n)).exists() for n in range(2)), "both have begun")

    refused = apprunner.ask("/")
    gate.unlink()

    assert refused.status == 429
    assert [request.result().status for request in requests] == [200, 200]


def test_an_instance_that_dies_is_replaced_without_a_request(apprunner: Running) -> None:
    pid = apprunner.ask("/").json["pid"]
    starts = apprunner.log().count(" ready: ")

    os.killpg(os.getpgid(pid), 9)

    apprunner.wait_for_log(" ready: ", starts + 1)
    assert apprunner.ask("/").json["pid"] != pid


@pytest.mark.process
def test_an_instance_whose_health_checks_fail_is_replaced() -> None:
    async def main() -> None:
        behaviour = Behaviour(Policy(concurrency=2, minimum=1, maximum=2, idle_seconds=60), 60, 60)
        settings = Settings(app="tests.local.apps:app")
        make = partial(Service, check=HealthCheck(interval=0.05, timeout=10, failures=2))
        async with serving(make, settings, behaviour) as service:
            before = await service.ask("/")
            await service.ask("/sicken")

            await wait_until(lambda: "instance 2 ready" in service.log, "it is replaced")

            assert "instance 1 gone: 2 checks failed, GET /health answered 500" in service.log
            assert (await service.ask("/"))[1] != before[1]

    asyncio.run(main())


def test_an_app_that_never_becomes_healthy_is_not_deployed(emulate: Emulate) -> None:
    with pytest.raises(EmulatorError, match="first instance did not become healthy: exited with"):
        emulate("apprunner", app="tests.local.apps:broken()")
