"""What the container engine's health check says: healthy where a door answers, or where Lambda mode opens none."""

import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from local.instances.ports import free_port
from tests.serve.doors import Gunicorn

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]


def check(**variables: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "serve.healthcheck"]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_a_door_that_answers_is_healthy(gunicorn: Gunicorn) -> None:
    _, url = gunicorn()
    # The check waits for 2 s, which is little for a worker's first answer on a busy machine.
    urllib.request.urlopen(f"{url}/health", timeout=30).close()

    assert check(PORT=str(urlsplit(url).port)) == (0, "")


@pytest.mark.parametrize("variables", [{"RUN_MODE": "lambda"}, {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9"}])
def test_lambda_mode_has_no_port_to_ask(variables: dict[str, str]) -> None:
    assert check(**variables, PORT=str(free_port())) == (0, "")


def test_gunicorn_mode_that_was_chosen_where_lambda_is_has_one() -> None:
    code, said = check(RUN_MODE="gunicorn", AWS_LAMBDA_RUNTIME_API="127.0.0.1:9", PORT=str(free_port()))

    assert (code, said) == (1, "no answer from /health: [Errno 111] Connection refused\n")


def test_what_speaks_no_http_is_not_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 mail\r\n")

        thread = Thread(target=babble)
        thread.start()
        code, said = check(PORT=str(server.getsockname()[1]))
        thread.join()

    assert (code, said) == (1, "no answer from /health: 220 mail\n")
