"""Conformance of the Lambda door, responses: what each shape of result makes of what an app answers."""

import base64
import gzip
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

import platforms
from serve.aws_lambda import make_handler, wsgi_caller
from serve.events.body import RESPONSE_LIMIT
from tests.serve import lambda_events
from tests.serve.lambda_events import SHAPES

Headers = list[tuple[str, str]]


def client_view(result: dict[str, Any]) -> tuple[int, Headers, bytes]:
    """Status, headers in lower case and body that the platform makes of a result."""
    headers = [(name.lower(), value) for name, value in result.get("headers", {}).items()]
    for name, values in result.get("multiValueHeaders", {}).items():
        headers += [(name.lower(), value) for value in values]
    headers += [("set-cookie", cookie) for cookie in result.get("cookies", [])]
    body = result["body"]
    return (
        result["statusCode"],
        headers,
        base64.b64decode(body) if result["isBase64Encoded"] else body.encode(),
    )


def answer(
    shape: str, status: str, headers: Headers, chunks: Iterable[bytes], method: str = "GET"
) -> tuple[int, Headers, bytes]:
    def app(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response(status, headers)
        return chunks

    return client_view(make_handler(wsgi_caller(app))(SHAPES[shape](method), None))


def test_status_headers_and_body_go_out(shape: str) -> None:
    status, headers, body = answer(
        shape, "404 Not Found", [("Content-Type", "text/plain"), ("X-A", "1")], [b"a", b"b"]
    )

    assert (status, sorted(headers), body) == (404, [("content-type", "text/plain"), ("x-a", "1")], b"ab")


def test_every_cookie_goes_out(shape: str) -> None:
    cookies = [("Set-Cookie", f"c{number}={number}; Path=/") for number in range(4)]

    _, headers, _ = answer(shape, "200 OK", cookies, [b"x"])

    assert sorted(value for name, value in headers if name == "set-cookie") == [value for _, value in cookies]


def test_other_repeated_headers_go_out_joined_or_one_by_one(shape: str) -> None:
    _, headers, _ = answer(shape, "200 OK", [("Vary", "Accept"), ("Link", "<a>"), ("vary", "Cookie")], [b"x"])

    assert ",".join(value for name, value in headers if name == "vary") == "Accept,Cookie"


@pytest.mark.parametrize(
    ("declared", "status", "body"),
    [
        ("2", 200, b"ok"),
        ("1", 200, b"o"),
        ("0", 200, b""),
        ("3", 500, b'{"message":"Internal Server Error"}'),
    ],
)
def test_a_body_is_as_long_as_its_length_says(shape: str, declared: str, status: int, body: bytes) -> None:
    """As a server sends it: more is left out, and one that ends before it is no whole response."""
    assert answer(shape, "200 OK", [("Content-Length", declared)], [b"ok"])[::2] == (status, body)


def test_what_concerns_one_connection_alone_is_left_out(shape: str) -> None:
    own = [("Connection", "close"), ("Transfer-Encoding", "chunked"), ("Keep-Alive", "a"), ("Upgrade", "h2c")]

    assert answer(shape, "200 OK", [*own, ("X-A", "b")], [b"ok"]) == (200, [("x-a", "b")], b"ok")


@pytest.mark.parametrize(
    ("headers", "body", "as_text"),
    [
        ([("Content-Type", "text/html; charset=utf-8")], "<p>日本".encode(), True),
        ([("Content-Type", "application/json")], b"{}", True),
        ([("Content-Type", "application/problem+json")], b"{}", True),
        ([("Content-Type", "image/svg+xml")], b"<svg/>", True),
        ([("Content-Type", "text/plain; charset=iso-8859-1")], "café".encode("latin-1"), False),
        ([("Content-Type", "image/png")], b"\x89PNG\r\n\x1a\n", False),
        ([("Content-Type", "application/octet-stream")], b"text, whatever is said of it", True),
        ([("Content-Type", "application/x-ndjson")], '{"a": "日本"}\n'.encode(), True),
        ([("Content-Type", "application/jwt")], b"a.b.c", True),
        ([("Content-Type", "application/pdf")], b"%PDF-1.7\n\xe2\xe3\xcf\xd3", False),
        ([("Content-Type", "text/plain"), ("Content-Encoding", "gzip")], gzip.compress(b"x", mtime=0), False),
        ([("Content-Type", "application/json"), ("Content-Encoding", "identity")], b"{}", False),
        ([], b"no type", True),
        ([], b"no type, no text \xff", False),
    ],
)
def test_a_body_arrives_at_the_client_byte_for_byte(
    shape: str, headers: Headers, body: bytes, as_text: bool
) -> None:
    def app(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", headers)
        return [body]

    result = make_handler(wsgi_caller(app))(SHAPES[shape](), None)

    assert client_view(result)[2] == body
    assert result["isBase64Encoded"] is not as_text


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")]
)
def test_a_response_without_a_body_has_none_and_no_invented_type(
    shape: str, method: str, status: str
) -> None:
    assert answer(shape, status, [("X-A", "1")], [b"ignored"], method) == (
        int(status[:3]),
        [("x-a", "1")],
        b"",
    )


def test_a_head_is_answered_without_a_body_although_the_app_took_it_for_a_get(shape: str) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ["REQUEST_METHOD"] = "GET"
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"hello"]

    result = make_handler(wsgi_caller(app))(SHAPES[shape]("HEAD"), None)

    assert client_view(result) == (200, [("content-type", "text/plain")], b"")


