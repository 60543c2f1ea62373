"""Conformance of the Lambda door for ASGI apps: what they see of a request is what a WSGI app would see of it."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve.asgi import Caller, follow, guard, to_scope
from serve.aws_lambda import make_handler
from serve.wsgi_call import complete
from tests.serve.lambda_events import SHAPES

names = st.sampled_from(
    ["X-A", "x-b", "Content-Type", "Content-Length", "X_Posing", "Host", "X-Forwarded-Port", "caf\xe9", ""]
)
# Of a port only digits are a number; isdigit() takes others too.
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["a:²", "a:99999", "[::1]:80"]
)
latin1 = st.text(st.characters(max_codepoint=0xFF), max_size=8)
environs = st.builds(
    complete,
    st.fixed_dictionaries(
        {
            "REQUEST_METHOD": st.sampled_from(["GET", "POST"]),
            "SCRIPT_NAME": st.sampled_from(["", "/dev", "/caf\xc3\xa9"]),
            "PATH_INFO": latin1.map("/{}".format),
            "QUERY_STRING": latin1,
            "SERVER_PROTOCOL": st.sampled_from(["HTTP/1.1", "HTTP/2.0"]),
            "REMOTE_ADDR": st.sampled_from(["", "203.0.113.7"]),
        }
    ),
    st.lists(st.tuples(names, st.none() | values), max_size=5),
    st.binary(max_size=20),
    st.sampled_from(["", "api.example.com"]),
)


def as_environ(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields of ASGI by their names in WSGI."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        found[key] = f"{found[key]},{value.decode('latin-1')}" if key in found else value.decode("latin-1")
    return found


def headers_of(environ: Mapping[str, Any]) -> dict[str, str]:
    own = ("CONTENT_TYPE", "CONTENT_LENGTH")
    return {key: value for key, value in environ.items() if key.startswith("HTTP_") or key in own}


@given(environs)
def test_a_scope_says_what_an_environ_says(environ: dict[str, Any]) -> None:
    scope = to_scope({**environ, "aws.event": {"version": "2.0"}, "aws.context": None})

    path = (environ["SCRIPT_NAME"] + environ["PATH_INFO"]).encode("latin-1")
    assert (scope["path"], scope["root_path"]) == (
        path.decode("utf-8", "replace"),
        environ["SCRIPT_NAME"].encode("latin-1").decode("utf-8", "replace"),
    )
    assert unquote_to_bytes(scope["raw_path"]) == path
    assert scope["query_string"] == environ["QUERY_STRING"].encode("latin-1")
    assert (scope["method"], scope["scheme"]) == (environ["REQUEST_METHOD"], environ["wsgi.url_scheme"])
    assert f"HTTP/{scope['http_version']}" == environ["SERVER_PROTOCOL"]
    port = environ["SERVER_PORT"]
    assert scope["server"] == (
        environ["SERVER_NAME"],
        int(port) if re.fullmatch("[0-9]{1,5}", port) else None,
    )
    assert (scope["client"] or ("", 0))[0] == environ["REMOTE_ADDR"]
    assert (scope["aws.event"], scope["aws.context"]) == ({"version": "2.0"}, None)
    assert as_environ(scope["headers"]) == headers_of(environ)


async def mirror(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the names and values of the headers that it got, and the body."""
    if scope["type"] != "http":
        return
    message = await receive()
    own = [field for field in scope["headers"] if field[0].startswith(b"x-test")]
    await send({"type": "http.response.start", "status": 200, "headers": own})
    await send({"type": "http.response.body", "body": message["body"]})


def test_a_request_of_every_shape_arrives_and_is_answered(shape: str) -> None:
    handler = make_handler(Caller(guard(follow(mirror))))

    result = handler(
        SHAPES[shape]("POST", headers=[("X-Test", "caf\xe9"), ("caf\xe9", "1")], body=b"\xff\x00"), None
    )

    headers = result.get("headers") or {
        name: ",".join(each) for name, each in result["multiValueHeaders"].items()
    }
    assert (result["statusCode"], headers["x-test"]) == (200, "caf\xe9")
    assert (result["body"], result["isBase64Encoded"]) == ("/wA=", True)


@pytest.mark.parametrize("failure", [RuntimeError("inside"), SystemExit(3)])
def test_a_lifespan_that_fails_to_begin_is_not_the_end(failure: BaseException) -> None:
    """An app without a lifespan may raise when it is asked for one, as the specification allows."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise failure
        await mirror(scope, receive, send)

    assert make_handler(Caller(guard(app)))(SHAPES["REST API"](), None)["statusCode"] == 200


def test_a_header_with_a_line_break_is_a_500() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = [(b"x-name", b"a\r\nx-injected: b")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

    assert make_handler(Caller(guard(app)))(SHAPES["REST API"](), None)["statusCode"] == 500
