"""Cloud Run on this machine, from the outside: real requests, real instances of gunicorn."""

import base64
import os
import re
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.local.conftest import PATIENCE, Emulate, Running, until


@pytest.fixture(scope="module")
def gcp(emulate_for_all: Emulate) -> Running:
    """A service that several tests share."""
    return emulate_for_all("gcp")


def test_the_first_request_is_held_until_an_instance_has_started_and_the_idle_one_goes(
    emulate: Emulate,
) -> None:
    gcp = emulate("gcp", app=None, idle_seconds=0.2)
    assert gcp.log() == ""

    before = gcp.ask("/hello")
    gcp.wait_for_log("instance 1 gone: idle for 0.2 s")
    after = gcp.ask("/hello")

    assert [before.json, after.json] == [{"message": "Hello from Flask!"}] * 2
    assert (before.number, after.number) == (1, 1)
    assert before.instance != after.instance
    assert before.headers["server"] == "Google Frontend"


def test_requests_share_an_instance_up_to_its_concurrency_and_more_instances_start_for_more(
    emulate: Emulate, tmp_path: Path
) -> None:
    gcp = emulate("gcp", concurrency=3)
    gate = tmp_path / "gate"
    gate.touch()

    requests = [gcp.begin(f"/wait?gate={gate}&begun={tmp_path}/{n}") for n in range(7)]
    until(lambda: all((tmp_path / str(n)).exists() for n in range(7)), "all seven have begun")
    gate.unlink()
    answers = [request.result().json for request in requests]

    by_process: dict[int, list[int]] = {}
    for answer in answers:
        by_process.setdefault(answer["pid"], []).append(answer["active"])
    assert sorted(map(len, by_process.values())) == [1, 3, 3]
    assert all(max(active) == len(active) for active in by_process.values())


def test_an_instance_has_the_variables_of_the_container_contract_and_of_the_stack(gcp: Running) -> None:
    seen: dict[str, str] = gcp.ask("/environment").json

    assert (
        seen.items()
        >= {
            "K_SERVICE": "scale-to-zero",
            "K_REVISION": "scale-to-zero-00001-abc",
            "K_CONFIGURATION": "scale-to-zero",
            # As many threads as requests at once, as stacks/gcp sets it.
            "THREADS": "80",
        }.items()
    )
    assert int(seen["PORT"]) > 0
    assert "PYTEST_CURRENT_TEST" not in seen


def test_a_request_arrives_with_what_googles_front_end_adds_and_without_what_it_removes(gcp: Running) -> None:
    answer = gcp.ask(
        "/request?a=1&a=%2B",
        "POST",
        b"a=1",
        x_forwarded_for="192.0.2.1",
        x_forwarded_proto="gopher",
        x_google_mine="1",
        x_mine="naïve".encode(),
        content_type="application/x-www-form-urlencoded",
    )

    seen: dict[str, Any] = answer.json
    trace = answer.headers["x-cloud-trace-context"].removesuffix(";o=1")
    assert re.fullmatch("[0-9a-f]{32}", trace)
    assert (
        seen.items()
        >= {
            "REQUEST_METHOD": "POST",
            "QUERY_STRING": "a=1&a=%2B",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": "3",
            "HTTP_HOST": gcp.url.removeprefix("http://"),
            "HTTP_X_FORWARDED_FOR": "192.0.2.1,127.0.0.1",
            "HTTP_X_FORWARDED_PROTO": "http",
            "HTTP_X_MINE": "naïve".encode().decode("latin-1"),
            "HTTP_FORWARDED": 'for="127.0.0.1";proto=http',
            "scheme": "http",
            "body": base64.b64encode(b"a=1").decode(),
        }.items()
    )
    assert re.fullmatch(rf"{trace}/\d+;o=1", seen["HTTP_X_CLOUD_TRACE_CONTEXT"])
    assert re.fullmatch(rf"00-{trace}-[0-9a-f]{{16}}-01", seen["HTTP_TRACEPARENT"])
    assert "HTTP_X_GOOGLE_MINE" not in seen
    assert "HTTP_USER_AGENT" not in seen


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x_cloud_trace_context", "105445aa7843bc8bf206b12000100000/1;o=1"),
        ("traceparent", "00-105445aa7843bc8bf206b12000100000-0000000000000001-01"),
    ],
)
def test_a_trace_that_the_client_began_goes_on(gcp: Running, header: str, value: str) -> None:
    answer = gcp.ask("/request", "GET", None, **{header: value})

    assert answer.headers["x-cloud-trace-context"] == "105445aa7843bc8bf206b12000100000;o=1"
    assert answer.json["HTTP_TRACEPARENT"].startswith("00-105445aa7843bc8bf206b12000100000-")


