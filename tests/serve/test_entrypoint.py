"""entrypoint.sh: which door it opens, what it refuses, and that signals arrive."""

import json
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.serve.doors import Gunicorn, Start
from tests.serve.lambda_events import payload_v2
from tests.serve.runtime import runtime_api

OWN = Path(__file__).parents[2] / "app" / "__init__.py"
NOTHING = f"APP is 'app:nothing', but there is no 'nothing' in app ({OWN}); there is create_app()"


@pytest.mark.parametrize("variables", [{"RUN_MODE": "lambda"}, {}])
def test_lambda_mode_is_chosen_by_name_and_by_the_runtime_apis_presence(
    start: Start, variables: dict[str, str]
) -> None:
    with runtime_api([payload_v2(path="/hello")]) as api:
        start(AWS_LAMBDA_RUNTIME_API=api.address, **variables)
        [(path, result)] = api.wait(1)

    assert path == "/2018-06-01/runtime/invocation/request-0/response"
    assert json.loads(result["body"]) == {"message": "Hello from Flask!"}


@pytest.mark.parametrize("variables", [{"RUN_MODE": "gunicorn", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9"}, {}])
def test_gunicorn_mode_is_chosen_by_name_and_where_there_is_no_lambda(
    gunicorn: Gunicorn, variables: dict[str, str]
) -> None:
    _, url = gunicorn(**variables)

    with urllib.request.urlopen(f"{url}/hello", timeout=30) as response:
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
    assert err == f"Error: {NOTHING}\n"


def test_a_wrong_app_is_lambdas_init_error(start: Start) -> None:
    with runtime_api([]) as api:
        process = start(APP="app:nothing", AWS_LAMBDA_RUNTIME_API=api.address)
        [(path, body)] = api.wait(1)

    assert process.wait(timeout=30) == 1
    assert path == "/2018-06-01/runtime/init/error"
    assert body["errorMessage"] == NOTHING


def test_lambda_mode_without_a_runtime_api_says_what_to_do(start: Start) -> None:
    process = start(RUN_MODE="lambda")

    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (
        1,
        "",
        (
            "RUN_MODE is lambda, but AWS_LAMBDA_RUNTIME_API does not say where Lambda's Runtime API is; "
            "on a machine of yours run: python -m local aws\n"
        ),
    )


def test_lambda_mode_without_its_runtime_says_what_to_do(start: Start, tmp_path: Path) -> None:
    missing = "raise ModuleNotFoundError(\"No module named 'awslambdaric'\", name='awslambdaric')\n"
    (tmp_path / "awslambdaric.py").write_text(missing)

    process = start(RUN_MODE="lambda", PYTHONPATH=str(tmp_path))

    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (
        1,
        "",
        (
            "Lambda mode needs awslambdaric, which is not installed; "
            "it exists for Linux alone, elsewhere run the image\n"
        ),
    )


def test_sigterm_reaches_gunicorn_which_ends_well(gunicorn: Gunicorn) -> None:
    process, _ = gunicorn()

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=30) == 0
