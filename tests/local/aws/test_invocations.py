"""Lambda's Invoke API before an emulated function: events that are no HTTP requests, as callers of AWS's send them."""

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.local.conftest import Emulate, Running

PATH = "/2015-03-31/functions/function/invocations"


@pytest.fixture(scope="module", params=["http-api", "function-url"])
def running(request: pytest.FixtureRequest, emulate_for_all: Emulate) -> Running:
    variables = {"EVENTS_PATH": "/event", "LOG_LEVEL": "CRITICAL"}
    return emulate_for_all("aws", door=request.param, environment=variables)


@pytest.fixture
def lambdas(running: Running) -> Any:
    return boto3.client(
        "lambda",
        endpoint_url=running.url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.mark.parametrize(
    "event", [{}, {"Records": [{"messageId": "1"}]}, [], "text", 1.5, None, {"é": "\x01"}]
)
def test_an_event_is_posted_to_the_apps_path_and_its_answer_is_the_result(
    lambdas: Any, event: object
) -> None:
    answer = lambdas.invoke(FunctionName="shop", Payload=json.dumps(event).encode())

    assert (answer["StatusCode"], answer["ExecutedVersion"], "FunctionError" in answer) == (
        200,
        "$LATEST",
        False,
    )
    assert json.load(answer["Payload"]) == {"event": event}


def test_an_event_that_the_app_does_not_take_is_a_failed_invocation(lambdas: Any) -> None:
    answer = lambdas.invoke(FunctionName="shop", Payload=b'{"fail": true}')

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.load(answer["Payload"])["errorType"] == "RuntimeError"


def test_an_event_of_an_http_request_gives_its_response(running: Running) -> None:
    event = {"version": "2.0", "requestContext": {"http": {"method": "GET", "path": "/pid"}}}

    assert running.ask(PATH, "POST", json.dumps(event).encode()).json["statusCode"] == 200


def test_a_caller_may_not_wait_or_only_ask(running: Running, lambdas: Any) -> None:
    answers = [
        lambdas.invoke(FunctionName="shop", InvocationType=kind, Payload=b"{}")["StatusCode"]
        for kind in ("Event", "DryRun")
    ]

    assert answers == [202, 204]


@pytest.mark.parametrize(
    ("body", "kind", "status", "message"),
    [
        (b"{", "Event", 400, "Could not parse request body into json: "),
        (b"\xff", "RequestResponse", 400, "Could not parse request body into json: "),
        (b"[" * 100_000, "RequestResponse", 400, "Could not parse request body into json: "),
        (b'"%s"' % (b"x" * 6_291_455), "RequestResponse", 413, "6291457 byte payload is too large"),
        (b"{}", "Later", 400, "'Later' is no invocation type: Event, RequestResponse or DryRun"),
    ],
)
def test_what_is_no_event_is_refused(
    running: Running, body: bytes, kind: str, status: int, message: str
) -> None:
    refused = running.ask(PATH, "POST", body, x_amz_invocation_type=kind)

    assert (refused.status, refused.json["Type"]) == (status, "User")
    assert refused.json["message"].startswith(message)


def test_other_requests_to_such_a_path_are_the_apps(running: Running) -> None:
    assert "x-instance-id" in running.ask(PATH).headers


def test_a_function_without_room_throttles(emulate: Emulate) -> None:
    running = emulate("aws", maximum=1)
    held = running.begin("/wait?seconds=3")
    running.wait_for_log("ready")

    refused = running.ask(PATH, "POST", b"{}")

    assert (refused.status, refused.json["message"]) == (429, "Rate Exceeded.")
    assert held.result().status == 200


def test_without_a_path_for_events_one_is_ignored(emulate: Emulate) -> None:
    running = emulate("aws")

    assert running.ask(PATH, "POST", b"").json == {"ignored": "not an HTTP request"}
