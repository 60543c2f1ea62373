"""Lambda with a function URL on this machine: its events, its limits, and a function that streams behind it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local import Settings, SettingsError
from local.aws.function_url import Bandwidth, head_of, to_event
from local.aws.http_api import Call
from local.aws.results import MalformedError
from local.http.message import Client, Request
from local.settings import behaviour
from tests.local.conftest import Emulate, until

MB = 1024 * 1024
STREAMS = "tests.serve.streams:wsgi"
HTTP = "application/vnd.awslambda.http-integration-response"
CALL = Call("id", "Root=1-5759e988-bd862e3fe1be46a994272793", 1_795_428_000_000)


def test_an_event_is_an_http_apis_with_an_encoded_path_and_the_cookies_twice() -> None:
    headers = [(b"host", b"127.0.0.1:8000"), (b"cookie", b"a=1; b=2")]
    request = Request("GET", b"/r/%E6%97%A5%2F", b"q=1", headers, b"", Client("10.0.0.1", "http", 8000))

    event = to_event(request, CALL)

    assert event["rawPath"] == "/r/%E6%97%A5%2F"
    assert event["requestContext"]["http"]["path"] == "/r/日/"
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["cookie"] == "a=1; b=2"
    assert "content-length" not in event["headers"]
    assert event["requestContext"]["domainName"] == "local.lambda-url.us-east-1.on.aws"
    assert event["requestContext"]["accountId"] == "anonymous"


def read_head(*pieces: bytes, content_type: str = HTTP) -> object:
    async def each() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return asyncio.run(head_of(content_type, each()))


HEAD = json.dumps(
    {"statusCode": 201, "headers": {"Content-Length": "3", "X-A": "1"}, "cookies": ["a=1"]}
).encode()


@given(cuts=st.lists(st.integers(1, len(HEAD) + 10), max_size=4))
def test_the_head_of_a_response_is_found_however_it_is_cut(cuts: list[int]) -> None:
    whole = HEAD + bytes(8) + b"body"
    places = sorted({0, *(cut for cut in cuts if cut < len(whole)), len(whole)})
    pieces = [whole[start:end] for start, end in pairwise(places)]

    status, headers, first = read_head(*pieces)  # pyright: ignore[reportGeneralTypeIssues]

    assert status == 201
    assert headers == [(b"set-cookie", b"a=1"), (b"x-amzn-remapped-content-length", b"3"), (b"x-a", b"1")]
    assert b"body".startswith(first)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([], id="nothing"),
        pytest.param([b'{"statusCode": 200}'], id="no zero bytes"),
        pytest.param([b"x" * 17_000], id="too long"),
        pytest.param([b'{"a": "' + b"x" * 17_000 + b'"}' + bytes(8)], id="too long, with its end"),
        pytest.param([b"no JSON" + bytes(8)], id="no JSON"),
        pytest.param([b"[]" + bytes(8)], id="no object"),
        pytest.param([b'{"statusCode": 99}' + bytes(8)], id="no status"),
    ],
)
def test_a_response_without_a_right_head_is_refused(pieces: list[bytes]) -> None:
    with pytest.raises(MalformedError):
        read_head(*pieces)


def test_a_body_of_another_type_has_no_head() -> None:
    assert read_head(b"abc", content_type="text/plain") == (200, [(b"content-type", b"text/plain")], b"")


def test_the_first_6_mb_go_at_once_and_the_rest_at_2_mb_a_second() -> None:
    bandwidth = Bandwidth(6 * MB, 2 * MB)

    delays = [bandwidth.delay(MB, now=0.0) for _ in range(8)]

    assert delays == [0, 0, 0, 0, 0, 0, 0.5, 1.0]


@given(sizes=st.lists(st.integers(1, 3 * MB), min_size=1, max_size=40), pause=st.floats(0, 0.5))
def test_no_second_carries_more_than_the_limit(sizes: list[int], pause: float) -> None:
    bandwidth, now, sent = Bandwidth(6 * MB, 2 * MB), 0.0, 0

    for size in sizes:
        now += pause + bandwidth.delay(size, now + pause)
        sent += size
        assert sent <= 6 * MB + 2 * MB * now + 1


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"door": "url"}, "--door is 'url'; it is one of http-api, function-url"),
        ({"stream_rate": 1.0}, "--stream-rate needs --door function-url"),
        ({"door": "function-url", "stream_rate": -1.0}, "--stream-rate is -1; it is MB a second"),
        ({"door": "function-url", "gateway_timeout": 5.0}, "--gateway-timeout: a function URL has none"),
        (
            {"door": "function-url", "jwt_issuer": "https://a", "jwt_audience": "b"},
            "--jwt-issuer: a function URL",
        ),
    ],
)
def test_what_does_not_fit_the_door_is_refused(settings: dict[str, object], error: str) -> None:
    with pytest.raises(SettingsError, match=error):
        behaviour("aws", Settings(**settings))  # pyright: ignore[reportArgumentType]


def test_another_platform_has_no_such_door() -> None:
    with pytest.raises(SettingsError, match="--door belongs to aws; gcp has one door"):
        behaviour("gcp", Settings(door="function-url"))


def test_the_functions_timeout_cuts_a_stream_and_the_next_request_has_another_instance(
    emulate: Emulate,
) -> None:
    url = emulate("aws", app=STREAMS, door="function-url", timeout=2, stream_rate=0.25)

    # Past the first 6 MB, 4 MB more would take 16 s.
    failed = url.begin("/big?10")
    url.wait_for_log("gone: timed out after 2 s")

    with pytest.raises(Exception, match="IncompleteRead"):
        failed.result()
    assert url.ask("/plain").body == b"12345678"
    assert "response cut: the instance ended" in url.log()


def test_a_request_beyond_the_functions_concurrency_is_429(emulate: Emulate) -> None:
    url = emulate("aws", app=STREAMS, door="function-url", maximum=1)

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        held = url.begin(f"/acknowledged?{server.getsockname()[1]}")
        with closing(server.accept()[0]) as app:
            refused = url.ask("/plain")
            for number in range(5):
                app.sendall(b"%d" % number)

    assert (refused.status, refused.json) == (429, {"message": "Rate Exceeded."})
    assert held.result().body == b"piece 0piece 1piece 2piece 3piece 4"


def test_a_function_that_does_not_stream_is_seen_as_it_would_be(emulate: Emulate) -> None:
    url = emulate("aws", app=STREAMS, door="function-url", environment={"INVOKE_MODE": "buffered"})

    answer = url.ask("/plain")

    assert answer.status == 200
    assert answer.json["body"] == "12345678"


def test_an_instance_is_frozen_when_its_stream_has_ended(emulate: Emulate) -> None:
    url = emulate("aws", app=STREAMS, door="function-url")
    pid = url.ask("/pid").body.decode()

    until(lambda: state(pid) == "T", "the process is stopped")

    assert url.ask("/pid").body.decode() == pid


def state(pid: str) -> str:
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        pytest.skip("needs /proc to see the state of a process")
    return stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0]
