"""entrypoint.sh: which door it opens, what it refuses, and that signals arrive."""

import json
import signal
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.serve.doors import Gunicorn, Start


class RuntimeApi(HTTPServer):
    """The least of a Lambda Runtime API: it notes what a starting runtime says and then hangs up."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        super().__init__(("127.0.0.1", 0), _Hear)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Hear(BaseHTTPRequestHandler):
    server: RuntimeApi  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self.server.heard.append((self.path, b""))
        self.send_error(500)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append((self.path, body))
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.mark.parametrize("variables", [{"RUN_MODE": "lambda"}, {}])
def test_lambda_mode_is_chosen_by_name_and_by_the_runtime_apis_presence(
    start: Start, variables: dict[str, str]
) -> None:
    with RuntimeApi() as api:
        process = start(AWS_LAMBDA_RUNTIME_API=api.address, **variables)
        api.handle_request()

    process.kill()
    assert api.heard == [("/2018-06-01/runtime/invocation/next", b"")]


@pytest.mark.parametrize("variables", [{"RUN_MODE": "gunicorn", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9"}, {}])
def test_gunicorn_mode_is_chosen_by_name_and_where_there_is_no_lambda(
    gunicorn: Gunicorn, variables: dict[str, str]
) -> None:
    _, url = gunicorn(**variables)

    with urllib.request.urlopen(f"{url}/hello", timeout=10) as response:
        assert json.load(response) == {"message": "Hello from Flask!"}


@pytest.mark.parametrize("mode", ["local", "Lambda", "lambda ", "gunicorn;"])
def test_any_other_mode_exits_64_and_names_both(start: Start, mode: str) -> None:
    process = start(RUN_MODE=mode)

    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (
        64,
        "",
        f"entrypoint.sh: RUN_MODE is '{mode}'; it is either lambda or gunicorn (or unset, to choose by itself)\n",
    )


def test_a_wrong_app_ends_gunicorn_mode_with_one_line(start: Start) -> None:
    process = start(APP="app:nothing", PORT="0")

    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err == "Error: APP is 'app:nothing', but there is no 'nothing' in app\n"


def test_a_wrong_app_is_lambdas_init_error(start: Start) -> None:
    with RuntimeApi() as api:
        process = start(APP="app:nothing", AWS_LAMBDA_RUNTIME_API=api.address)
        api.handle_request()

    assert process.wait(timeout=30) == 1
    [(path, body)] = api.heard
    assert path == "/2018-06-01/runtime/init/error"
    assert json.loads(body)["errorMessage"] == "APP is 'app:nothing', but there is no 'nothing' in app"


def test_sigterm_reaches_gunicorn_which_ends_well(gunicorn: Gunicorn) -> None:
    process, _ = gunicorn()

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=30) == 0
