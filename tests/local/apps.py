"""A WSGI app that does what its path says, for the emulation's tests, and factories that do not start well."""

import base64
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]

_lock = threading.Lock()
_active: set[int] = set()
_sick = threading.Event()
_failed: list[bool] = []


def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """What the path names, as JSON; the query names files that say how far it is, and numbers."""
    query = {key: values[-1] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
    path = environ["PATH_INFO"]
    if path == "/stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return _stream(query)
    if path == "/long-header":
        start_response("200 OK", [("X-Long", "y" * int(query["size"])), ("Content-Length", "0")])
        return [b""]
    if path == "/many-headers":
        names = [(f"X-{number}", "y") for number in range(int(query["count"]))]
        start_response("200 OK", [*names, ("Content-Length", "0")])
        return [b""]
    if path == "/health" and _sick.is_set():
        _failed.append(True)
        start_response("500 Internal Server Error", [])
        return [b""]
    answer = _ANSWERS.get(path, _pid)(environ, query)
    body = json.dumps(answer).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def broken() -> Any:
    """A factory that fails."""
    raise RuntimeError("the app cannot start")


def slow() -> Any:
    """A factory that takes START_SECONDS."""
    time.sleep(float(os.environ["START_SECONDS"]))
    return app


def gated() -> Any:
    """A factory that waits until the file GATE is gone."""
    _wait_until_gone(os.environ["GATE"])
    return app


def broken_once() -> Any:
    """A factory that fails unless the file MARK exists, and makes it."""
    if _marked():
        return app
    raise RuntimeError("the first start fails")


def hesitant() -> Any:
    """An app in whose first instance the Lambda runtime, after an answer, waits until the file GATE is gone, and exits.

    So its instance ends after one request and before it takes another.
    """
    if not _marked():
        client: Any = sys.modules["__main__"].Client
        ask = client.wait_next_invocation
        asked: list[bool] = []

        def wait_next_invocation(self: Any) -> Any:
            if asked:
                _wait_until_gone(os.environ["GATE"])
                os._exit(7)
            asked.append(True)
            return ask(self)

        client.wait_next_invocation = wait_next_invocation
    return app


def _marked() -> bool:
    mark = Path(os.environ["MARK"])
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return True
    return False


def _wait_until_gone(path: str) -> None:
    while Path(path).exists():
        time.sleep(0.01)


def _pid(_environ: Environ, _query: dict[str, str]) -> dict[str, Any]:
    return {"pid": os.getpid()}


def _wait(_environ: Environ, query: dict[str, str]) -> dict[str, Any]:
    """Touch `begun`, wait for `seconds` or until `gate` is gone, touch `ended`; how many were at it, and when."""
    with _lock:
        _active.add(threading.get_ident())
        active = len(_active)
    began = time.monotonic()
    if "begun" in query:
        Path(query["begun"]).touch()
    if "gate" in query:
        _wait_until_gone(query["gate"])
    else:
        time.sleep(float(query["seconds"]))
    if "ended" in query:
        Path(query["ended"]).touch()
    with _lock:
        _active.remove(threading.get_ident())
    return {"pid": os.getpid(), "active": active, "began": began, "ended": time.monotonic()}


def _crash(_environ: Environ, _query: dict[str, str]) -> Any:
    os.kill(os.getpid(), 9)


def _exit(_environ: Environ, _query: dict[str, str]) -> Any:
    os._exit(3)


def _environment(_environ: Environ, _query: dict[str, str]) -> dict[str, str]:
    return dict(os.environ)


def _request(environ: Environ, _query: dict[str, str]) -> dict[str, Any]:
    """What of the request arrived: everything that is text, and the body."""
    seen = {key: value for key, value in environ.items() if isinstance(value, str) and key.isupper()}
    return seen | {
        "scheme": environ["wsgi.url_scheme"],
        "body": base64.b64encode(environ["wsgi.input"].read()).decode(),
    }


def _caller(environ: Environ, _query: dict[str, str]) -> Any:
    """What the HTTP API says of the caller."""
    return environ["aws.event"]["requestContext"].get("authorizer")


def _event(environ: Environ, _query: dict[str, str]) -> Any:
    """An event that is no HTTP request; one with "fail" is not taken."""
    event = json.load(environ["wsgi.input"])
    if isinstance(event, dict) and "fail" in event:
        raise RuntimeError("not taken")
    return {"event": event}


def _print(_environ: Environ, query: dict[str, str]) -> dict[str, Any]:
    sys.stdout.write(query["text"])
    sys.stdout.flush()
    return {}


def _sicken(_environ: Environ, _query: dict[str, str]) -> dict[str, Any]:
    _sick.set()
    return {}


def _checks(_environ: Environ, _query: dict[str, str]) -> dict[str, Any]:
    """How many health checks have failed."""
    return {"failed": len(_failed)}


def _stream(query: dict[str, str]) -> Iterator[bytes]:
    """A first piece; when the file `gate` is gone, the second or the end of the instance; so for `then` a third."""
    yield b"first "
    _wait_until_gone(query["gate"])
    if "crash" in query:
        os.kill(os.getppid(), 9)
        os.kill(os.getpid(), 9)
    yield b"second"
    if "then" in query:
        _wait_until_gone(query["then"])
        yield b"third"


_ANSWERS: dict[str, Callable[[Environ, dict[str, str]], Any]] = {
    "/wait": _wait,
    "/crash": _crash,
    "/exit": _exit,
    "/environment": _environment,
    "/request": _request,
    "/caller": _caller,
    "/event": _event,
    "/print": _print,
    "/sicken": _sicken,
    "/checks": _checks,
}
