"""A setting that has no such value ends the start with one line that names it; an app's own errors keep their trace."""

import runpy
import socket
from pathlib import Path

import pytest

from tests.serve.doors import Gunicorn, Start
from tests.serve.runtime import runtime_api

LEVELS = "critical, error, warning, info, debug"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "web", "it is a whole number from 0 to 65535"),
        ("PORT", "99999", "it is a whole number from 0 to 65535"),
        ("PORT", "", "it is a whole number from 0 to 65535"),
        ("WEB_CONCURRENCY", "many", "it is a whole number from 1 to 1000"),
        ("WEB_CONCURRENCY", "0", "it is a whole number from 1 to 1000"),
        ("THREADS", "-1", "it is a whole number from 1 to 999"),
        ("THREADS", "1.5", "it is a whole number from 1 to 999"),
        ("GUNICORN_LOG_LEVEL", "loud", f"it is one of {LEVELS}"),
    ],
)
def test_a_wrong_value_ends_gunicorns_configuration_with_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("serve.gunicorn_conf")

    assert ended.value.code == f"Error: {name} is {value!r}; {said}"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "web", "; it is a whole number from 0 to 65535"),
        ("WEB_CONCURRENCY", "many", "; it is a whole number from 1 to 1000"),
        ("FORWARDED_ALLOW_IPS", "here", "; it is * or addresses and networks, separated by commas"),
        ("IDENTITY_HEADERS", "no", "; it is either on or off"),
        ("FAST_START", "no", "; it is either on or off"),
        ("PRELOAD", "json,no.such", ", but there is no module 'no'"),
        ("PRELOAD", "json;hmac", "; expected package.module,package.module"),
    ],
)
def test_a_wrong_value_ends_gunicorn_mode_with_one_line_wherever_it_is_read(
    start: Start, name: str, value: str, said: str
) -> None:
    process = start(**{"PORT": "0", name: value})

    out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (1, "")
    assert err.removeprefix("Error: ") == f"{name} is {value!r}{said}\n"


def test_a_port_in_use_ends_gunicorn_mode_with_one_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        out, err = start(PORT=str(port)).communicate(timeout=30)

    assert (out, err) == (
        "",
        f"Error: HOST is '127.0.0.1' and PORT is '{port}', where nothing can listen: Address already in use\n",
    )


def test_a_wrong_value_is_lambdas_init_error(start: Start) -> None:
    with runtime_api([]) as api:
        process = start(PRELOAD="no.such", AWS_LAMBDA_RUNTIME_API=api.address)
        [(path, body)] = api.wait(1)

    assert process.wait(timeout=30) == 1
    assert path == "/2018-06-01/runtime/init/error"
    assert body["errorMessage"] == "PRELOAD is 'no.such', but there is no module 'no'"


@pytest.mark.parametrize("error", ["ValueError('no such tea')", "ModuleNotFoundError('no such tea')"])
def test_what_the_app_itself_raises_while_it_is_loaded_keeps_its_trace(
    start: Start, tmp_path: Path, error: str
) -> None:
    (tmp_path / "shop.py").write_text(f"def create():\n    raise {error}\n")

    process = start(APP="shop:create()", PYTHONPATH=str(tmp_path), PORT="0")
    _, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert f'File "{tmp_path}/shop.py", line 2, in create' in err
    assert err.rstrip().endswith("Error: no such tea")


def test_gunicorn_listens_on_an_ipv6_address_too(gunicorn: Gunicorn) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")

    _, url = gunicorn(HOST="::1")

    assert url.startswith("http://[::1]:")
