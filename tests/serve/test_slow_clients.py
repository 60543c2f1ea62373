"""Clients that are slow hold nothing that others need, and one that is only slow gets its answer."""

import itertools
import json
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from serve.turns import Turns
from tests.serve import impatient
from tests.serve.doors import Gunicorn
from tests.serve.test_wire import address_of, ask, status

APPS = ["tests.serve.wire:wsgi", "tests.serve.wire:asgi"]
BEGUN = {
    "nothing": b"",
    "head": b"POST / HTTP/1.1\r\nHost: a\r\nX-A: b",
    "body": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx",
    "chunks": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
}


@contextmanager
def clients(address: tuple[str, int], count: int, begun: bytes) -> Generator[list[socket.socket]]:
    """So many connections on which a request has begun."""
    opened = [socket.create_connection(address, timeout=60) for _ in range(count)]
    for client in opened:
        client.sendall(begun)
    yield opened
    for client in opened:
        client.close()


@pytest.mark.parametrize("app", APPS)
def test_requests_that_trickle_leave_the_others_answered(gunicorn: Gunicorn, app: str) -> None:
    """One more than there are threads, and two hundred."""
    _, url = gunicorn(APP=app, THREADS="2")
    address = address_of(url)
    statuses: dict[tuple[str, int], int] = {}

    for (name, begun), count in itertools.product(BEGUN.items(), (3, 200)):
        with clients(address, count, begun) as slow:
            for client in slow if begun else ():
                client.sendall(b"x" if name != "chunks" else b"1\r\nx\r\n")
            statuses[name, count] = status(ask(address, "/health", "Host: a"))

    assert statuses == dict.fromkeys(itertools.product(BEGUN, (3, 200)), 200)


@pytest.mark.parametrize("app", ["wsgi", "asgi"])
def test_a_request_that_does_not_arrive_in_time_is_a_408(gunicorn: Gunicorn, app: str) -> None:
    """Whether it stops or trickles; one that came whole is waited for by nobody, however long the app takes."""
    process, url = gunicorn(APP=f"tests.serve.impatient:{app}()", THREADS="2")
    address = address_of(url)
    statuses: dict[str, int] = {}

    for name, begun in BEGUN.items():
        with clients(address, 1, begun) as [slow]:
            if begun:
                slow.settimeout(0.05)
                answer = b""
                while not answer:
                    with suppress(TimeoutError):
                        answer = slow.recv(65536)
                    if not answer:
                        slow.sendall(b"1\r\nx\r\n" if name == "chunks" else b"x")
                statuses[name] = status(answer)
            else:
                slow.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                statuses[name] = status(slow.recv(65536))

    assert statuses == {"nothing": 200, "head": 408, "body": 408, "chunks": 408}
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert (out, "Traceback" in err) == ("", False)


@pytest.mark.parametrize("app", ["wsgi", "asgi"])
def test_bytes_that_came_give_a_request_more_time(gunicorn: Gunicorn, app: str) -> None:
    _, url = gunicorn(APP=f"tests.serve.impatient:{app}()", THREADS="1")
    size = 60 * impatient.BYTES_PER_SECOND
    head = f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {size + 1}\r\n\r\n".encode()

    with clients(address_of(url), 1, head + b"x" * size) as [slow]:
        slow.settimeout(2 * impatient.SECONDS)
        with pytest.raises(TimeoutError):
            slow.recv(1)
        slow.settimeout(30)
        slow.sendall(b"x")
        assert status(slow.recv(65536)) == 200


@pytest.mark.parametrize("app", ["wsgi", "asgi"])
def test_connections_without_a_request_do_not_hold_the_end_up(gunicorn: Gunicorn, app: str) -> None:
    process, url = gunicorn(APP=f"tests.serve.wire:{app}")

    with clients(address_of(url), 2, b""):
        assert status(ask(address_of(url), "/health", "Host: a")) == 200
        process.terminate()
        began = time.monotonic()
        process.communicate(timeout=30)

    assert time.monotonic() - began < 8  # the grace is 9 seconds


@pytest.mark.parametrize("app", APPS)
def test_an_upload_in_small_pieces_is_whole(gunicorn: Gunicorn, app: str) -> None:
    _, url = gunicorn(APP=app, THREADS="1")
    piece, count = b"x" * 1000, 200

    with clients(address_of(url), 1, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n") as [
        slow
    ]:
        for _ in range(count):
            slow.sendall(piece)
            # Another request between two pieces: the upload has given its turn away and gets it back.
            assert status(ask(address_of(url), "/health", "Host: a")) == 200
        received = b""
        while not received.endswith(b"}") and b"\r\n0\r\n" not in received:
            received += slow.recv(65536)

    assert json.loads(received[received.index(b"{") : received.rindex(b"}") + 1])["body"] == 200_000


def test_downloads_that_nobody_reads_leave_the_others_answered(gunicorn: Gunicorn) -> None:
    _, url = gunicorn(APP="tests.serve.wire:download", THREADS="2")

    with clients(address_of(url), 20, b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n") as slow:
        for client in slow:
            assert client.recv(10)
        assert status(ask(address_of(url), "/health", "Host: a")) == 200
        # One that reads after all gets everything.
        slow[0].settimeout(60)
        size = 0
        while size < 50_000_000:
            size += len(slow[0].recv(1 << 20))


def test_no_more_requests_than_threads_run_at_once(gunicorn: Gunicorn, tmp_path: Path) -> None:
    """Those that step aside come back one by one."""
    gate = tmp_path / "gate"
    gate.touch()
    process, url = gunicorn(APP="tests.serve.apps:slow", THREADS="2")
    assert process.stderr is not None

    request = f"GET /?{gate} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    with clients(address_of(url), 3, request) as asked:
        begun = [process.stderr.readline() for _ in range(2)]
        while "begun\n" not in begun[-1]:
            begun.append(process.stderr.readline())
        gate.unlink()
        answers = [client.recv(65536) for client in asked]

    assert [status(answer) for answer in answers] == [200] * 3


def test_turns_are_never_more_than_their_number_and_none_is_lost() -> None:
    turns, lock, running, most = Turns(3), threading.Lock(), 0, 0
    aside = threading.Event()

    def count(step: int) -> None:
        nonlocal running, most
        with lock:
            running += step
            most = max(most, running)

    def job(waits: bool) -> int:
        count(1)
        if waits:
            count(-1)
            assert turns.wait(lambda: aside.wait(60))
            count(1)
        count(-1)
        return 1

    waiting = [turns.submit(job, True) for _ in range(20)]
    quick = [turns.submit(job, False) for _ in range(50)]
    assert sum(future.result(60) for future in quick) == 50
    aside.set()
    assert sum(future.result(60) for future in waiting) == 20
    assert most <= 3


def test_a_job_that_fails_gives_its_turn_on() -> None:
    turns = Turns(1)

    with pytest.raises(ZeroDivisionError):
        turns.submit(lambda: 1 // 0).result(60)

    assert turns.submit(lambda: "next").result(60) == "next"


def test_surplus_threads_end() -> None:
    turns, gate = Turns(2), threading.Event()
    before = threading.active_count()

    jobs = [turns.submit(turns.wait, lambda: gate.wait(60)) for _ in range(30)]
    gate.set()
    assert all(job.result(60) for job in jobs)

    deadline = time.monotonic() + 30
    while threading.active_count() > before + 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before + 3
