"""Conformance of the Lambda door, requests: each rule of HTTP, for each shape of event that carries it."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from serve.aws_lambda import make_handler, wsgi_caller
from tests.serve import lambda_events
from tests.serve.lambda_events import SHAPES

# What these shapes carry of a repeated name is one value: the platform drops the others.
ONE_QUERY_VALUE = {"load balancer, single values", "VPC Lattice, version 1"}
ONE_HEADER_VALUE = {"load balancer, single values"}


def mirror(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """What reached the app, as JSON; text is shown as the bytes that WSGI makes of it."""
    seen = {key: value for key, value in environ.items() if isinstance(value, str)}
    seen["body"] = environ["wsgi.input"].read().hex()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(seen).encode()]


def seen_by_app(event: dict[str, Any]) -> dict[str, str]:
    result = make_handler(wsgi_caller(mirror))(event, None)
    assert result["statusCode"] == 200
    return json.loads(result["body"])


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_method_arrives(shape: str, method: str) -> None:
    seen: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ["REQUEST_METHOD"])
        start_response("204 No Content", [])
        return []

    make_handler(wsgi_caller(app))(SHAPES[shape](method), None)

    assert seen == [method]


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("/", "/"),
        ("/hello", "/hello"),
        ("/hello/", "/hello/"),
        ("/a%20b+c", "/a b+c"),
        ("/a%2Fb", "/a/b"),
        ("/once%252Fonly", "/once%2Fonly"),
        ("/r/caf%C3%A9", "/r/café"),
        ("/r/%E6%97%A5%E6%9C%AC", "/r/日本"),
        ("/what%3Fis=this%23", "/what?is=this#"),
    ],
)
def test_a_path_is_decoded_exactly_once(shape: str, sent: str, seen: str) -> None:
    environ = seen_by_app(SHAPES[shape](path=sent))

    assert environ["PATH_INFO"].encode("latin-1").decode() == seen


@pytest.mark.parametrize(
    "query",
    [
        "",
        "a=1",
        "a=1&b=2",
        "empty=&other=x",
        "plus=a%2Bb&space=a+b&also=a%20b",
        "encoded=%26%3D%23%3F&percent=100%25",
        "name%5B%5D=bracket",
        "caf%C3%A9=%E6%97%A5%E6%9C%AC",
        "a=1&a=2&a=1",
    ],
)
def test_a_query_keeps_its_pairs(shape: str, query: str) -> None:
    environ = seen_by_app(SHAPES[shape](query=query))

    expected = parse_qsl(query, keep_blank_values=True)
    if shape in ONE_QUERY_VALUE:
        expected = list(dict(expected).items())
    assert parse_qsl(environ["QUERY_STRING"], keep_blank_values=True) == expected


def test_a_raw_non_ascii_query_arrives_as_its_utf_8_bytes(shape: str) -> None:
    environ = seen_by_app(SHAPES[shape](query="q=日本"))

    assert parse_qsl(environ["QUERY_STRING"].encode("latin-1").decode()) == [("q", "日本")]


def test_a_raw_non_ascii_query_in_lattices_path_arrives_as_its_utf_8_bytes() -> None:
    environ = seen_by_app(lambda_events.lattice_v1(path="/a?q=日本"))

    assert environ["QUERY_STRING"].encode("latin-1").decode() == "q=日本"


def test_headers_arrive_by_their_wsgi_names_whatever_their_case(shape: str) -> None:
    environ = seen_by_app(SHAPES[shape](headers=[("X-Custom-NAME", "value"), ("Content-Type", "text/plain")]))

    assert environ["HTTP_X_CUSTOM_NAME"] == "value"
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert "HTTP_CONTENT_TYPE" not in environ


def test_repeated_headers_are_joined_by_commas(shape: str) -> None:
    environ = seen_by_app(SHAPES[shape](headers=[("x-many", "1"), ("x-many", "2,3")]))

    assert environ["HTTP_X_MANY"] == ("2,3" if shape in ONE_HEADER_VALUE else "1,2,3")


def test_a_header_with_an_underscore_cannot_pose_as_another(shape: str) -> None:
    environ = seen_by_app(SHAPES[shape](headers=[("x_forwarded_user", "admin")]))

    assert "HTTP_X_FORWARDED_USER" not in environ


def test_header_values_beyond_ascii_do_not_break_the_request(shape: str) -> None:
    environ = seen_by_app(SHAPES[shape](headers=[("x-latin", "caf\xe9"), ("x-wide", "日本")]))

    assert environ["HTTP_X_LATIN"] == "caf\xe9"
    assert environ["HTTP_X_WIDE"].encode("latin-1").decode() == "日本"


def test_cookies_arrive_once_as_one_header(shape: str) -> None:
    environ = seen_by_app(SHAPES[shape](headers=[("Cookie", "a=1; b=2")]))

    assert environ["HTTP_COOKIE"] == "a=1; b=2"


@pytest.mark.parametrize("shape", ["HTTP API, payload 1.0", "REST API", "load balancer, multi values"])
def test_a_cookie_header_that_http_2_has_split_is_whole_again(shape: str) -> None:
    environ = seen_by_app(SHAPES[shape](headers=[("Cookie", "a=1"), ("x-a", "1"), ("Cookie", "b=2,3")]))

    assert environ["HTTP_COOKIE"] == "a=1; b=2,3"


@pytest.mark.parametrize(
    "body", [b'{"message": "hello"}', "naïve 日本".encode(), b"\x00\xff\xfe binary", b"a" * 10_000]
)
def test_a_body_arrives_byte_for_byte_with_its_own_length(shape: str, body: bytes) -> None:
    # The declared length is that of something else, as behind a compressing proxy.
    environ = seen_by_app(SHAPES[shape]("POST", headers=[("Content-Length", "3")], body=body))

    assert bytes.fromhex(environ["body"]) == body
    assert environ["CONTENT_LENGTH"] == str(len(body))
    assert "HTTP_CONTENT_LENGTH" not in environ


def test_a_post_without_a_declared_length_keeps_its_body(shape: str) -> None:
    environ = seen_by_app(SHAPES[shape]("POST", body=b"kept"))

    assert (bytes.fromhex(environ["body"]), environ["CONTENT_LENGTH"]) == (b"kept", "4")


@pytest.mark.parametrize("absent", [None, ""])
def test_without_a_body_there_is_no_length_unless_the_client_declared_one(
    shape: str, absent: str | None
) -> None:
    silent = {**SHAPES[shape](), "body": absent}
    declaring = {**SHAPES[shape]("POST", headers=[("content-length", "0")]), "body": absent}

    assert "CONTENT_LENGTH" not in seen_by_app(silent)
    assert seen_by_app(declaring)["CONTENT_LENGTH"] == "0"


def test_mocks_may_write_cookies_as_one_text_and_a_flag_as_a_word() -> None:
    event = lambda_events.payload_v2(body=b"") | {
        "cookies": "a=1; b=2",
        "body": "x",
        "isBase64Encoded": "false",
    }

    environ = seen_by_app(event)

    assert (environ["HTTP_COOKIE"], environ["CONTENT_LENGTH"]) == ("a=1; b=2", "1")


@pytest.mark.parametrize(
    "missing", ["headers", "rawQueryString", "body", "isBase64Encoded", "cookies", "rawPath"]
)
@pytest.mark.parametrize("how", ["absent", "null"])
def test_a_field_that_is_missing_or_null_is_as_if_it_were_empty(missing: str, how: str) -> None:
    event = lambda_events.payload_v2(path="/x")
    event[missing] = None
    if how == "absent":
        del event[missing]

    assert seen_by_app(event)["PATH_INFO"] == "/x"


@pytest.mark.parametrize("field", ["sourceIp", "protocol", "method"])
def test_null_parts_of_the_context_have_defaults(field: str) -> None:
    event = lambda_events.payload_v2()
    event["requestContext"]["http"][field] = None
    event["requestContext"]["authorizer"] = None

    environ = seen_by_app(event)

    assert (environ["REQUEST_METHOD"], environ["SERVER_PROTOCOL"]) == ("GET", "HTTP/1.1")


def test_the_event_and_the_context_are_there_for_an_app_that_asks() -> None:
    found: list[Any] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        found.extend([environ["aws.event"], environ["aws.context"]])
        start_response("204 No Content", [])
        return []

    event, context = lambda_events.payload_v2(), object()
    make_handler(wsgi_caller(app))(event, context)

    assert found == [event, context]


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        "warm up",
        None,
        7,
        {"source": "serverless-plugin-warmup"},
        {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}},
        {"Records": [{"eventSource": "aws:sqs", "body": "x"}]},
        {"requestContext": {"connectionId": "abc", "eventType": "CONNECT", "routeKey": "$connect"}},
    ],
)
def test_what_is_no_http_request_gets_a_deliberate_answer_and_one_log_line(
    event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert make_handler(wsgi_caller(mirror))(event, None) == {"ignored": "not an HTTP request"}
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"body": "not base64!", "isBase64Encoded": True},
        {"headers": "x"},
        {"body": 5},
        {"cookies": 5},
        {"cookies": [None]},
        {"requestContext": {"http": {"method": 5}}},
        {"requestContext": {"http": {"method": "GÉT日"}}},
        {"requestContext": {"http": {"sourceIp": ["203.0.113.7"]}}},
        {"requestContext": {"http": {"protocol": 1.1}}},
    ],
)
def test_an_event_that_cannot_be_read_is_a_400_and_one_log_line(
    broken: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    result = make_handler(wsgi_caller(mirror))({**lambda_events.payload_v2(), **broken}, None)

    assert (result["statusCode"], json.loads(result["body"])) == (400, {"message": "Bad Request"})
    assert len(caplog.records) == 1
