"""A service asked over HTTP: when it counts as answering, what is wrong with an answer, and when it has gone."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from commandline import UserError
from compare.targets.request import Request
from local.instances.ports import free_port
from trial.asking import TIMES, Asker
from trial.patience import Patience

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Build-Id: new\r\n\r\nok"
OLD = GOOD.replace(b"new", b"old")
BROKEN = b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nX-Build-Id: new\r\n\r\n"
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
NONSENSE = b"\x00\x01 what is this \xff\r\n"
SHORT = GOOD.replace(b": 2", b": 9")
OUTPUTS = {"platform": "aws"}


@contextmanager
def serving(*answers: bytes) -> Generator[str]:
    """The URL of a server that gives these answers, one a connection, and then the last again and again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        left = list(answers)

        def serve() -> None:
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    if not left:
                        return
                    connection.sendall(left.pop(0) if len(left) > 1 else left[0])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            left.clear()
            with socket.create_connection(server.getsockname()) as last:
                last.sendall(b"end")
            thread.join()


def asked(*answers: bytes, wait_s: float = 0, builds: tuple[str, ...] = ("new",)) -> tuple[list[str], int]:
    """What is wrong with a service that gives these answers, and how often it was asked."""
    with serving(*answers) as url:
        problems, facts = Asker(Request(), "/hello", wait_s, url).answers(OUTPUTS, builds, Patience())
    return problems, len(facts["answers"])


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (OLD, "the answer is of build old, not of new"),
        (BROKEN, "the answer has status 500, not 200"),
        (MISSING, "the answer has status 404, not 200"),
        (GOOD.replace(b"X-Build-Id", b"X-Other"), "the answer is of build none, not of new"),
        (NONSENSE, "no answer: \x00\x01 what is this \xff\r\n"),
        (SHORT, "no answer: IncompleteRead(2 bytes read, 7 more expected)"),
        (b"", "no answer: Remote end closed connection without response"),
    ],
)
def test_each_wrong_answer_is_a_sentence(answer: bytes, problem: str) -> None:
    assert asked(answer) == ([problem], 1)


def test_a_good_answer_is_asked_for_some_times_more() -> None:
    """A second instance may be another one."""
    assert asked(GOOD) == ([], 1 + TIMES)
    assert asked(GOOD, GOOD, BROKEN, GOOD) == (["the answer has status 500, not 200"], 1 + TIMES)


def test_a_new_address_has_time_until_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked again, until it is good."""
    monkeypatch.setattr("trial.asking.PAUSE_S", 0.01)

    assert asked(MISSING, BROKEN, OLD, GOOD, wait_s=30) == ([], 4 + TIMES)


def test_builds_that_are_not_known_are_not_compared() -> None:
    """An image that was built elsewhere."""
    assert asked(OLD, builds=()) == ([], 1 + TIMES)


def test_nobody_there_is_a_sentence() -> None:
    asker = Asker(Request(), "/hello", 0, f"http://127.0.0.1:{free_port()}")

    problems, _ = asker.answers(OUTPUTS, ("new",), Patience())

    assert problems == ["no answer: <urlopen error [Errno 111] Connection refused>"]


def test_it_has_gone_when_no_build_of_the_stack_answers() -> None:
    """Whatever else does."""

    def gone(*answers: bytes) -> list[str]:
        with serving(*answers) as url:
            return Asker(Request(), "/hello", 0, url).gone(OUTPUTS, ("new",), Patience())

    assert gone(MISSING) == gone(OLD) == gone(NONSENSE) == []
    assert gone(GOOD) == ["/hello is still answered by the build new, though the stack is gone"]


def test_a_header_that_is_not_set_stops_before_anything() -> None:
    asker = Asker(Request(headers=(("Authorization", "Bearer ${TOKEN}"),)), "/hello", 0)

    assert asker.secrets({"TOKEN": "a secret"}) == {"TOKEN": "a secret"}
    with pytest.raises(UserError, match="is not set in the environment"):
        asker.secrets({})
