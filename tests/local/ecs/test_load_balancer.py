"""A load balancer's own answers, and what it adds to a request."""

import re

import pytest

from local.ecs import load_balancer
from local.ecs.load_balancer import FAILURES, page, refusal, to_client, to_target, traced
from local.http.message import Answer, Client, Headers, Request
from local.http.proxy import NoResponseError, TooLateError
from local.instances.pool import RefusedError


def request(headers: Headers | None = None, method: str = "GET", path: bytes = b"/hello") -> Request:
    client = Client("192.0.2.7", "http", 8000)
    return Request(method, path, b"", [(b"host", b"example.com"), *(headers or [])], b"", client)


def test_its_pages_are_those_of_real_ones() -> None:
    body = (
        b"<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
        b"<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    headers = [(b"content-type", b"text/html"), (b"server", b"awselb/2.0"), (b"content-length", b"162")]

    assert page("503 Service Temporarily Unavailable") == Answer(503, headers, body)
    assert FAILURES[RefusedError] == page("503 Service Temporarily Unavailable")
    assert [FAILURES[kind].status for kind in (NoResponseError, TooLateError)] == [502, 504]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (request(), None),
        (request(method="TRACE"), 405),
        (request(path=b"/" + b"a" * 16_384), 414),
        (request([(b"a", b"b" * 16_384)]), 400),
        (request([(b"a%d" % n, b"b" * 16_000) for n in range(5)]), 400),
        (request([(b"a%d" % n, b"b" * 16_000) for n in range(4)]), None),
        (request([(b"x-forwarded-for", b", ".join([b"192.0.2.1"] * 31))]), 463),
        (request([(b"x-forwarded-for", b"192.0.2.1, 192.0.2.2")] * 15), None),
        (request([(b"x-forwarded-for", b"192.0.2.1, 192.0.2.2")] * 16), 463),
        (request([(b"a", b"na\xefve")]), 400),
    ],
)
def test_a_request_that_reaches_no_target_is_answered(asked: Request, status: int | None) -> None:
    answer = refusal(asked)

    assert (answer.status if answer else None) == status


def test_a_target_gets_who_called_and_how_and_nothing_of_the_connection() -> None:
    given = [
        (b"accept", b"*/*"),
        (b"x-forwarded-for", b"192.0.2.1"),
        (b"x-forwarded-proto", b"gopher"),
        (b"x-forwarded-port", b"70"),
        (b"expect", b"100-continue"),
        (b"connection", b"close"),
    ]

    headers = to_target(request(given)).headers

    (name, trace) = headers.pop()
    assert headers == [
        (b"host", b"example.com"),
        (b"accept", b"*/*"),
        (b"x-forwarded-for", b"192.0.2.1, 192.0.2.7"),
        (b"x-forwarded-proto", b"http"),
        (b"x-forwarded-port", b"8000"),
    ]
    assert name == b"x-amzn-trace-id"
    assert re.fullmatch(rb"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", trace)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (b"", b"Root=NEW"),
        (b"Root=OLD", b"Self=NEW;Root=OLD"),
        (b"Self=OLDER;Root=OLD; CalledFrom=app", b"Self=NEW;Root=OLD;CalledFrom=app"),
        (b"CalledFrom=app", b"Root=NEW;CalledFrom=app"),
    ],
)
def test_a_trace_begins_or_goes_on(given: bytes, expected: bytes) -> None:
    assert traced(given, b"NEW") == expected


def test_a_response_keeps_its_headers_up_to_what_the_load_balancer_takes() -> None:
    most: Headers = [(b"a", b"b" * 32_767)]

    assert to_client(most) == most
    with pytest.raises(NoResponseError):
        load_balancer.to_client([*most, (b"c", b"")])
