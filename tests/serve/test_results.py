"""Results to the Runtime API: on one connection, whole or in pieces, by the runtime's loop as AWS's library has it."""

import inspect
import json
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from awslambdaric.bootstrap import handle_event_request
from awslambdaric.lambda_runtime_client import BaseLambdaRuntimeClient
from hypothesis import given
from hypothesis import strategies as st

from serve.events import payload_v1, payload_v2
from serve.results import LostError, RefusedError, Results
from serve.streaming import HEAD_LIMIT, STREAM_LIMIT, Encoder, StreamTooLargeError
from tests.serve.doors import Start
from tests.serve.lambda_events import function_url, rest
from tests.serve.lambda_events import payload_v1 as http_api_v1
from tests.serve.lambda_events import payload_v2 as http_api
from tests.serve.runtime import runtime_api, serve_events

ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{"status": "OK"}'


class Api:
    """A Runtime API that answers each result as `answers` says, one after the other, and notes what it was sent.

    An answer without bytes closes the connection; `connections` counts those that were made.
    """

    def __init__(self, answers: list[bytes]) -> None:
        self.answers = answers
        self.heard: list[bytes] = []
        self.connections = 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"

    def serve(self) -> None:
        while self.answers:
            connection, _ = self.server.accept()
            self.connections += 1
            with closing(connection):
                while self.answers and (request := _received(connection)):
                    self.heard.append(request)
                    answer = self.answers.pop(0)
                    if not answer:
                        break
                    connection.sendall(answer)


def _received(connection: socket.socket) -> bytes:
    """One request, with a length or in chunks; empty where the client has closed the connection."""
    data = b""
    while not _is_whole(data):
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    return data


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    if b"chunked" in head:
        return b"\r\n0\r\n" in body and body.endswith(b"\r\n\r\n")
    return bool(end) and len(body) >= int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])


@contextmanager
def api(*answers: bytes) -> Generator[Api]:
    made = Api(list(answers))
    thread = threading.Thread(target=made.serve)
    thread.start()
    yield made
    thread.join(30)
    made.server.close()


def test_results_are_posted_on_one_connection() -> None:
    with api(ACCEPTED, ACCEPTED) as runtime:
        results = Results(runtime.address)
        results.post("one", None, b'{"a": 1}')
        results.post("two", "2-3", b"{}")
        results.close()

    assert runtime.connections == 1
    assert runtime.heard == [
        b"POST /2018-06-01/runtime/invocation/one/response HTTP/1.1\r\nHost: %b\r\n"
        b'Content-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}' % runtime.address.encode(),
        b"POST /2018-06-01/runtime/invocation/two/response HTTP/1.1\r\nHost: %b\r\n"
        b"Lambda-Runtime-Invocation-Id: 2-3\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        % runtime.address.encode(),
    ]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(ACCEPTED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), id="says close"),
        pytest.param(b"HTTP/1.1 202 Accepted\r\n\r\n", id="says no length"),
    ],
)
def test_a_connection_that_cannot_be_kept_is_not(first: bytes) -> None:
    with api(first, ACCEPTED) as runtime:
        results = Results(runtime.address)
        results.post("one", None, b"{}")
        results.post("two", None, b"{}")
        results.close()

    assert runtime.connections == 2


def test_a_result_whose_kept_connection_closes_is_posted_again() -> None:
    with api(ACCEPTED, b"", ACCEPTED) as runtime:
        results = Results(runtime.address)
        for name in ("one", "two"):
            results.post(name, None, b"{}")
        results.close()

    assert [request.split(b"/")[4] for request in runtime.heard] == [b"one", b"two", b"two"]


def test_a_result_on_a_new_connection_is_posted_once() -> None:
    with api(b"") as runtime:
        results = Results(runtime.address)
        with pytest.raises(ConnectionError, match="closed the connection without an answer"):
            results.post("one", None, b"{}")
        results.close()

    assert len(runtime.heard) == 1


