"""The same events through AWS's own Runtime Interface Emulator: the process answers as the handler does."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app import create_app
from serve.aws_lambda import make_handler, wsgi_caller
from tests.serve.conftest import under_rie
from tests.serve.doors import Invoke, Start
from tests.serve.lambda_events import SHAPES

REQUESTS: dict[str, dict[str, Any]] = {
    "a greeting": {"path": "/hello", "query": "a=1&a=2"},
    "an echo beyond ASCII": {
        "method": "POST",
        "path": "/echo",
        "headers": [("content-type", "application/json")],
        "body": json.dumps({"message": "cafe\u0301 日本"}).encode(),
    },
    "a body that is not JSON": {
        "method": "POST",
        "path": "/echo",
        "headers": [("content-type", "application/json")],
        "body": b"\xff\x00",
    },
    "a path that is not there": {"path": "/r/%E6%97%A5"},
    "a HEAD": {"method": "HEAD", "path": "/hello"},
}
NO_REQUESTS: list[Any] = [{}, [], "warm up", {"Records": []}]


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_every_shape_of_event_gets_the_handlers_own_result(
    shape: str, hello_under_rie: Invoke, request_: dict[str, Any]
) -> None:
    event = SHAPES[shape](**request_)

    assert hello_under_rie(event) == make_handler(wsgi_caller(create_app()))(event, None)


@pytest.mark.parametrize("event", NO_REQUESTS)
def test_what_is_no_request_is_answered_too(hello_under_rie: Invoke, event: Any) -> None:
    assert hello_under_rie(event) == {"ignored": "not an HTTP request"}


def test_a_response_past_the_limit_is_a_500_and_the_same_instance_answers_the_next(
    rie: Callable[..., Invoke],
) -> None:
    invoke = rie(APP="tests.serve.apps:huge")

    paths = ("/small", "/huge", "/small", "/header", "/small")
    answers = [invoke(SHAPES["HTTP API, payload 2.0"](path=path)) for path in paths]

    assert [answer["statusCode"] for answer in answers] == [200, 500, 200, 500, 200]
    assert answers[1]["body"] == answers[3]["body"] == '{"message":"Internal Server Error"}'
    first, _, _, _, last = (answer["headers"] for answer in answers)
    assert first["x-instance-id"] == last["x-instance-id"]
    assert (first["x-instance-request"], last["x-instance-request"]) == ("1", "5")


@pytest.mark.parametrize("app", ["wsgi", "asgi"])
def test_a_response_in_pieces_is_taken_and_so_is_the_one_after_a_failure_amid_it(
    start: Start, app: str
) -> None:
    """The emulator hands its caller all pieces at once, and drops what says that a response is not whole."""
    variables = {
        "APP": f"tests.serve.streams:{app}",
        "INVOKE_MODE": "response_stream",
        "IDENTITY_HEADERS": "off",
    }
    invoke = under_rie(start, variables, read=bytes)

    answers = [
        invoke(SHAPES["function URL"](path=path)) for path in ("/plain", "/raise-midway", "/empty", "/raise")
    ]

    heads, bodies = zip(*(answer.split(bytes(8)) for answer in answers), strict=True)
    assert [json.loads(head)["statusCode"] for head in heads] == [200, 200, 200, 500]
    assert bodies == (b"12345678", b"the first", b"", b'{"message":"Internal Server Error"}')
