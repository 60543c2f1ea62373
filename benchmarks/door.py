"""Time per event through the Lambda door, beside a direct call of the same app with its environ ready-made.

Every door runs in this process, on the same app without a log. Then both sides have the app as it is served by
default: with identity headers and a line in the log, which goes to /dev/null.
"""

import io
import logging
import os
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from benchmarks import peers
from benchmarks.events import event
from benchmarks.paired import Sample, describe_machine, measure, report

ROUNDS = 300
CALLS = 40
SLOW_CALLS = 4
DIRECT = "WSGI app called directly"
PEERS = ("apig-wsgi", "serverless-wsgi", "Mangum, asgiref", "Mangum, a2wsgi")
EVENTS = {
    "GET /hello": event("GET", "/hello"),
    "POST /echo": event("POST", "/echo", b'{"message": "hello world"}', "application/json"),
}


def main() -> None:
    """Measure and print."""
    describe_machine()
    for name, request in EVENTS.items():
        print(f"{name}, {ROUNDS} rounds")
        subjects = {DIRECT: _timed(_direct(request, plain_app()), CALLS)}
        for label, handler in _handlers().items():
            subjects[label] = _timed(_called(handler, request), SLOW_CALLS if "Mangum" in label else CALLS)
        report(measure(subjects, ROUNDS))
        print(f"{name}, with identity headers and log")
        subjects = {
            DIRECT: _timed(_direct(request, served_app()), CALLS),
            "ours": _timed(_called(_ours(served_app()), request), CALLS),
        }
        report(measure(subjects, ROUNDS))


@cache
def plain_app() -> Any:
    """The app without its log: one object for all subjects, so that none has it in a warmer cache than another."""
    from app import create_app  # noqa: PLC0415 - only in a process that measures

    app = create_app()
    app.wsgi_app = type(app).wsgi_app.__get__(app)
    return app


@cache
def served_app() -> Any:
    """The app as it is served by default, one object too."""
    from app import create_app  # noqa: PLC0415
    from serve import logs  # noqa: PLC0415
    from serve.instance import Identity, identify  # noqa: PLC0415

    app = create_app()
    handler = logging.FileHandler(os.devnull)
    handler.setFormatter(logs.JsonFormatter())
    log = logging.getLogger("app.request_log")
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)
    return logs.follow(identify(app, Identity(), build="build"))


def _ours(app: Any) -> Callable[[Any, Any], Any]:
    from serve.aws_lambda import make_handler, wsgi_caller  # noqa: PLC0415

    return make_handler(wsgi_caller(app))


def _handlers() -> dict[str, Callable[[Any, Any], Any]]:
    logging.getLogger("mangum").setLevel(logging.ERROR)
    handlers = {"ours": _ours(plain_app())}
    os.environ["APP"] = "benchmarks.door:plain_app()"
    for peer in PEERS:
        handlers[peer] = peers.PEERS[peer]()
    return handlers


def _timed(call: Callable[[], Any], calls: int) -> Callable[[], Sample]:
    def sample() -> Sample:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(calls):
            call()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return {"wall µs": wall / calls * 1e6, "CPU µs": cpu / calls * 1e6}

    return sample


def _called(handler: Callable[[Any, Any], Any], event: Any) -> Callable[[], Any]:
    status = handler(event, None)["statusCode"]
    if status != 200:  # noqa: PLR2004
        raise RuntimeError(f"{handler} answered {status}")
    return lambda: handler(event, None)


def _direct(event: Any, app: Any) -> Callable[[], Any]:
    from serve.events import payload_v2  # noqa: PLC0415

    environ = payload_v2.read(event)
    request = environ["wsgi.input"].read()

    def start_response(*_: Any) -> Any: ...

    def call() -> bytes:
        chunks = app({**environ, "wsgi.input": io.BytesIO(request)}, start_response)
        body = b"".join(chunks)
        chunks.close()
        return body

    return call
