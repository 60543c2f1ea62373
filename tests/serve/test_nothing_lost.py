"""Under many events, restarts and clients that behave badly, every request is answered and the instance lives on."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from local import Emulator, Settings
from serve.messages import REMEMBERED
from tests.serve.conftest import ROOT
from tests.serve.raw import assert_it_lives, send

EVENTS = int(os.environ.get("SOAK_EVENTS", "1500"))
QUIET = {"LOG_LEVEL": "CRITICAL"}


@pytest.mark.process
def test_many_events_leave_no_memory_thread_or_file_behind() -> None:
    # In a process of its own, because pytest keeps every record that is logged in this one.
    program = [sys.executable, "-m", "tests.serve.endurance", str(EVENTS)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True)

    growth = json.loads(done.stdout)
    assert (growth["threads"], growth["files"]) == (0, 0)
    # A single reference kept for each request would be 8 bytes or more.
    assert growth["bytes"] < 4 * EVENTS
    # A name of a header takes two or more, and those that are remembered come and go.
    assert growth["blocks"] < 2 * REMEMBERED


@pytest.mark.process
@pytest.mark.parametrize("platform", ["aws", "gcp"])
def test_while_emulated_instances_come_and_go_under_load_no_request_is_lost(platform: str) -> None:
    instances: set[str] = set()
    statuses: list[int] = []
    with Emulator(platform, Settings(idle_seconds=0, environment=QUIET)) as emulator:

        def ask_until_many_came() -> None:
            while len(instances) < 8:
                with urllib.request.urlopen(f"{emulator.url}/hello", timeout=60) as response:
                    statuses.append(response.status)
                    instances.add(response.headers["x-instance-id"])

        with ThreadPoolExecutor(2) as pool:
            for client in [pool.submit(ask_until_many_came) for _ in range(2)]:
                client.result(120)

    assert set(statuses) == {200}


def test_a_client_that_sends_byte_by_byte_is_answered(address: tuple[str, int]) -> None:
    body = b'{"message": "slow"}'
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
    request = head + b"Content-Length: %d\r\n\r\n" % len(body) + body

    answer = send(address, *(bytes([byte]) for byte in request))

    assert answer.startswith(b"HTTP/1.1 200")
    assert b'{"reversed":"wols"}' in answer


def test_a_huge_header_is_refused_and_the_instance_lives(address: tuple[str, int]) -> None:
    huge = b"GET /hello HTTP/1.1\r\nHost: a\r\nX-Huge: " + b"x" * 60_000 + b"\r\nConnection: close\r\n\r\n"

    answer = send(address, huge)

    assert answer[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 431"}
    assert_it_lives(address)


@pytest.mark.parametrize(
    "broken",
    [
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\ncut off",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"GET /hel",
    ],
)
def test_a_request_that_is_cut_off_does_no_harm(address: tuple[str, int], broken: bytes) -> None:
    with closing(socket.create_connection(address, timeout=60)) as connection:
        connection.sendall(broken)

    assert_it_lives(address)