@pytest.mark.parametrize("path", ["/healthz", "/eventlog", "/_ah/warmup"])
def test_a_reserved_path_never_reaches_the_container(gcp: Running, path: str) -> None:
    answer = gcp.ask(path)

    assert answer.status == 404
    assert b"That's an error." in answer.body
    assert "x-instance-id" not in answer.headers


def test_a_body_over_the_limit_is_refused_before_it_is_sent(gcp: Running) -> None:
    where = urlsplit(gcp.url)
    with socket.create_connection((where.hostname or "", where.port or 0), PATIENCE) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 33554433\r\n\r\n")

        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_header_that_is_no_utf8_is_refused(gcp: Running) -> None:
    """A limit of the emulation: what the real front end does with such bytes is not documented."""
    assert gcp.ask("/", x_mine=b"na\xefve").status == 400


def test_large_bodies_go_through_in_both_directions(gcp: Running) -> None:
    body = bytes(range(256)) * 40_000

    seen = gcp.ask("/request", "POST", body, content_type="image/png").json

    assert base64.b64decode(seen["body"]) == body


def test_a_long_header_of_the_app_goes_through(gcp: Running) -> None:
    assert gcp.ask("/long-header?size=50000").headers["x-long"] == "y" * 50_000


def test_a_response_is_passed_on_as_it_comes(gcp: Running, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    where = urlsplit(gcp.url)
    with socket.create_connection((where.hostname or "", where.port or 0), PATIENCE) as connection:
        connection.sendall(f"GET /stream?gate={gate} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        with connection.makefile("rb") as stream:
            while stream.readline() != b"\r\n":
                pass

            assert [stream.readline(), stream.readline()] == [b"6\r\n", b"first \r\n"]
            gate.unlink()
            assert [stream.readline(), stream.readline()] == [b"6\r\n", b"second\r\n"]


def test_an_instance_killed_during_a_request_is_an_error_and_the_next_request_works(
    gcp: Running, tmp_path: Path
) -> None:
    pid = gcp.ask("/").json["pid"]
    request = gcp.begin(f"/wait?seconds=60&begun={tmp_path}/begun")
    until((tmp_path / "begun").exists, "the request has begun")

    # gunicorn's worker alone would be replaced by its master; the instance is the whole group.
    os.killpg(os.getpgid(pid), 9)

    assert request.result().status == 503
    assert gcp.ask("/").json["pid"] != pid


def test_an_instance_that_dies_in_the_middle_of_a_response_breaks_it_off(
    gcp: Running, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    where = urlsplit(gcp.url)
    with socket.create_connection((where.hostname or "", where.port or 0), PATIENCE) as connection:
        connection.sendall(f"GET /stream?crash=1&gate={gate} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        with connection.makefile("rb") as stream:
            while stream.readline() != b"first \r\n":
                pass
            gate.unlink()

            assert stream.read() == b""  # and no end of the chunks
    assert gcp.ask("/").status == 200


def test_a_request_that_ends_its_worker_is_not_repeated(emulate: Emulate) -> None:
    gcp = emulate("gcp")

    answers = [gcp.ask("/print?text=once%0A").status, gcp.ask("/crash").status]

    # gunicorn's master starts another worker, so the instance lives on.
    assert answers == [200, 503]
    until(lambda: gcp.ask("/").status == 200, "the next worker answers")
    assert gcp.log().count("was sent SIGKILL") == 1
    assert " gone" not in gcp.log()


def test_a_request_that_takes_too_long_is_a_gateway_timeout_and_the_instance_lives_on(
    emulate: Emulate, tmp_path: Path
) -> None:
    gcp = emulate("gcp", timeout=1.5)
    pid = gcp.ask("/").json["pid"]
    gate = tmp_path / "gate"
    gate.touch()

    answer = gcp.ask(f"/wait?gate={gate}")
    gate.unlink()

    assert (answer.status, answer.body) == (504, b"upstream request timeout")
    assert gcp.ask("/").json["pid"] == pid


def test_an_app_that_cannot_start_is_unavailable(emulate: Emulate) -> None:
    gcp = emulate("gcp", app="tests.local.apps:broken()")

    answers = [gcp.ask("/"), gcp.ask("/")]

    assert [(answer.status, answer.body) for answer in answers] == [(503, b"Service Unavailable")] * 2
    assert "the app cannot start" in gcp.log()
    assert gcp.log().count("instance 1 gone: exited with ") == 1


def test_an_instance_of_the_minimum_starts_before_any_request_and_stays(emulate: Emulate) -> None:
    gcp = emulate("gcp", minimum=1, idle_seconds=0)

    gcp.wait_for_log("instance 1 ready")

    assert [gcp.ask("/").number, gcp.ask("/").number] == [1, 2]
    assert " gone" not in gcp.log()
