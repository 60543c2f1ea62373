"""What all fronts do alike with what few clients send, and where they differ as the platforms do."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local import Emulator, Settings

PLATFORMS = ["aws", "gcp", "ecs", "apprunner"]
PROXIES = {"gcp", "ecs", "apprunner"}
QUIET = {"LOG_LEVEL": "CRITICAL", "IDENTITY_HEADERS": "off"}
OFFERS = {
    "h2c": "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n",
    "another protocol": "Connection: upgrade\r\nUpgrade: foo/2\r\n",
}
OFFER_OF_A_WEBSOCKET = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
Address = tuple[str, int]


@pytest.fixture(scope="module", params=PLATFORMS)
def front(request: pytest.FixtureRequest, processes: None) -> Iterator[tuple[str, Address]]:
    """A platform's name and where it answers."""
    settings = Settings(app="tests.local.seen:app", environment=QUIET)
    with Emulator(request.param, settings) as emulator:
        url = urlsplit(emulator.url)
        yield request.param, (url.hostname or "", url.port or 0)


def connect(address: Address, source: str = "127.0.0.1") -> socket.socket:
    client = socket.create_connection(address, timeout=30, source_address=(source, 0))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def answer(client: socket.socket) -> tuple[int, bytes]:
    """Status and body of the next response on the connection; of a length that it says, or none."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = client.recv(65536)
        assert piece, received
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while fields.get(b"transfer-encoding") == b"chunked" and not body.endswith(b"0\r\n\r\n"):
        body += client.recv(65536)
    while len(body) < int(fields.get(b"content-length", 0)):
        body += client.recv(65536)
    return int(head[9:12]), body


def seen(client: socket.socket) -> dict[str, Any]:
    status, body = answer(client)
    assert status == 200, body
    return json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("", b""),
        ("Content-Length: 5\r\n", b"hello"),
        ("Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_an_offer_of_another_protocol_is_ignored_and_the_body_arrives(
    front: tuple[str, Address], offer: str, framing: str, body: bytes, at_once: bool
) -> None:
    _, address = front
    head = f"POST / HTTP/1.1\r\nHost: a\r\n{OFFERS[offer]}{framing}\r\n".encode()
    following = b"GET / HTTP/1.1\r\nHost: b\r\n\r\n"

    with closing(connect(address)) as client:
        for piece in [head + body] if at_once else [head, body]:
            client.sendall(piece)
        first = seen(client)
        client.sendall(following)
        second = seen(client)

    assert (first["method"], first["body"], first["host"]) == ("POST", "hello" if body else "", "a")
    assert (second["method"], second["body"], second["host"]) == ("GET", "", "b")


def test_a_websocket_is_passed_refused_or_ignored_as_by_the_platform(front: tuple[str, Address]) -> None:
    platform, address = front
    with closing(connect(address)) as client:
        path = "/" if platform == "aws" else "/socket"
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n{OFFER_OF_A_WEBSOCKET}\r\n".encode())
        if platform in ("gcp", "ecs"):
            received = b"".join(iter(lambda: client.recv(65536), b""))
            assert received == b"HTTP/1.1 101 Switching Protocols\r\n\r\nbye"
            return
        assert answer(client)[0] == (403 if platform == "apprunner" else 200)
        client.sendall(b"GET / HTTP/1.1\r\nHost: b\r\n\r\n")
        assert seen(client)["host"] == "b"


def test_connection_cannot_name_what_is_for_all(front: tuple[str, Address]) -> None:
    _, address = front
    with closing(connect(address)) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Content-Length, Host\r\nContent-Length: 5\r\n\r\nhello"
        )
        got = seen(client)

    assert (got["host"], got["body"]) == ("a", "hello")


@pytest.mark.parametrize("status", [600, 799, 999])
def test_a_status_that_http_has_not_is_answered(front: tuple[str, Address], status: int) -> None:
    platform, address = front
    with closing(connect(address)) as client:
        client.sendall(f"GET /status/{status} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        got, _ = answer(client)

    # An HTTP API takes it for a malformed answer of the function.
    assert got == (500 if platform == "aws" else status)


def test_a_response_with_many_headers_is_passed_on(front: tuple[str, Address]) -> None:
    _, address = front
    with closing(connect(address)) as client:
        client.sendall(b"GET /many-headers?count=500 HTTP/1.1\r\nHost: a\r\n\r\n")

        assert answer(client)[0] == 200


@pytest.mark.parametrize("status", [100, 101, 103])
def test_an_interim_status_of_the_app_is_a_500(front: tuple[str, Address], status: int) -> None:
    _, address = front
    with closing(connect(address)) as client:
        client.sendall(f"GET /status/{status} HTTP/1.1\r\nHost: a\r\n\r\n".encode())

        assert answer(client)[0] == 500


@pytest.mark.parametrize("method", ["PROPFIND", "PURGE", "FOO", "get", "M-SEARCH"])
def test_a_method_of_any_name_is_answered(front: tuple[str, Address], method: str) -> None:
    _, address = front
    with closing(connect(address)) as client:
        client.sendall(f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n".encode())

        assert answer(client)[0] in (200, 400)
    with closing(connect(address)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert seen(client)["method"] == "GET"


def test_an_instance_learns_that_its_client_has_gone(front: tuple[str, Address], tmp_path: Path) -> None:
    """Where the platform has a connection to it; a function is not told, and its answer is whole before it is sent."""
    platform, address = front
    if platform not in PROXIES:
        return
    note = tmp_path / "closed"
    with closing(connect(address)) as client:
        client.sendall(f"GET /endless?{note} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert client.recv(1000)

    deadline = time.monotonic() + 30
    while not note.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert note.exists()


def test_the_callers_address_is_where_the_page_says(front: tuple[str, Address]) -> None:
    """docs/doors.md, "Who called": REMOTE_ADDR on Lambda, ProxyFix on all; never what a client wrote."""
    platform, address = front
    with closing(connect(address, "127.0.0.2")) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n")
        got = seen(client)

    assert got["remote"] == ("127.0.0.1" if platform in PROXIES else "127.0.0.2")
    assert got["fixed"] == "127.0.0.2"


@pytest.mark.parametrize("platform", ["aws", "gcp"])
def test_the_client_of_an_asgi_app_is_where_the_page_says(platform: str, processes: None) -> None:
    settings = Settings(app="tests.local.seen:asgi", environment=QUIET)
    with Emulator(platform, settings) as emulator:
        url = urlsplit(emulator.url)
        with closing(connect((url.hostname or "", url.port or 0), "127.0.0.2")) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            status, body = answer(client)

    assert (status, b"127.0.0.2" in body) == (200, platform == "aws")
