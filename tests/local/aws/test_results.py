"""A function's result to the response that an HTTP API makes of it."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.aws.results import FAILED, to_answer
from local.http.message import Answer


def make_answer(status: int, headers: dict[str, str], body: bytes = b"") -> Answer:
    return Answer(status, [(name.encode(), value.encode()) for name, value in headers.items()], body)


def result(**parts: Any) -> bytes:
    return json.dumps(parts).encode()


@pytest.mark.parametrize(
    ("payload", "status", "content_type", "body"),
    [
        (b'"Hello from Lambda!"', 200, b"application/json", b"Hello from Lambda!"),
        (b'{ "message": "Hello" }', 200, b"application/json", b'{ "message": "Hello" }'),
        (b"[1, 2]", 200, b"application/json", b"[1, 2]"),
        (b"null", 200, b"application/json", b"null"),
        (b'{"name": "John Doe", "age":', 200, b"application/json", b'{"name": "John Doe", "age":'),
        (b'"\\ud83c\\udf88"', 200, b"application/json", "🎈".encode()),
    ],
)
def test_a_result_without_a_status_code_is_the_body(
    payload: bytes, status: int, content_type: bytes, body: bytes
) -> None:
    length = str(len(body)).encode()
    expected = Answer(status, [(b"content-type", content_type), (b"content-length", length)], body)

    assert to_answer(payload, "GET") == expected


def test_a_result_says_status_headers_cookies_and_body() -> None:
    payload = result(
        statusCode=201,
        headers={"Content-Type": "text/html", "X-Number": 1, "X-Flag": True, "X-Null": None},
        cookies=["a=1; Path=/", "b=2"],
        body="<p>naïve</p>",
        ignored={"multiValueHeaders": "belong to format 1.0"},
    )

    assert to_answer(payload, "GET") == Answer(
        201,
        [
            (b"set-cookie", b"a=1; Path=/"),
            (b"set-cookie", b"b=2"),
            (b"content-type", b"text/html"),
            (b"x-number", b"1"),
            (b"x-flag", b"true"),
            (b"content-length", b"13"),
        ],
        "<p>naïve</p>".encode(),
    )


@given(st.binary())
def test_a_base64_body_is_decoded(body: bytes) -> None:
    payload = result(
        statusCode=200,
        headers={"content-type": "image/png"},
        body=base64.b64encode(body).decode(),
        isBase64Encoded=True,
    )

    answer = to_answer(payload, "GET")

    assert answer == make_answer(200, {"content-type": "image/png", "content-length": str(len(body))}, body)


@pytest.mark.parametrize(
    ("payload", "method", "answer"),
    [
        # a body without a type gets one, an empty body does not
        (
            result(statusCode=200, body="x"),
            "GET",
            make_answer(200, {"content-type": "text/plain; charset=utf-8", "content-length": "1"}, b"x"),
        ),
        (result(statusCode="200"), "GET", make_answer(200, {"content-length": "0"})),
        (result(statusCode=204, body="x"), "GET", make_answer(204, {})),
        (result(statusCode=304, headers={"ETag": "e"}), "GET", make_answer(304, {"etag": "e"})),
        # a length that is wrong is put right, that of a HEAD stays
        (
            result(statusCode=200, headers={"Content-Length": "9"}),
            "GET",
            make_answer(200, {"content-length": "0"}),
        ),
        (
            result(statusCode=200, headers={"Content-Length": "9"}),
            "HEAD",
            make_answer(200, {"content-length": "9"}),
        ),
        (
            result(statusCode=200, headers={"Content-Length": "?"}),
            "HEAD",
            make_answer(200, {"content-length": "0"}),
        ),
        # what belongs to one connection goes
        (
            result(statusCode=200, headers={"Connection": "close", "Transfer-Encoding": "chunked"}),
            "GET",
            make_answer(200, {"content-length": "0"}),
        ),
    ],
)
def test_a_result_is_made_into_a_proper_response(payload: bytes, method: str, answer: Answer) -> None:
    assert to_answer(payload, method) == answer


@pytest.mark.parametrize(
    "wrong",
    [
        {"statusCode": "many"},
        {"statusCode": None},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 101},
        {"statusCode": 1000},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": ["b"]}},
        {"statusCode": 200, "headers": {"a": "b\r\nset-cookie: c"}},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "headers": {"": "c"}},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "not base64", "isBase64Encoded": True},
        {"statusCode": 200, "body": "eA==", "isBase64Encoded": "yes"},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "cookies": [None]},
    ],
)
def test_a_malformed_result_is_an_internal_server_error(wrong: dict[str, Any]) -> None:
    assert to_answer(json.dumps(wrong).encode(), "GET") == FAILED


def test_the_http_apis_own_errors_have_its_form() -> None:
    expected = make_answer(
        500,
        {"content-type": "application/json", "content-length": "35"},
        b'{"message":"Internal Server Error"}',
    )

    assert expected == FAILED


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
RESULTS = JSON | st.fixed_dictionaries(
    {"statusCode": JSON | st.sampled_from([200, 204, "404"])},
    optional={
        "headers": JSON | st.dictionaries(st.text(), st.text()),
        "cookies": JSON | st.lists(st.text()),
        "body": JSON,
        "isBase64Encoded": JSON,
    },
)


@given(RESULTS.map(json.dumps).map(str.encode) | st.binary(), st.sampled_from(["GET", "HEAD"]))
def test_any_result_becomes_a_response_that_can_be_sent(payload: bytes, method: str) -> None:
    answer = to_answer(payload, method)

    assert 200 <= answer.status <= 599
    assert all(isinstance(name, bytes) and b"\n" not in name + value for name, value in answer.headers)
    lengths = [int(value) for name, value in answer.headers if name == b"content-length"]
    assert lengths == ([] if answer.status in (204, 304) else [len(answer.body)]) or method == "HEAD"
