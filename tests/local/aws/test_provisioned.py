"""`python -m local aws --min 2`: instances that are ready before the first request, and stay."""

from pathlib import Path

from runs.sample import identity
from tests.local.conftest import Emulate, command, until

PROVISIONED, ON_DEMAND = "provisioned-concurrency", "on-demand"


def test_as_many_as_are_kept_are_ready_before_the_first_request_and_take_it(emulate: Emulate) -> None:
    """The first request of each says that nobody waited for its start, so it is no cold start."""
    aws = emulate("aws", minimum=2, idle_seconds=0)
    assert aws.log().count("provisioned, its init took ") == 2

    answers = [aws.ask("/environment") for _ in range(3)]

    assert {answer.instance for answer in answers} == {answers[0].instance}
    assert [answer.number for answer in answers] == [1, 2, 3]
    assert identity(answers[0].headers).cold(waited_ms=1.0) is False
    variables = answers[0].json
    assert variables["AWS_LAMBDA_INITIALIZATION_TYPE"] == PROVISIONED
    assert variables["AWS_LAMBDA_FUNCTION_VERSION"] == "1"


def test_a_request_beyond_them_starts_an_instance_that_goes_when_it_is_idle(
    emulate: Emulate, tmp_path: Path
) -> None:
    aws = emulate("aws", minimum=2, idle_seconds=0)
    gate, begun = tmp_path / "gate", [tmp_path / "first", tmp_path / "second"]
    gate.touch()
    waiting = [aws.begin(f"/wait?gate={gate}&begun={mark}") for mark in begun]
    until(lambda: all(mark.exists() for mark in begun), "both are busy")

    beyond = aws.ask("/environment")

    assert beyond.json["AWS_LAMBDA_INITIALIZATION_TYPE"] == ON_DEMAND
    assert beyond.number == 1
    aws.wait_for_log("instance 3 gone: idle for 0 s")
    gate.unlink()
    kept = {request.result().instance for request in waiting}
    assert len(kept) == 2
    assert {aws.ask("/").instance for _ in range(4)} <= kept
    assert aws.log().count(" gone: ") == 1


def test_no_more_than_the_maximum_and_none_in_place_of_a_kept_one(emulate: Emulate, tmp_path: Path) -> None:
    aws = emulate("aws", minimum=1, maximum=1)
    gate, begun = tmp_path / "gate", tmp_path / "begun"
    gate.touch()
    waiting = aws.begin(f"/wait?gate={gate}&begun={begun}")
    until(begun.exists, "it is busy")

    assert aws.ask("/").status == 503

    gate.unlink()
    assert waiting.result().status == 200


def test_one_that_dies_is_replaced_without_a_request(emulate: Emulate) -> None:
    aws = emulate("aws", minimum=1)
    before = aws.ask("/")

    assert aws.ask("/crash").status == 500

    aws.wait_for_log("instance 2 provisioned, its init took ")
    after = aws.ask("/environment")
    assert after.instance != before.instance
    assert after.number == 1
    assert after.json["AWS_LAMBDA_INITIALIZATION_TYPE"] == PROVISIONED


def test_behind_a_function_url_they_are_kept_too(emulate: Emulate) -> None:
    aws = emulate("aws", minimum=1, door="function-url")

    assert aws.ask("/environment").json["AWS_LAMBDA_INITIALIZATION_TYPE"] == PROVISIONED
    assert aws.log().count(" starting") == 1


def test_an_init_that_fails_ends_the_command_as_it_ends_an_up(processes: None) -> None:
    with command("local", "aws", "--port=0", "--min=2", "--app=tests.local.apps:broken()") as process:
        out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (2, "")
    last = err.strip().splitlines()[-1]
    assert last.startswith("local: provisioning concurrency failed: the init failed: "), err
    assert "Traceback" not in last
