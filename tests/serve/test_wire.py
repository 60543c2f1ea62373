"""gunicorn mode on the wire: what HTTP demands of a server, whatever the client sends or the app answers."""

import json
import os
import select
import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.serve.conftest import drained, starting
from tests.serve.doors import Gunicorn
from tests.serve.raw import send

Address = tuple[str, int]
APPS = ["tests.serve.wire:wsgi", "tests.serve.wire:asgi"]


def address_of(url: str) -> Address:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


@pytest.fixture(scope="module", params=APPS)
def served(request: pytest.FixtureRequest, processes: None) -> Iterator[Address]:
    with starting() as start, drained(start(PORT="0", GUNICORN_LOG_LEVEL="info", APP=request.param)) as url:
        yield address_of(url)


def ask(address: Address, target: str, *fields: str, version: str = "1.1", body: bytes = b"") -> bytes:
    lines = [f"GET {target} HTTP/{version}", "Connection: close", *fields, "", ""]
    return send(address, "\r\n".join(lines).encode() + body)


def status(answer: bytes) -> int:
    return int(answer[9:12])


def seen(answer: bytes) -> dict[str, Any]:
    assert status(answer) == 200, answer
    return json.loads(answer[answer.index(b"{") : answer.rindex(b"}") + 1])


@pytest.mark.parametrize("fields", [(), ("Host: a", "Host: a"), ("Host: a", "Host: b"), ("X-Host: a",)])
def test_a_request_without_one_host_is_a_400(served: Address, fields: tuple[str, ...]) -> None:
    assert status(ask(served, "/", *fields)) == 400


def test_http_1_0_needs_no_host(served: Address) -> None:
    assert seen(ask(served, "/", version="1.0"))["host"] is None


def test_an_empty_host_is_one(served: Address) -> None:
    assert seen(ask(served, "/", "Host:"))["host"] == ""


def test_repeated_cookie_fields_are_one_list_of_cookies(served: Address) -> None:
    answer = ask(served, "/", "Cookie: a=1", "Host: a", "Cookie: b=2,3; c=4", "cookie: d=5")

    assert seen(answer)["cookie"] == "a=1; b=2,3; c=4; d=5"


@pytest.mark.parametrize(
    ("target", "host", "path", "query"),
    [
        ("http://other.example/a%20b?q=1", "other.example", "/a b", "q=1"),
        ("https://other.example:8443/?", "other.example:8443", "/", ""),
        ("http://me:secret@other.example/", "other.example", "/", ""),
        ("HTTP://[::1]:80/a#b", "[::1]:80", "/a", ""),
        ("/a?q=1#part", "a", "/a", "q=1"),
        ("/a#part?q=1", "a", "/a", ""),
        ("//a/b", "a", "//a/b", ""),
        ("/a?b?c", "a", "/a", "b?c"),
        ("/http://b/c", "a", "/http://b/c", ""),
    ],
)
def test_a_target_of_any_form_is_a_path_and_a_query_and_its_host_counts(
    served: Address, target: str, host: str, path: str, query: str
) -> None:
    answer = seen(ask(served, target, "Host: a"))

    assert (answer["host"], answer["path"], answer["query"]) == (host, path, query)


@pytest.mark.parametrize("target", ["http:///a", "http://:80/a", "http://me@/a"])
def test_an_absolute_target_without_a_host_is_a_400(served: Address, target: str) -> None:
    assert status(ask(served, target, "Host: a")) == 400


def test_an_absolute_target_stands_for_no_host_field(served: Address) -> None:
    assert status(ask(served, "http://other.example/")) == 400


