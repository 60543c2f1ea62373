"""The app by itself, as any Flask test client sees it."""

import json
import subprocess
import sys

import pytest
import regex
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app import create_app
from app.text import reverse


@pytest.fixture
def app() -> Flask:
    app = create_app()

    @app.get("/broken")
    def broken() -> str:  # pyright: ignore[reportUnusedFunction]
        raise RuntimeError("the secret of the inside")

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_hello_greets(client: FlaskClient) -> None:
    response = client.get("/hello")

    assert (response.status_code, response.json) == (200, {"message": "Hello from Flask!"})


def test_health_is_ok(client: FlaskClient) -> None:
    response = client.get("/health")

    assert (response.status_code, response.json) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("hello world", "dlrow olleh"),
        ("", ""),
        ("cafe\u0301!", "!e\u0301fac"),
        ("ok \U0001f44d\U0001f3fd", "\U0001f44d\U0001f3fd ko"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 x", "x \U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("\U0001f1e8\U0001f1ed\U0001f1ef\U0001f1f5", "\U0001f1ef\U0001f1f5\U0001f1e8\U0001f1ed"),
        ("a\r\nb", "b\r\na"),
        ("한국어", "어국한"),
    ],
)
def test_echo_reverses_what_people_read_as_characters(
    client: FlaskClient, message: str, expected: str
) -> None:
    response = client.post("/echo", json={"message": message})

    assert (response.status_code, response.json) == (200, {"reversed": expected})


@given(st.text())
def test_reversing_keeps_every_character_and_changes_only_their_order(text: str) -> None:
    def characters(of: str) -> list[str]:
        return sorted(regex.findall(r"\X", of))

    assert sorted(reverse(text)) == sorted(text)
    assert len(reverse(text)) == len(text)
    if all(len(character) == 1 for character in characters(text)):
        assert reverse(text) == text[::-1]


EXPECTED = 'a JSON object with a string "message", for example {"message": "hello world"}'


@pytest.mark.parametrize(
    "body",
    [
        *("", "{", "null", "[]", '"hello"', "{}"),
        *('{"message": null}', '{"message": 5}', '{"message": ["a"]}'),
        pytest.param("[" * 100_000, id="nested too deeply to be read"),
    ],
)
def test_echo_refuses_what_has_no_string_message_and_says_what_was_expected(
    client: FlaskClient, body: str
) -> None:
    response = client.post("/echo", data=body, content_type="application/json")

    assert (response.status_code, response.json) == (
        400,
        {"error": "Bad Request", "message": f"expected {EXPECTED}"},
    )


def test_echo_refuses_another_content_type(client: FlaskClient) -> None:
    response = client.post("/echo", data="message=hello")

    assert (response.status_code, response.json) == (
        415,
        {
            "error": "Unsupported Media Type",
            "message": f"the Content-Type application/json is expected, with {EXPECTED}",
        },
    )


def test_an_unknown_path_is_a_404_in_json(client: FlaskClient) -> None:
    response = client.get("/nowhere")

    assert (response.status_code, response.content_type) == (404, "application/json")
    assert response.json is not None
    assert response.json["error"] == "Not Found"


def test_a_wrong_method_is_a_405_that_names_the_allowed_ones(client: FlaskClient) -> None:
    response = client.put("/echo")

    assert (response.status_code, response.content_type) == (405, "application/json")
    assert set(response.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_an_unhandled_exception_is_a_500_that_shows_nothing_of_the_inside(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = client.get("/broken")

    assert (response.status_code, response.content_type) == (500, "application/json")
    assert "secret" not in response.text
    assert "the secret of the inside" in caplog.text


@pytest.mark.process
def test_each_request_is_one_json_line_on_standard_output() -> None:
    # In a process of its own, because pytest handles all records in this one.
    program = """
import app
client = app.create_app().test_client()
client.get("/hello", buffered=True)
client.get("/nowhere?query=kept-out", buffered=True)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first.pop("duration_ms") >= 0
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "INFO",
        "message": "GET /hello 200",
        "method": "GET",
        "path": "/hello",
        "status": 200,
        "bytes": 32,
    }
    assert second["message"] == "GET /nowhere 404"


def test_whoever_handles_the_records_already_gets_them_instead(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        client.get("/hello", buffered=True)

    assert [record.getMessage() for record in caplog.records] == ["GET /hello 200"]
