"""Responses in pieces: what the app yields arrives as it yields it, whole or visibly not, through both doors."""

import base64
import http.client
import json
import os
import socket
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local import Emulator, Settings
from tests.local.conftest import until
from tests.serve.conftest import drained, starting

# make soak asks for more.
EXAMPLES = min(1000, int(os.environ.get("SOAK_EXAMPLES", "60")))
MB = 1024 * 1024

Address = tuple[str, int]


@pytest.fixture(scope="module", params=["wsgi", "asgi"])
def doors(
    processes: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Address]]:
    """The addresses of gunicorn and of the emulated function URL, both serving the app that streams."""
    app = f"tests.serve.streams:{request.param}"
    quiet = {"LOG_LEVEL": "CRITICAL", "IDENTITY_HEADERS": "off"}
    log = tmp_path_factory.mktemp("url") / "log"
    emulated = Settings(
        app=app, environment=quiet, door="function-url", stream_rate=0, idle_seconds=60, log=log
    )
    with (
        starting() as start,
        Emulator("aws", emulated) as emulator,
        drained(start(PORT="0", GUNICORN_LOG_LEVEL="info", APP=app, **quiet)) as gunicorn,
    ):
        yield {"gunicorn": _address(gunicorn), "function URL": _address(emulator.url)}


@pytest.fixture(params=["gunicorn", "function URL"])
def door(request: pytest.FixtureRequest, doors: dict[str, Address]) -> Address:
    """Each of them."""
    return doors[request.param]


@pytest.fixture
def function_url(doors: dict[str, Address]) -> Address:
    return doors["function URL"]


def _address(url: str) -> Address:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


@contextmanager
def opened(door: Address, target: str, method: str = "GET") -> Generator[http.client.HTTPResponse]:
    """A response whose body is still to be read."""
    with closing(http.client.HTTPConnection(*door, timeout=60)) as connection:
        connection.request(method, target)
        with closing(connection.getresponse()) as response:
            yield response


def whole(door: Address, target: str, method: str = "GET") -> tuple[int, bytes]:
    with opened(door, target, method) as response:
        return response.status, response.read()


def test_the_app_yields_a_piece_only_after_the_client_has_acknowledged_the_one_before_it(
    door: Address,
) -> None:
    got: list[bytes] = []
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as server,
        opened(door, f"/acknowledged?{server.getsockname()[1]}") as response,
        closing(server.accept()[0]) as app,
    ):
        for number in range(5):
            got.append(response.read1())
            app.sendall(b"%d" % number)
        got.append(response.read())

    assert got == [b"piece 0", b"piece 1", b"piece 2", b"piece 3", b"piece 4", b""]


def test_a_download_of_150_mb_arrives_whole_and_takes_no_memory(door: Address) -> None:
    _, before = whole(door, "/memory")

    size = 0
    with opened(door, "/big?150") as response:
        while piece := response.read(MB):
            size += len(piece)

    assert size == 150 * MB
    _, after = whole(door, "/memory")
    # KiB, as getrusage has them; a few pieces are on their way at any time.
    assert int(after) - int(before) < 16 * 1024


@pytest.mark.parametrize("path", ["/raise-midway", "/exit-midway"])
def test_a_response_that_is_not_whole_is_seen_to_be_so_and_the_instance_lives(
    door: Address, path: str
) -> None:
    _, before = whole(door, "/pid")

    with pytest.raises(http.client.IncompleteRead), opened(door, path) as response:
        response.read()

    assert whole(door, "/pid") == (200, before)


def test_a_response_shorter_than_its_content_length_is_seen_to_be_so(function_url: Address) -> None:
    with pytest.raises(http.client.IncompleteRead), opened(function_url, "/short") as response:
        response.read()


@pytest.mark.parametrize("path", ["/raise", "/head"])
def test_a_failure_before_the_first_byte_is_a_whole_500(function_url: Address, path: str) -> None:
    assert whole(function_url, path) == (500, b'{"message":"Internal Server Error"}')


