"""Lambda with an HTTP API on this machine, from the outside: real requests, real instances."""

import base64
import http.client
import os
from concurrent.futures import FIRST_COMPLETED, wait
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.local.conftest import PATIENCE, Emulate, Running, until

ERROR = b'{"message":"Internal Server Error"}'
UNAVAILABLE = b'{"message":"Service Unavailable"}'


@pytest.fixture(scope="module")
def aws(emulate_for_all: Emulate) -> Running:
    """A function that several tests share."""
    return emulate_for_all("aws", memory=256, environment={"MINE": "=1= é"})


def test_the_shipped_app_answers_and_says_that_the_first_request_was_cold(emulate: Emulate) -> None:
    aws = emulate("aws", app=None)

    first, second = aws.ask("/hello"), aws.ask("/hello")

    assert first.json == {"message": "Hello from Flask!"}
    assert (first.number, second.number) == (1, 2)
    assert first.instance == second.instance
    assert first.headers["apigw-requestid"] != second.headers["apigw-requestid"]
    assert "date" in first.headers
    assert aws.ask("/echo", "POST", b'{"message": "hello world"}', content_type="application/json").json == {
        "reversed": "dlrow olleh"
    }


def test_fifty_concurrent_requests_have_up_to_fifty_instances_and_never_two_at_once_in_one(
    emulate: Emulate,
) -> None:
    aws = emulate("aws", maximum=50)

    answers = [request.result() for request in [aws.begin("/wait?seconds=0.3") for _ in range(50)]]

    assert [answer.status for answer in answers] == [200] * 50
    by_process: dict[int, list[tuple[float, float]]] = {}
    for answer in answers:
        by_process.setdefault(answer.json["pid"], []).append((answer.json["began"], answer.json["ended"]))
        assert answer.json["active"] == 1
    for spans in by_process.values():
        assert all(end <= begin for (_, end), (begin, _) in pairwise(sorted(spans)))
    assert 1 < len(by_process) <= aws.log().count(" starting") <= 50


def test_an_idle_instance_goes_and_the_next_request_is_cold(emulate: Emulate) -> None:
    aws = emulate("aws", idle_seconds=0.2)
    before = aws.ask("/")

    aws.wait_for_log("instance 1 gone: idle for 0.2 s")
    after = aws.ask("/")

    assert (before.number, after.number) == (1, 1)
    assert before.instance != after.instance


def test_between_two_requests_an_instance_is_frozen(aws: Running) -> None:
    answer = aws.ask("/")
    stat = Path(f"/proc/{answer.json['pid']}/stat")
    if not stat.exists():
        pytest.skip("needs /proc to see the state of a process")

    until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "the process is stopped")

    assert aws.ask("/").number == answer.number + 1


def test_requests_that_follow_each_other_at_once_share_one_instance(emulate: Emulate) -> None:
    """The next event may come before the runtime asks, while it asks, or after it has been frozen."""
    aws = emulate("aws", app=None)
    where = urlsplit(aws.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)
    numbers: list[int] = []
    for _ in range(500):
        connection.request("GET", "/hello")
        with connection.getresponse() as response:
            response.read()
            numbers.append(int(response.headers["x-instance-request"]))
    connection.close()

    assert numbers == list(range(1, 501))


def test_an_instance_killed_during_a_request_is_an_error_and_the_next_request_works(
    aws: Running, tmp_path: Path
) -> None:
    pid = aws.ask("/").json["pid"]
    request = aws.begin(f"/wait?seconds=60&begun={tmp_path}/begun")
    until((tmp_path / "begun").exists, "the request has begun")

    os.kill(pid, 9)

    assert (request.result().status, request.result().body) == (500, ERROR)
    assert aws.ask("/").json["pid"] != pid


@pytest.mark.parametrize(("path", "status"), [("/crash", "-9"), ("/exit", "3")])
def test_a_request_that_ends_its_instance_is_an_error(aws: Running, path: str, status: str) -> None:
    before = aws.log().count(f"gone: exited with {status}")

    answer = aws.ask(path)

    assert (answer.status, answer.headers["content-type"], answer.body) == (500, "application/json", ERROR)
    aws.wait_for_log(f"gone: exited with {status}", before + 1)
    assert aws.ask("/").status == 200


def test_a_function_that_takes_too_long_is_killed(emulate: Emulate) -> None:
    aws = emulate("aws", timeout=1.5)
    before = aws.ask("/")

    answer = aws.ask("/wait?seconds=60")

    assert (answer.status, answer.body) == (500, ERROR)
    aws.wait_for_log("instance 1 gone: timed out after 1.5 s")
    assert aws.ask("/").instance != before.instance


def test_a_request_that_takes_longer_than_the_gateway_waits_is_unavailable_and_the_function_runs_on(
    emulate: Emulate, tmp_path: Path
) -> None:
    aws = emulate("aws", gateway_timeout=0.3, timeout=60)
    gate = tmp_path / "gate"
    gate.touch()

    answer = aws.ask(f"/wait?gate={gate}&ended={tmp_path}/ended")
    gate.unlink()

    assert (answer.status, answer.body) == (503, UNAVAILABLE)
    until((tmp_path / "ended").exists, "the function ends")
    assert " gone" not in aws.log()


