"""Any WSGI or ASGI app by one setting: each example answers through gunicorn and through Lambda events."""

import json
import signal
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from serve.loader import is_asgi
from tests.serve.doors import Gunicorn, Invoke
from tests.serve.lambda_events import payload_v2, rest

EXAMPLES = {
    "Bottle": "examples.bottle_app:app",
    "Django, WSGI": "examples.django_app:wsgi",
    "Django, ASGI": "examples.django_app:asgi",
    "FastAPI": "examples.fastapi_app:app",
    "Flask": "app:create_app()",
}
ECHO = b'{"message": "hello world"}'


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_answers_in_gunicorn_mode(gunicorn: Gunicorn, name: str) -> None:
    _, url = gunicorn(APP=EXAMPLES[name])

    with urllib.request.urlopen(f"{url}/hello", timeout=30) as hello:
        greeting, headers = json.load(hello), hello.headers
    echo = urllib.request.Request(f"{url}/echo", ECHO, {"content-type": "application/json"})
    with urllib.request.urlopen(echo, timeout=30) as answer:
        assert json.load(answer) == {"reversed": "dlrow olleh"}

    assert greeting == {"message": f"Hello from {name.partition(',')[0]}!"}
    assert headers["x-instance-request"] == "1"
    assert headers["server-timing"].startswith("app;dur=")


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("event", [payload_v2, rest])
def test_an_example_answers_in_lambda_mode(rie: Callable[..., Invoke], name: str, event: Any) -> None:
    invoke = rie(APP=EXAMPLES[name])

    hello = invoke(event(path="/hello"))
    echo = invoke(event("POST", "/echo", headers=[("content-type", "application/json")], body=ECHO))

    assert (hello["statusCode"], echo["statusCode"]) == (200, 200)
    assert json.loads(hello["body"]) == {"message": f"Hello from {name.partition(',')[0]}!"}
    assert json.loads(echo["body"]) == {"reversed": "dlrow olleh"}
    headers = hello.get("headers") or {
        key: ",".join(each) for key, each in hello["multiValueHeaders"].items()
    }
    assert headers["x-instance-request"] == "1"


def test_a_lifespan_begins_once_before_the_port_answers_and_ends_with_the_worker(gunicorn: Gunicorn) -> None:
    process, url = gunicorn(APP=EXAMPLES["FastAPI"])
    for _ in range(3):
        with urllib.request.urlopen(f"{url}/hello", timeout=30) as response:
            assert response.status == 200

    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)

    assert [line for line in out.splitlines() if "lifespan" in line] == ["lifespan started", "lifespan ended"]


async def coroutine(scope: Any, receive: Any, send: Any) -> None: ...


class AsyncObject:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


def function(environ: Any, start_response: Any) -> list[bytes]:
    return []


class Object:
    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        return []


@pytest.mark.parametrize("app", [coroutine, AsyncObject(), partial(coroutine), AsyncObject().__call__])
def test_a_coroutine_function_or_an_object_with_one_is_asgi(app: Any) -> None:
    assert is_asgi(app)


@pytest.mark.parametrize("app", [function, Object(), partial(function), Object().__call__])
def test_everything_else_is_wsgi(app: Any) -> None:
    assert not is_asgi(app)