def test_an_instance_that_dies_amid_its_response_leaves_it_cut_and_the_next_request_has_another(
    function_url: Address,
) -> None:
    _, before = whole(function_url, "/pid")

    try:
        status, body = whole(function_url, "/die")
    except http.client.IncompleteRead as cut:
        status, body = 200, cut.partial

    # It may die before its first piece is passed on.
    assert (status, body) in {(200, b"the first"), (200, b""), (502, b"Internal Server Error")}
    _, after = whole(function_url, "/pid")
    assert after != before


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("/plain", "GET", b"12345678"),
        ("/write", "GET", b"12345678"),
        ("/long", "GET", b"1234"),
        ("/empty", "GET", b""),
        ("/plain", "HEAD", b""),
        ("/empty", "HEAD", b""),
    ],
)
def test_a_response_has_the_bytes_that_the_app_gives(
    door: Address, path: str, method: str, body: bytes
) -> None:
    assert whole(door, path, method) == (200, body)


def test_the_body_of_a_head_request_is_not_asked_for_to_its_end(function_url: Address) -> None:
    assert whole(function_url, "/endless", "HEAD") == (200, b"")

    # In the same instance, which serves one request at a time.
    assert whole(function_url, "/plain") == (200, b"12345678")


def test_cookies_arrive_one_by_one_and_other_headers_as_they_are(function_url: Address) -> None:
    with opened(function_url, "/cookies") as response:
        response.read()

    assert response.headers.get_all("set-cookie") == ["a=1", "b=2; Path=/"]
    assert response.headers["x-name"] == "caf\xe9"


def test_what_an_app_does_after_its_response_is_done(door: Address, tmp_path: Path) -> None:
    note = tmp_path / "note"

    assert whole(door, f"/close?{note}") == (200, b"12345678")

    until(note.exists, "the app's close() has written its note")


def test_a_client_that_goes_leaves_an_instance_that_answers_the_next_one(door: Address) -> None:
    with closing(socket.create_connection(door, timeout=60)) as connection:
        connection.sendall(b"GET /big?20 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(5) == b"HTTP/"

    assert whole(door, "/plain") == (200, b"12345678")


sizes = st.sampled_from([0, 1, 7, 100, 1024, 4096, 65_535, 65_536, 65_537, 200_000])
pieces = st.lists(st.binary(max_size=20) | sizes.map(lambda size: b"x" * size), max_size=6)


@st.composite
def plans(draw: st.DrawFn) -> tuple[str, str]:
    """A method, and a target that says what the app is to answer."""
    body = draw(pieces)
    headers = [("Content-Type", draw(st.sampled_from(["text/plain", "text/event-stream", "image/png"])))]
    if draw(st.booleans()):
        headers.append(("Content-Length", str(sum(map(len, body)))))
    headers += draw(
        st.lists(st.sampled_from([("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-A", "1")]), max_size=3)
    )
    status = draw(
        st.sampled_from(["200 OK", "206 Partial Content", "404 Not Found", "503 Service Unavailable"])
    )
    plan = {"status": status, "headers": headers, "pieces": [_short(piece) for piece in body]}
    encoded = base64.urlsafe_b64encode(json.dumps(plan).encode()).decode()
    return draw(st.sampled_from(["GET", "HEAD", "POST"])), f"/drawn?{encoded}"


def _short(piece: bytes) -> Any:
    """A piece as a plan has it: a long one by its size, for a request line has its limits."""
    return base64.b64encode(piece).decode() if len(piece) <= 100 else len(piece)


@settings(max_examples=EXAMPLES)
@given(plan=plans())
def test_both_doors_stream_the_same_bytes(doors: dict[str, Address], plan: tuple[str, str]) -> None:
    method, target = plan

    answers = [shape_of(door, target, method) for door in doors.values()]

    assert answers[0] == answers[1]


def shape_of(door: Address, target: str, method: str) -> Any:
    """A response without what the platform itself makes different: see test_both_doors.py."""
    with opened(door, target, method) as response:
        body = response.read()
    kept = {"content-type", "x-a"}
    headers = sorted((name.lower(), value) for name, value in response.getheaders() if name.lower() in kept)
    joined = {name: ",".join(value for key, value in headers if key == name) for name, _ in headers}
    return response.status, joined, response.headers.get_all("set-cookie"), body