def test_an_empty_200_stays_empty(shape: str) -> None:
    assert answer(shape, "200 OK", [], []) == (200, [], b"")


def test_header_values_in_latin_1_go_out(shape: str) -> None:
    _, headers, _ = answer(shape, "200 OK", [("X-Name", "caf\xe9")], [b"x"])

    assert headers == [("x-name", "caf\xe9")]


@pytest.mark.parametrize("name", ["", "X Name", "X-Name\r\nX-Injected", "caf\xe9", "日本"])
def test_a_header_by_a_name_that_http_does_not_have_is_a_500(shape: str, name: str) -> None:
    status, headers, _ = answer(shape, "200 OK", [("X-A", "1"), (name, "1")], [b"x"])

    assert (status, [key for key, _ in headers]) == (500, ["content-type", "content-length"])


@pytest.mark.parametrize("status", ["", "OK", "1000 OK", "200 OK\r\nX-Injected: 1", "200 日本"])
def test_a_status_that_http_does_not_have_is_a_500(shape: str, status: str) -> None:
    assert answer(shape, status, [], [b"x"])[0] == 500


def test_the_limit_of_a_response_is_the_platforms() -> None:
    # The image holds no platforms/, so the number stands a second time in serve/.
    assert platforms.limit("aws", "response_payload") == RESPONSE_LIMIT


class Chunks:
    """A response's iterable that knows whether it was closed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks = chunks
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks

    def close(self) -> None:
        self.closed = True


def failing(first: bytes, error: BaseException) -> Iterator[bytes]:
    yield first
    raise error


def test_a_streamed_response_is_whole_and_its_iterable_closed(shape: str) -> None:
    chunks = Chunks([b"a", b"", b"b"])

    assert answer(shape, "200 OK", [], chunks)[2] == b"ab"
    assert chunks.closed


@pytest.mark.parametrize("error", [RuntimeError("inside"), SystemExit(3)])
def test_a_failure_midway_is_a_whole_500_and_the_iterable_is_closed(shape: str, error: BaseException) -> None:
    chunks = Chunks(failing(b"half", error))

    status, _, body = answer(shape, "200 OK", [], chunks)

    assert (status, json.loads(body), chunks.closed) == (500, {"message": "Internal Server Error"}, True)


def test_write_and_a_late_start_response_work() -> None:
    def writing(_environ: Any, start_response: Any) -> list[bytes]:
        write = start_response("200 OK", [])
        write(b"written, ")
        return [b"returned"]

    def late(_environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("201 Created", [])
        yield b"late"

    event = lambda_events.payload_v2()
    assert client_view(make_handler(wsgi_caller(writing))(event, None)) == (200, [], b"written, returned")
    assert client_view(make_handler(wsgi_caller(late))(event, None)) == (201, [], b"late")


def test_start_response_again_with_exc_info_replaces_and_without_it_fails() -> None:
    def replacing(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("X-A", "1")])
        start_response("503 Service Unavailable", [("X-B", "2")], (ValueError, ValueError(), None))
        return [b"replaced"]

    def twice(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        start_response("200 OK", [])
        return []

    event = lambda_events.payload_v2()
    assert client_view(make_handler(wsgi_caller(replacing))(event, None)) == (
        503,
        [("x-b", "2")],
        b"replaced",
    )
    assert make_handler(wsgi_caller(twice))(event, None)["statusCode"] == 500


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(lambda environ, start: (_ for _ in ()).throw(RuntimeError("x")), id="an exception"),
        pytest.param(lambda environ, start: [b"never started"], id="no start_response"),
        pytest.param(lambda environ, start: None, id="nothing returned"),
    ],
)
def test_an_app_that_fails_is_a_500_in_the_events_form(shape: str, app: Any) -> None:
    status, headers, body = client_view(make_handler(wsgi_caller(app))(SHAPES[shape](), None))

    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})
    assert dict(headers)["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"a" * 6_000_000, 200),
        ("text/plain", "é".encode() * 2_000_000, 200),
        ("application/octet-stream", b"\x00" * 4_600_000, 200),
        ("text/plain", b"\x00" * 4_000_000, 200),
        ("text/plain", b"a" * 6_291_557, 500),
        ("application/octet-stream", b"\x00" * 4_800_000, 500),
    ],
)
def test_a_response_is_carried_up_to_the_limit_and_a_500_past_it(
    shape: str, content_type: str, body: bytes, status: int
) -> None:
    def app(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", content_type)])
        return [body]

    result = make_handler(wsgi_caller(app))(SHAPES[shape](), None)

    assert result["statusCode"] == status
    assert len(json.dumps(result)) <= RESPONSE_LIMIT