def test_a_refused_result_is_an_error_with_what_was_said() -> None:
    with api(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 11\r\n\r\nnot allowed") as runtime:
        results = Results(runtime.address)
        with pytest.raises(RefusedError, match="refused the result: 403 not allowed"):
            results.post("one", None, b"{}")
        results.close()


def test_a_connection_that_ends_amid_a_result_in_pieces_is_an_error_of_its_own() -> None:
    with api(b"") as runtime:
        results = Results(runtime.address)
        results.send(results.begin("one", None) + b"1\r\na\r\n0\r\n\r\n")
        with pytest.raises(LostError):
            results.finish()


def encoder(method: str = "GET", before: bytes = b"") -> Encoder:
    return Encoder(payload_v2.write_head, method, before)


def pieces_of(chunked: bytes) -> list[bytes]:
    """The chunks of a chunked body that is whole."""
    pieces: list[bytes] = []
    while True:
        size, _, rest = chunked.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            assert rest == b"\r\n"
            return pieces
        assert rest[length : length + 2] == b"\r\n"
        pieces.append(rest[:length])
        chunked = rest[length + 2 :]


HEAD = b'{"statusCode": 200, "headers": {"x-a": "1"}, "cookies": ["a=1", "b=2"]}' + bytes(8)
HEADERS = [("X-A", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]


def test_a_response_is_its_head_and_zero_bytes_and_then_the_body_as_it_comes() -> None:
    one = encoder(before=b"before")
    one.start("200 OK", HEADERS)

    sent = [one.body(b"abc"), one.body(b""), one.body(b"d"), one.end()]

    assert sent[0] == b"before%x\r\n%b\r\n3\r\nabc\r\n" % (len(HEAD), HEAD)
    assert sent[1:] == [b"", b"1\r\nd\r\n", b"0\r\n\r\n"]


def test_a_rest_apis_head_has_every_header_as_a_list() -> None:
    one = Encoder(payload_v1.write_head, "GET", b"")
    one.start("204 No Content", HEADERS)

    assert pieces_of(one.body(b"") + one.end()) == [
        b'{"statusCode": 204, "multiValueHeaders": {"x-a": ["1"], "set-cookie": ["a=1", "b=2"]}}' + bytes(8)
    ]


@given(body=st.lists(st.binary(max_size=30), max_size=5), declared=st.none() | st.integers(0, 100))
def test_the_body_is_the_apps_up_to_its_declared_length_and_too_little_is_an_error(
    body: list[bytes], declared: int | None
) -> None:
    one, whole = encoder(), b"".join(body)
    one.start("200 OK", [] if declared is None else [("Content-Length", str(declared))])

    sent = b"".join(one.body(piece) for piece in body)

    if declared is not None and declared > len(whole):
        with pytest.raises(ValueError, match="before its Content-Length"):
            one.end()
    else:
        assert b"".join(pieces_of(sent + one.end())[1:]) == whole[:declared]


def test_the_last_byte_of_a_declared_length_takes_the_end_along() -> None:
    one = encoder()
    one.start("200 OK", [("Content-Length", "3")])

    assert one.body(b"abc").endswith(b"3\r\nabc\r\n0\r\n\r\n")
    assert one.end() == b""


def test_more_than_lambda_streams_is_an_error() -> None:
    one, piece = encoder(), bytes(50 * 1024 * 1024)
    one.start("200 OK", [])
    for _ in range(3):
        one.body(piece)

    with pytest.raises(StreamTooLargeError, match=f"more than {STREAM_LIMIT:,} bytes"):
        one.body(piece)


def test_a_head_of_more_than_lambda_takes_is_an_error() -> None:
    with pytest.raises(StreamTooLargeError, match=f"Lambda streams {HEAD_LIMIT:,}"):
        encoder().start("200 OK", [("X-A", "a" * HEAD_LIMIT)])


STREAMING = {"INVOKE_MODE": "response_stream", "APP": "tests.serve.streams:wsgi", "IDENTITY_HEADERS": "off"}


@pytest.mark.parametrize("shape", [http_api, http_api_v1])
def test_an_event_whose_sender_takes_no_pieces_gets_a_whole_result(
    start: Start, shape: Callable[..., Any]
) -> None:
    results, _ = serve_events(start, [shape(path="/plain"), {"warm": "up"}], **STREAMING)

    assert results[0]["body"] == "12345678"
    assert results[1] == {"ignored": "not an HTTP request"}


@pytest.mark.parametrize("shape", [function_url, rest])
def test_a_response_in_pieces_and_the_next_whole_one_are_both_taken(
    start: Start, shape: Callable[..., Any]
) -> None:
    with runtime_api(
        [shape(path="/plain"), {}, shape(path="/raise-midway"), shape(body=b"x", isBase64Encoded=True)]
    ) as it:
        process = start(AWS_LAMBDA_RUNTIME_API=it.address, **STREAMING)
        heard = it.wait(4)
        process.terminate()
        process.communicate(timeout=30)

    (_, whole), (_, ignored), (_, cut), (_, refused) = heard
    head, _, body = whole.partition(bytes(8))
    assert json.loads(head)["statusCode"] == 200
    assert body == b"12345678"
    assert ignored == {"ignored": "not an HTTP request"}
    assert cut.partition(bytes(8))[2] == b"the first"
    assert json.loads(refused.partition(bytes(8))[0])["statusCode"] == 400


def test_awslambdaric_posts_a_result_as_the_client_expects() -> None:
    """What Client replaces of it: a new version that posts in another way must not go unseen."""
    post = inspect.signature(BaseLambdaRuntimeClient.post_invocation_result)
    source = inspect.getsource(handle_event_request)

    assert list(post.parameters) == ["self", "invoke_id", "result_data", "content_type", "invocation_id"]
    assert "lambda_runtime_client.marshaller.marshal_response(\n            response\n        )" in source
    assert (
        source.count(
            "post_invocation_result(\n            invoke_id, result, result_content_type, invocation_id"
        )
        == 1
    )
