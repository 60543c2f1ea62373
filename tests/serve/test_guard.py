"""A failure before the first byte is the same whole 500 through both doors, and the instance lives on."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import IncompleteRead
from typing import Any

import pytest
from werkzeug.test import run_wsgi_app

from serve.guard import guard
from tests.serve.doors import Gunicorn, Start
from tests.serve.lambda_events import payload_v2
from tests.serve.runtime import serve_events

FAILURES = {
    "failing": [
        *("/raise", "/exit", "/base", "/never", "/first", "/wide", "/broken", "/name", "/status"),
        *("/text", "/characters", "/length", "/lengths"),
    ],
    "failing_asgi": [
        *("/raise", "/exit", "/base", "/never", "/cancelled", "/first", "/first/exit"),
        *("/broken", "/name", "/status", "/text", "/twice", "/length", "/lengths"),
    ],
}


FAILED = (500, "application/json", b'{"message":"Internal Server Error"}')


def ask(url: str) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status, ",".join(response.headers.get_all("content-type", [])), response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ",".join(error.headers.get_all("content-type", [])), error.read()


def answered(result: Any) -> tuple[int, str, bytes]:
    return result["statusCode"], result["headers"]["content-type"], result["body"].encode()


@pytest.mark.parametrize("app", FAILURES)
def test_every_failure_is_a_500_and_the_next_request_works_in_both_modes(
    gunicorn: Gunicorn, start: Start, app: str
) -> None:
    paths = [path for failure in FAILURES[app] for path in (failure, "/fine")]
    _, url = gunicorn(APP=f"tests.serve.apps:{app}")

    through_gunicorn = [ask(url + path) for path in paths]
    results, _ = serve_events(start, [payload_v2(path=path) for path in paths], APP=f"tests.serve.apps:{app}")

    assert through_gunicorn == [FAILED, (200, "text/plain", b"fine")] * len(FAILURES[app])
    assert through_gunicorn == [answered(result) for result in results]


@pytest.mark.parametrize("failure", ["/empty/raise", "/midway/raise", "/midway/exit"])
def test_a_failure_after_the_first_body_event_of_an_asgi_response_leaves_the_instance_alive(
    gunicorn: Gunicorn, start: Start, failure: str
) -> None:
    """The connection breaks in gunicorn mode; in Lambda mode nothing has been sent yet, so it is a 500."""
    app = "tests.serve.apps:failing_asgi"
    _, url = gunicorn(APP=app)

    with (
        urllib.request.urlopen(url + failure, timeout=30) as response,
        pytest.raises((IncompleteRead, ConnectionError)),
    ):
        response.read()
    assert ask(f"{url}/fine") == (200, "text/plain", b"fine")

    results, _ = serve_events(start, [payload_v2(path=failure), payload_v2(path="/fine")], APP=app)
    assert [answered(result) for result in results] == [FAILED, (200, "text/plain", b"fine")]


def environ() -> dict[str, Any]:
    return {"REQUEST_METHOD": "GET", "PATH_INFO": "/"}


class Chunks:
    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = chunks
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    def close(self) -> None:
        self.closed += 1


def app_of(chunks: Chunks) -> Any:
    def app(_environ: Any, start_response: Any) -> Chunks:
        start_response("200 OK", [("X-A", "1")])
        return chunks

    return app


def test_a_response_passes_unchanged_and_its_iterable_is_closed_once() -> None:
    chunks = Chunks(b"", b"a", b"b")

    body, status, headers = run_wsgi_app(guard(app_of(chunks)), environ(), buffered=True)

    assert (b"".join(body), status, list(headers), chunks.closed) == (b"ab", "200 OK", [("X-A", "1")], 1)


def test_a_failure_after_the_first_byte_reaches_the_server_which_breaks_the_connection() -> None:
    chunks = Chunks(b"a", ValueError("inside"))

    with pytest.raises(ValueError, match="inside"):
        run_wsgi_app(guard(app_of(chunks)), environ(), buffered=True)


def test_a_failure_before_the_first_byte_replaces_status_and_headers() -> None:
    chunks = Chunks(b"", ValueError("inside"))

    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started.append((status, headers))

    body = guard(app_of(chunks))(environ(), start_response)

    headers = [("content-type", "application/json"), ("content-length", "35")]
    assert started == [("500 Internal Server Error", headers)]
    assert (json.loads(b"".join(body)), chunks.closed) == ({"message": "Internal Server Error"}, 1)


def test_write_sends_at_once_and_an_error_after_it_is_not_hidden() -> None:
    sent: list[bytes] = []

    def app(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])(b"written")
        raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        guard(app)(environ(), lambda status, headers, exc_info=None: sent.append)

    assert sent == [b"written"]


def test_a_file_is_left_to_the_server_to_send() -> None:
    class FileWrapper(list[bytes]): ...

    wrapped = FileWrapper([b"x"])

    def app(_environ: Any, start_response: Any) -> FileWrapper:
        start_response("200 OK", [])
        return wrapped

    assert guard(app)({**environ(), "wsgi.file_wrapper": FileWrapper}, lambda *_: lambda _: None) is wrapped