def test_beyond_the_concurrency_requests_are_throttled_at_once(emulate: Emulate, tmp_path: Path) -> None:
    aws = emulate("aws", maximum=1)
    gate = tmp_path / "gate"
    gate.touch()
    request = aws.begin(f"/wait?gate={gate}&begun={tmp_path}/begun")
    until((tmp_path / "begun").exists, "the request has begun")

    throttled = aws.ask("/")
    gate.unlink()

    assert (throttled.status, throttled.body) == (503, UNAVAILABLE)
    assert request.result().status == 200
    assert "throttled" in aws.log()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"x" * 6_291_456, "text/plain"),  # with what surrounds it, over Lambda's limit
        (b"\0" * 4_800_000, "image/png"),  # over it in base64
        (b"x" * 10_485_761, "text/plain"),  # over the HTTP API's own
    ],
)
def test_a_body_over_a_limit_is_refused(aws: Running, body: bytes, content_type: str) -> None:
    answer = aws.ask("/", "POST", body, content_type=content_type)

    assert (answer.status, answer.body) == (413, b'{"message":"Request Entity Too Large"}')


def test_a_body_within_the_limit_arrives_whole(aws: Running) -> None:
    body = bytes(range(256)) * 15_000

    seen = aws.ask("/request", "POST", body, content_type="image/png").json

    assert base64.b64decode(seen["body"]) == body
    assert seen["CONTENT_LENGTH"] == str(len(body))


def test_a_head_over_the_limit_is_refused(aws: Running) -> None:
    answer = aws.ask("/", x_long="y" * 10_240)

    assert (answer.status, answer.body) == (431, b'{"message":"Request Header Fields Too Large"}')


def test_an_app_that_cannot_start_is_tried_again_with_the_invocation_and_then_an_error(
    emulate: Emulate,
) -> None:
    aws = emulate("aws", app="tests.local.apps:broken()")

    answers = [aws.ask("/"), aws.ask("/")]

    assert [(answer.status, answer.body) for answer in answers] == [(500, ERROR)] * 2
    log = aws.log()
    assert "the app cannot start" in log
    assert log.count("it is run again with the invocation") == 2
    assert log.count("aws function failed: Runtime.InitError") == 2


def test_an_app_that_starts_at_the_second_try_answers(emulate: Emulate, tmp_path: Path) -> None:
    aws = emulate("aws", app="tests.local.apps:broken_once()", environment={"MARK": str(tmp_path / "mark")})

    answer = aws.ask("/")

    assert (answer.status, answer.number) == (200, 1)
    assert aws.ask("/").instance == answer.instance


def test_an_event_that_its_instance_never_took_goes_to_another(emulate: Emulate, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    aws = emulate(
        "aws",
        app="tests.local.apps:hesitant()",
        environment={"MARK": str(tmp_path / "mark"), "GATE": str(gate)},
        maximum=1,
    )
    aws.ask("/")

    # Of two requests one has the instance, which does not ask for it; then the other can only be throttled.
    requests = [aws.begin("/"), aws.begin("/")]
    throttled, waiting = wait(requests, return_when=FIRST_COMPLETED)
    gate.unlink()

    assert [request.result().status for request in throttled] == [503]
    assert [request.result().status for request in waiting] == [200]
    assert "instance 1 gone: exited with 7" in aws.log()


def test_an_instance_has_the_environment_of_a_lambda_image_and_nothing_of_its_caller(
    aws: Running,
) -> None:
    seen: dict[str, str] = aws.ask("/environment").json

    assert (
        seen.items()
        >= {
            "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
            "AWS_LAMBDA_FUNCTION_NAME": "scale-to-zero",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/scale-to-zero",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "TZ": ":UTC",
            "MINE": "=1= é",
            "APP": "tests.local.apps:app",
        }.items()
    )
    assert seen["AWS_LAMBDA_RUNTIME_API"].startswith("127.0.0.1:")
    assert seen["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert "PYTEST_CURRENT_TEST" not in seen


def test_a_request_arrives_as_the_http_api_passes_it_on(aws: Running) -> None:
    seen: dict[str, Any] = aws.ask(
        "/request?a=1&a=%2B&b", "PATCH", b"{}", content_type="application/json", cookie="a=1; b=2", x_mine="1"
    ).json

    assert (
        seen.items()
        >= {
            "REQUEST_METHOD": "PATCH",
            "QUERY_STRING": "a=1&a=%2B&b",
            "CONTENT_TYPE": "application/json",
            "HTTP_COOKIE": "a=1; b=2",
            "HTTP_X_MINE": "1",
            "HTTP_HOST": aws.url.removeprefix("http://"),
            "HTTP_X_FORWARDED_FOR": "127.0.0.1",
            "HTTP_X_FORWARDED_PROTO": "http",
            "scheme": "http",
            "body": base64.b64encode(b"{}").decode(),
        }.items()
    )


def test_what_an_instance_prints_is_in_the_log_under_its_name_up_to_its_last_word(aws: Running) -> None:
    aws.ask("/print?text=a+whole+line%0Athe+last+word")
    aws.ask("/crash")

    until(lambda: "| the last word\n" in aws.log(), "what it printed last")
    assert "| a whole line\n" in aws.log()
