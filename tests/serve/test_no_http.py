"""Events that are no HTTP requests: each a POST to a path of the app that no client reaches."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st

from serve.aws_lambda import make_handler, wsgi_caller
from serve.events.no_http import EventFailedError
from serve.messages import Response
from tests.serve.doors import Invoke, Start
from tests.serve.lambda_events import SHAPES, payload_v2
from tests.serve.runtime import runtime_api

SQS = {
    "Records": [{"messageId": "1", "body": "a", "eventSource": "aws:sqs"}, {"messageId": "2", "body": "b"}]
}
SCHEDULE = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


def create_app() -> Flask:
    """An app that answers an event as the event itself says."""
    app = Flask(__name__)

    @app.post("/events")
    def take() -> Any:
        event: Any = request.get_json()
        assert request.environ["aws.event"] == event
        match event:
            case {"Records": records}:
                return {
                    "batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in records[1:]]
                }
            case {"answer": [status, body]}:
                return str(body), int(status)
            case {"raise": _}:
                raise RuntimeError("the secret of the inside")
            case {"exit": _}:
                raise SystemExit(3)
            case _:
                return {"taken": event}

    return app


@pytest.fixture(scope="module")
def handler() -> Callable[[Any, Any], Any]:
    return make_handler(wsgi_caller(create_app()), events_path="/events")


@given(
    event=st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_an_event_reaches_the_app_as_it_is(event: Any) -> None:
    handle = make_handler(_mirror, events_path="/events")

    assert handle(event, None) == event


def _mirror(environ: dict[str, Any]) -> Response:
    assert (environ["REQUEST_METHOD"], environ["PATH_INFO"]) == ("POST", "/events")
    assert environ["CONTENT_TYPE"] == "application/json"
    return "200 OK", [], environ["wsgi.input"].read()


def test_the_messages_of_sqs_that_failed_are_named_in_the_result(handler: Callable[[Any, Any], Any]) -> None:
    assert handler(SQS, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}


@pytest.mark.parametrize(
    ("answer", "result"),
    [([200, '{"a": 1}'], {"a": 1}), ([202, "plain"], "plain"), ([204, ""], None)],
)
def test_an_answer_of_success_is_the_result(
    handler: Callable[[Any, Any], Any], answer: list[Any], result: Any
) -> None:
    assert handler({"answer": answer}, None) == result


@pytest.mark.parametrize(
    "event", [{"answer": [500, "no"]}, {"answer": [404, ""]}, {"answer": [302, ""]}, {"raise": 1}]
)
def test_any_other_answer_is_a_failed_invocation(handler: Callable[[Any, Any], Any], event: Any) -> None:
    with pytest.raises(EventFailedError, match="the app answered the event with"):
        handler(event, None)


def test_an_app_that_exits_is_a_failed_invocation(handler: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(EventFailedError, match="the app ended with SystemExit: 3"):
        handler({"exit": 1}, None)


def test_the_weekly_call_is_no_event(handler: Callable[[Any, Any], Any]) -> None:
    assert handler({"wakeUp": True}, None) == {"ignored": "not an HTTP request"}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/events", "/events/", "//events", "/%65vents", "/%2Fevents", "/events//"])
def test_a_client_that_asks_for_the_path_is_refused(
    handler: Callable[[Any, Any], Any], shape: str, method: str, path: str
) -> None:
    event = SHAPES[shape](
        method=method, path=path, body=json.dumps(SQS).encode() if method == "POST" else None
    )

    assert handler(event, None)["statusCode"] == 403


@pytest.mark.parametrize("path", ["/events2", "/a/events", "/event", "/"])
def test_other_paths_are_the_apps(handler: Callable[[Any, Any], Any], path: str) -> None:
    assert handler(SHAPES["function URL"](path=path), None)["statusCode"] == 404


def test_without_a_path_events_are_ignored() -> None:
    assert make_handler(wsgi_caller(create_app()))(SQS, None) == {"ignored": "not an HTTP request"}


VARIABLES = {
    "APP": "tests.serve.test_no_http:create_app()",
    "EVENTS_PATH": "/events/",
}


def test_a_failed_event_is_told_to_lambda_and_the_instance_takes_the_next(start: Start) -> None:
    with runtime_api([SQS, {"answer": [500, "no"]}, SCHEDULE]) as api:
        process = start(AWS_LAMBDA_RUNTIME_API=api.address, **VARIABLES)
        heard = api.wait(3)
        process.terminate()
        process.communicate(timeout=30)

    assert [path.rpartition("/")[2] for path, _ in heard] == ["response", "error", "response"]
    assert heard[0][1] == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert heard[1][1]["errorType"] == "EventFailedError"
    assert heard[2][1] == {"taken": SCHEDULE}


@pytest.mark.parametrize("path", ["/shop/events", "/shop//events/", "/events"])
def test_below_a_base_path_it_is_refused_too(start: Start, path: str) -> None:
    with runtime_api([payload_v2(path=path), SQS]) as api:
        process = start(AWS_LAMBDA_RUNTIME_API=api.address, BASE_PATH="/shop", **VARIABLES)
        refused, taken = api.wait(2)
        process.terminate()
        process.communicate(timeout=30)

    assert refused[1]["statusCode"] == 403
    assert taken[1] == {"batchItemFailures": [{"itemIdentifier": "2"}]}


def test_behind_a_function_url_the_path_is_refused_too(start: Start) -> None:
    with runtime_api([SHAPES["function URL"](path="/events")]) as api:
        process = start(AWS_LAMBDA_RUNTIME_API=api.address, INVOKE_MODE="response_stream", **VARIABLES)
        ((_, body),) = api.wait(1)
        process.terminate()
        process.communicate(timeout=30)

    assert json.loads(body.partition(bytes(8))[0])["statusCode"] == 403


def test_awss_emulator_hands_events_through(rie: Callable[..., Invoke]) -> None:
    invoke = rie(**VARIABLES, LOG_LEVEL="CRITICAL")

    assert invoke(SQS) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert invoke({"answer": [500, "no"]})["errorType"] == "EventFailedError"
    assert invoke(SCHEDULE) == {"taken": SCHEDULE}


@pytest.mark.parametrize("path", ["events", "/", "//events", "/a//b", "/caf\xe9"])
def test_what_is_no_path_ends_the_process_with_one_line(start: Start, path: str) -> None:
    process = start(AWS_LAMBDA_RUNTIME_API="127.0.0.1:9", EVENTS_PATH=path)

    out, err = process.communicate(timeout=30)

    assert process.returncode != 0
    assert f"EVENTS_PATH is {path!r}; it is a path of the app below its root, such as /events" in out + err
