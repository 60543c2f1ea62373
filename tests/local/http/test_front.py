"""The front HTTP server on a real socket: what reaches the platform, and what a client gets that sends nonsense."""

import asyncio
import io
import json
import re
from typing import Any

import pytest

from local.http import front
from local.http.front import ClientGoneError, Front
from local.http.listening import listen
from local.http.message import Answer
from local.log import Log

LIMIT = 1000


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Tells what arrived; fails, or answers what has no body, by path."""
    try:
        request = await front.read(scope, receive, LIMIT)
    except ClientGoneError:
        return
    if request.path == b"/fail":
        raise RuntimeError("a fault of the platform's own")
    if request.path == b"/304":
        await front.respond(send, Answer(304, [(b"content-length", b"5"), (b"date", b"the app's own")], b""))
        return
    if request.path == b"/host":
        host = request.header(b"host") or b"none"
        await front.respond(send, Answer(200, [(b"content-length", str(len(host)).encode())], host))
        return
    seen = [
        request.method,
        request.path.decode(),
        request.query.decode(),
        len(request.body),
        request.protocol,
    ]
    body = json.dumps([*seen, request.client.address, request.client.scheme]).encode()
    await front.respond(send, Answer(200, [(b"content-length", str(len(body)).encode())], body))


def talk(*pieces: bytes, end: bool = False) -> tuple[bytes, str]:
    """All that is answered to `pieces`, sent one after the other, and the log; `end` closes before the answer."""

    async def main() -> tuple[bytes, str]:
        stream = io.StringIO()
        server = Front(app, listen(0), Log("test", stream))
        serving = asyncio.create_task(server.serve_until_stopped())
        try:
            return await exchange(server.port), stream.getvalue()
        finally:
            server.should_exit = server.force_exit = True
            await serving

    async def exchange(port: int) -> bytes:
        async with asyncio.timeout(60):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            if end:
                writer.write_eof()
            answer = await reader.read()
            writer.close()
            return answer

    return asyncio.run(main())


def seen(answer: bytes) -> Any:
    return json.loads(answer.rpartition(b"\r\n\r\n")[2])


@pytest.mark.parametrize(
    ("sent", "request_"),
    [
        (b"GET /a%20b?c=%2B&d HTTP/1.1\r\nHost: a\r\n\r\n", ["GET", "/a%20b", "c=%2B&d", 0, "HTTP/1.1"]),
        (b"GET http://other/x HTTP/1.1\r\nHost: a\r\n\r\n", ["GET", "/x", "", 0, "HTTP/1.1"]),
        (b"GET //a/../b# HTTP/1.1\r\nHost: a\r\n\r\n", ["GET", "//a/../b", "", 0, "HTTP/1.1"]),
        (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ["OPTIONS", "*", "", 0, "HTTP/1.1"]),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            ["GET", "/", "", 0, "HTTP/1.1"],
        ),
        (b"GET / HTTP/1.0\r\n\r\n", ["GET", "/", "", 0, "HTTP/1.0"]),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab", ["POST", "/", "", 2, "HTTP/1.1"]),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
            ["POST", "/", "", 3, "HTTP/1.1"],
        ),
    ],
)
def test_a_request_reaches_the_platform_as_it_was_sent(sent: bytes, request_: list[Any]) -> None:
    answer, _ = talk(
        sent.replace(b"\r\n\r\n", b"\r\nConnection: close\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n", 1)
    )

    assert seen(answer) == [*request_, "127.0.0.1", "http"]


@pytest.mark.parametrize(
    ("target", "host"),
    [
        (b"/host", b"a"),
        (b"http://other.example:81/host", b"other.example:81"),
        (b"http://me@[::1]/host", b"[::1]"),
        (b"/host?http://b/c", b"a"),
    ],
)
def test_the_host_in_a_target_counts(target: bytes, host: bytes) -> None:
    answer, _ = talk(b"GET %b HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\n" % target)

    assert answer.rpartition(b"\r\n\r\n")[2] == host


def test_a_request_without_a_host_is_for_the_front_end() -> None:
    answer, _ = talk(b"GET /host HTTP/1.0\r\n\r\n")

    assert re.fullmatch(rb"127\.0\.0\.1:\d+", answer.rpartition(b"\r\n\r\n")[2])


def test_nothing_is_added_to_a_response_but_the_date() -> None:
    answer, _ = talk(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    head = answer.partition(b"\r\n\r\n")[0].split(b"\r\n")
    names = [line.partition(b":")[0] for line in head[1:]]
    assert head[0] == b"HTTP/1.1 200 OK"
    assert names == [b"content-length", b"date", b"connection"]


def test_a_response_without_a_body_has_no_length_and_keeps_its_own_date() -> None:
    answer, log = talk(b"GET /304 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert answer == b"HTTP/1.1 304 Not Modified\r\ndate: the app's own\r\nconnection: close\r\n\r\n"
    assert log == ""


def test_of_a_body_over_the_limit_just_enough_is_kept_to_tell() -> None:
    size = 10_000_000
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size

    answer, _ = talk(head, bytes(size))

    assert LIMIT < seen(answer)[3] < size


@pytest.mark.parametrize("pieces", [1, 100], ids=["at once", "in pieces"])
def test_a_head_that_never_ends_is_refused(pieces: int) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"y" * 70_000
    size = len(head) // pieces + 1

    answer, _ = talk(*(head[at : at + size] for at in range(0, len(head), size)))

    assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert answer.endswith(b"\r\n\r\nRequest Header Fields Too Large")


def test_many_requests_on_one_connection_are_no_long_head() -> None:
    request = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 30_000 + b"\r\n\r\n"
    last = request.replace(b"X:", b"Connection: close\r\nX:")

    answer, _ = talk(request, request, request, last)

    assert answer.count(b"HTTP/1.1 200 OK") == 4


@pytest.mark.parametrize(
    "sent",
    [
        b"\0\xff\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b/c@d\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET /\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(sent: bytes) -> None:
    answer, log = talk(sent)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert log == ""


@pytest.mark.parametrize(
    "sent",
    [b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", b"GET / HT", b""],
    ids=["a body cut off", "a head cut off", "nothing"],
)
def test_a_client_that_has_gone_gets_nothing_and_does_no_harm(sent: bytes) -> None:
    assert talk(sent, end=True) == (b"", "")


def test_a_fault_of_the_platform_is_an_answer_and_a_line_in_the_log() -> None:
    answer, log = talk(b"GET /fail HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 500 ")
    assert log.count("\n") == 1
    assert log.endswith("front: Exception in ASGI application: RuntimeError: a fault of the platform's own\n")