CHUNKED = "Transfer-Encoding: chunked"
WRONG_BODIES = {
    "a size that is no number": ([CHUNKED], b"zz\r\nab\r\n0\r\n\r\n"),
    "more bytes than the size says": ([CHUNKED], b"2\r\nabcd\r\n0\r\n\r\n"),
    "no last chunk": ([CHUNKED], b"2\r\nab\r\n"),
    "an end amid a chunk": ([CHUNKED], b"9\r\nab"),
    "an end amid the trailers": ([CHUNKED], b"2\r\nab\r\n0\r\nX-A: b"),
    "nothing at all": ([CHUNKED], b""),
    "fewer bytes than the length says": (["Content-Length: 9"], b"ab"),
}


def cut_off(address: Address, *pieces: bytes) -> bytes:
    """Send these pieces, say that no more come, and read the answer."""
    with closing(socket.create_connection(address, timeout=30)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize("app", APPS)
def test_a_body_that_is_malformed_or_cut_off_is_a_400_without_a_trace(gunicorn: Gunicorn, app: str) -> None:
    process, url = gunicorn(APP=app)
    address = address_of(url)
    statuses: dict[str, list[int]] = {}

    for name, (fields, body) in WRONG_BODIES.items():
        head = "\r\n".join(["POST / HTTP/1.1", "Host: a", *fields, "", ""]).encode()
        answers = [cut_off(address, head + body), cut_off(address, head, body)]
        statuses[name] = [status(answer) for answer in answers]
        assert all(b"\r\nconnection: close\r\n" in answer.lower() for answer in answers)

    assert statuses == {name: [400, 400] for name in WRONG_BODIES}
    assert seen(ask(address, "/", "Host: a"))["body"] == 0
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert (out, [line for line in err.splitlines() if "[INFO]" not in line]) == ("", [])


def test_a_body_that_is_cut_off_amid_the_response_breaks_the_connection_without_a_trace(
    gunicorn: Gunicorn,
) -> None:
    process, url = gunicorn(APP="tests.serve.wire:early")
    with closing(socket.create_connection(address_of(url), timeout=30)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        received = b""
        while b"begun" not in received:
            received += client.recv(65536)
        client.sendall(b"zz\r\n")
        received += b"".join(iter(lambda: client.recv(65536), b""))

    process.terminate()
    out, err = process.communicate(timeout=30)
    assert received.endswith(b"5\r\nbegun\r\n")
    assert (out, "Traceback" in err, "Error" in err) == ("", False, False)


@pytest.mark.parametrize("app", ["refusing", "refusing_asgi"])
def test_an_answer_without_the_body_reaches_a_client_that_sends_on(gunicorn: Gunicorn, app: str) -> None:
    """A reset would end its sending, and may take the answer with it."""
    process, url = gunicorn(APP=f"tests.serve.wire:{app}", LOG_LEVEL="error")
    with closing(socket.create_connection(address_of(url), timeout=30)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n")
        assert select.select([client], [], [], 30)[0]
        for _ in range(3):
            client.sendall(b"x" * 1000)
            # A reset comes at once.
            select.select([], [], [client], 0.1)
        received = b"".join(iter(lambda: client.recv(65536), b""))

    assert received.startswith(b"HTTP/1.1 413 ")
    assert received.endswith(b"\r\n\r\ntoo much")
    process.terminate()
    assert process.wait(30) == 0


def test_an_answer_without_the_body_ends_a_connection_with_tls_too(
    gunicorn: Gunicorn, tmp_path: Path
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on PATH: install openssl")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a"),
            *("-keyout", "key.pem", "-out", "cert.pem"),
        ],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    own = f"--certfile {tmp_path}/cert.pem --keyfile {tmp_path}/key.pem"
    process, url = gunicorn(APP="tests.serve.wire:refusing_asgi", GUNICORN_CMD_ARGS=own, LOG_LEVEL="error")
    context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    context.check_hostname = False
    with (
        closing(socket.create_connection(address_of(url), timeout=30)) as plain,
        context.wrap_socket(plain) as client,
    ):
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n")
        received = b"".join(iter(lambda: client.recv(65536), b""))

    assert received.startswith(b"HTTP/1.1 413 ")
    assert received.endswith(b"\r\n\r\ntoo much")
    process.terminate()
    _, err = process.communicate(timeout=30)
    assert "Traceback" not in err


def test_a_client_that_resets_the_connection_before_its_end_leaves_no_trace(
    gunicorn: Gunicorn, tmp_path: Path
) -> None:
    """One that closes it while a part of an answer is on the way does so."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process, url = gunicorn(APP="tests.serve.wire:held_up_asgi", PIPE=str(pipe))
    with closing(socket.create_connection(address_of(url), timeout=30)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n")
        received = b""
        while b"too much" not in received:
            received += client.recv(65536)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    pipe.write_bytes(b"")

    assert status(ask(address_of(url), "/", "Host: a")) == 413
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert (out, "Traceback" in err, "Error" in err) == ("", False, False)


@pytest.mark.parametrize("app", ["short", "short_asgi"])
def test_a_body_that_ends_before_its_length_is_cut_visibly(gunicorn: Gunicorn, app: str) -> None:
    """Or the client would wait for the rest. A response without a body is whole."""
    _, url = gunicorn(APP=f"tests.serve.wire:{app}")
    with closing(socket.create_connection(address_of(url), timeout=30)) as client:
        for request in ("HEAD / HTTP/1.1", "GET /304 HTTP/1.1", "GET / HTTP/1.1"):
            client.sendall(f"{request}\r\nHost: a\r\n\r\n".encode())
            received = client.recv(65536)
        received += b"".join(iter(lambda: client.recv(65536), b""))

    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"Content-Length: 10\r\n".lower() in received.lower()
    assert received.endswith(b"\r\n\r\nabc")


def test_the_server_alone_frames_an_asgi_response(gunicorn: Gunicorn) -> None:
    _, url = gunicorn(APP="tests.serve.wire:framed_asgi")

    answer = ask(address_of(url), "/", "Host: a")

    assert b"transfer-encoding" not in answer.lower()
    assert answer.lower().count(b"content-length: 1\r\n") == 1
    assert answer.endswith(b"\r\n\r\nx")


def test_a_websocket_that_the_app_has_ended_gets_nothing_more(gunicorn: Gunicorn) -> None:
    process, url = gunicorn(APP="tests.serve.wire:taken_over")

    taken = ask(address_of(url), "/socket", "Host: a", "Upgrade: websocket", "Connection: Upgrade")
    process.terminate()
    out, err = process.communicate(timeout=30)

    assert taken == b"HTTP/1.1 101 Switching Protocols\r\n\r\nbye"
    assert (out, "Traceback" in err) == ("", False)


def test_a_stop_iteration_by_mistake_is_a_500(gunicorn: Gunicorn) -> None:
    _, url = gunicorn(APP="tests.serve.wire:taken_over")

    assert status(ask(address_of(url), "/bug", "Host: a")) == 500


@pytest.mark.parametrize("app", ["interim", "interim_asgi"])
def test_an_interim_status_is_no_response(gunicorn: Gunicorn, app: str) -> None:
    """The client would wait for another."""
    _, url = gunicorn(APP=f"tests.serve.wire:{app}")

    assert status(ask(address_of(url), "/", "Host: a")) == 500


@pytest.mark.parametrize(("app", "goes_first"), [("held", False), ("held_asgi", True)])
def test_the_head_goes_as_wsgi_or_asgi_has_it(gunicorn: Gunicorn, app: str, goes_first: bool) -> None:
    """WSGI's waits for the first bytes of the body; ASGI's goes with the body's first event, though it is empty."""
    _, url = gunicorn(APP=f"tests.serve.wire:{app}")
    with closing(socket.create_connection(address_of(url), timeout=30)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\n")
        if goes_first:
            assert client.recv(65536).endswith(b"\r\n\r\n")
        client.sendall(b"x")
        received = b"".join(iter(lambda: client.recv(65536), b""))

    assert received.startswith(b"HTTP/1.1 200 OK" if not goes_first else b"1\r\n!")
