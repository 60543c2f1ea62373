"""The probe and the bytes of an answer: a line ends at CR LF; trailers and interim answers are no part of its head."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.measure.probe import Probe, _headers
from compare.targets.request import Request, filled
from runs.sample import Answer, identity

IDENTITY = (
    b"X-Instance-Id: i1\r\nX-Instance-Request: 1\r\nX-Instance-Age-Ms: 150\r\nServer-Timing: app;dur=100\r\n"
)
OK = b"HTTP/1.1 200 OK\r\n" + IDENTITY
# Between two pieces of an answer; the test asserts that it is in one figure and not in another.
PAUSE_S = 0.2
Ask = Callable[..., Answer]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """The probe's answer of a server that sends these pieces, with a pause before each but the first."""
    threads: list[threading.Thread] = []

    def ask(*pieces: bytes) -> Answer:
        listening = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            with closing(listening), closing(listening.accept()[0]) as client:
                client.recv(65536)
                for number, piece in enumerate(pieces):
                    time.sleep(PAUSE_S if number else 0)
                    client.sendall(piece)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with Probe(filled(Request(url=url), {}), "fresh", timeout_s=30) as probe:
            answer = probe.measure()
        assert answer is not None
        return answer

    yield ask
    for thread in threads:
        thread.join()


def assert_identified(answer: Answer) -> None:
    who = identity(answer.headers)
    assert (who.instance, who.number, who.age_ms, who.build) == ("i1", 1, 150.0, None)
    assert (answer.status, answer.times.app, answer.error) == (200, 100.0, None)


def test_trailers_are_no_headers(ask: Ask) -> None:
    answer = ask(
        OK + b"Transfer-Encoding: chunked\r\nTrailer: X-Build-Id\r\n\r\n"
        b"2\r\nok\r\n0\r\nX-Build-Id: late\r\nServer-Timing: app;dur=1\r\n\r\n"
    )

    assert_identified(answer)


def test_a_trailer_that_looks_like_a_head_is_none(ask: Ask) -> None:
    answer = ask(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nHTTP/1.1 500 Late: a\r\n\r\n")

    assert_identified(answer)


def test_an_interim_answer_alone_is_a_failure(ask: Ask) -> None:
    answer = ask(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + OK)

    assert (answer.status, answer.error) == (101, "an interim answer, and no other after it")


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-Build-Id: early\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Build-Id: early\r\n\r\n",
    ],
)
def test_an_interim_answer_is_not_the_first_byte(ask: Ask, interim: bytes) -> None:
    answer = ask(interim, OK + b"Content-Length: 2\r\n\r\nok")

    assert_identified(answer)
    assert PAUSE_S * 1000 <= answer.times.first_byte <= answer.times.total
    assert identity(answer.headers).cold(answer.times.first_byte)


def test_the_first_byte_of_a_plain_answer_is_before_its_body(ask: Ask) -> None:
    answer = ask(OK + b"Content-Length: 2\r\n\r\n", b"ok")

    assert_identified(answer)
    assert answer.times.total - answer.times.first_byte >= PAUSE_S * 1000 * 0.9


@pytest.mark.parametrize(
    "value",
    [
        b"a\x85X-Build-Id: never-sent",
        b"\xc3\x85X-Build-Id: never-sent",
        b"a\x0bX-Build-Id: b\x0cX-Build-Id: c\x1cX-Build-Id: d",
        b"a\nX-Build-Id: never-sent",
    ],
)
def test_a_line_ends_at_cr_lf_alone(value: bytes) -> None:
    lines = [b"HTTP/1.1 200 OK\r\n", b"X-Motd: " + value + b"\r\n", IDENTITY, b"\r\n"]

    assert identity(_headers(lines)).build is None
    assert identity(_headers(lines)).instance == "i1"


def test_a_value_keeps_the_spaces_that_are_none_of_http() -> None:
    assert _headers([b"HTTP/1.1 200 OK\r\n", b"X-A: \t\xa0a\x85 \r\n", b"\r\n"]) == {"x-a": "\xa0a\x85"}


@given(
    st.lists(
        st.tuples(
            st.from_regex(rb"[A-Za-z0-9-]{1,8}", fullmatch=True),
            st.binary(max_size=12).filter(lambda value: b"\r\n" not in value and not value.endswith(b"\r")),
        ),
        max_size=6,
    )
)
def test_any_fields_come_back_whatever_bytes_are_in_them(fields: list[tuple[bytes, bytes]]) -> None:
    lines = [b"HTTP/1.1 200 OK\r\n", *(name + b": " + value + b"\r\n" for name, value in fields), b"\r\n"]

    expected: dict[str, str] = {}
    for name, value in fields:
        key, text = name.decode().lower(), value.strip(b" \t").decode("latin-1")
        expected[key] = f"{expected[key]}, {text}" if key in expected else text
    assert _headers(lines) == expected
