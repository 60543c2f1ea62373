"""Traces: off and not even imported by default; switched on, a real OTLP receiver has each request's span in time."""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from local.instances.ports import free_port
from tests.serve.doors import Gunicorn, Start
from tests.serve.lambda_events import payload_v2
from tests.serve.runtime import runtime_api

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
CALLER = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
APPS = {"WSGI": "app:create_app()", "ASGI": "examples.django_app:asgi"}
# A receiver that is there is waited for, however busy the machine is.
PATIENT = {"OTEL_EXPORTER_OTLP_TIMEOUT": "30"}


class Receiver(ThreadingHTTPServer):
    """Takes spans by OTLP over HTTP, as any collector does; `spans` is what has arrived."""

    daemon_threads = True

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/v1/traces":
            self.server.spans += [
                {
                    "service": attributes(one.resource).get("service.name"),
                    "version": attributes(one.resource).get("service.version"),
                    "name": span.name,
                    "trace": span.trace_id.hex(),
                    "id": span.span_id.hex(),
                    "parent": span.parent_span_id.hex(),
                    "status": attributes(span).get("http.response.status_code"),
                    "failed": span.status.code == span.status.STATUS_CODE_ERROR,
                }
                for one in sent.resource_spans
                for scope in one.scope_spans
                for span in scope.spans
            ]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def attributes(holder: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in holder.attributes}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


def without_id(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in span.items() if name != "id"} for span in spans]


@pytest.mark.parametrize("kind", APPS)
def test_in_lambda_mode_a_span_is_sent_before_the_response_because_then_comes_the_freeze(
    start: Start, receiver: Receiver, kind: str
) -> None:
    event = payload_v2(path="/hello", headers=list(CALLER.items()))
    with runtime_api([event]) as api:
        start(
            APP=APPS[kind],
            AWS_LAMBDA_RUNTIME_API=api.address,
            AWS_LAMBDA_FUNCTION_NAME="hello-fn",
            BUILD_ID="abc",
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
            **PATIENT,
        )
        api.wait(1)
        arrived = list(receiver.spans)

    assert without_id(arrived) == [
        {
            "service": "hello-fn",
            "version": "abc",
            "name": "GET /hello",
            "trace": TRACE,
            "parent": PARENT,
            "status": 200,
            "failed": False,
        }
    ]


@pytest.mark.parametrize("kind", APPS)
def test_in_gunicorn_mode_every_span_has_arrived_when_the_instance_ends_and_health_checks_have_none(
    gunicorn: Gunicorn, receiver: Receiver, kind: str
) -> None:
    process, url = gunicorn(
        APP=APPS[kind],
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{receiver.url}/v1/traces",
        OTEL_SERVICE_NAME="mine",
        K_SERVICE="not-mine",
        **PATIENT,
    )
    for path in ("/hello", "/health", "/nothing"):
        try:
            urllib.request.urlopen(urllib.request.Request(url + path, headers=CALLER), timeout=30).close()
        except urllib.error.HTTPError as error:
            error.close()

    process.terminate()
    out, err = process.communicate(timeout=30)

    assert process.returncode == 0, err
    # A span and a log line come after the response, so those of two threads come in any order.
    assert sorted((span["service"], span["name"], span["status"]) for span in receiver.spans) == [
        ("mine", "GET /hello", 200),
        ("mine", "GET /nothing", 404),
    ]
    if kind == "WSGI":
        logged = [json.loads(line) for line in out.splitlines()]
        found = {(entry["traceId"], entry["spanId"]) for entry in logged if entry["path"] != "/health"}
        assert found == {(span["trace"], span["id"]) for span in receiver.spans}


def test_an_app_that_fails_leaves_a_span_that_says_so(start: Start, receiver: Receiver) -> None:
    with runtime_api([payload_v2(path="/raise")]) as api:
        start(
            APP="tests.serve.apps:failing",
            AWS_LAMBDA_RUNTIME_API=api.address,
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
            **PATIENT,
        )
        [(_, answer)] = api.wait(1)
        [span] = receiver.spans

    assert (answer["statusCode"], span["name"], span["failed"]) == (500, "GET /raise", True)


def test_a_receiver_that_is_not_there_fails_no_request(start: Start) -> None:
    with runtime_api([payload_v2(path="/hello")] * 2) as api:
        start(
            AWS_LAMBDA_RUNTIME_API=api.address,
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}",
        )
        answers = api.wait(2)

    assert [answer["statusCode"] for _, answer in answers] == [200, 200]


@pytest.mark.process
@pytest.mark.parametrize("variables", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "x", "OTEL_SDK_DISABLED": "true"}])
@pytest.mark.parametrize("door", ["serve.aws_lambda", "serve.gunicorn_app"])
def test_nothing_of_it_is_imported_unless_it_is_on(door: str, variables: dict[str, str]) -> None:
    code = f"import {door}, sys; print([name for name in sys.modules if name.startswith('opentelemetry')])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


@pytest.fixture
def bare(tmp_path: Path) -> str:
    """A PYTHONPATH on which OpenTelemetry is not to be had, as in an image without it."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['opentelemetry'] = None")
    return str(tmp_path)


def test_an_image_without_it_says_how_to_have_it(start: Start, bare: str) -> None:
    process = start(PORT="0", PYTHONPATH=bare, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")

    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (
        1,
        (
            "Error: OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, but opentelemetry is not installed; "
            "build the image with --build-arg OTEL=on, as the stack key otlpEndpoint does, or unset the variable\n"
        ),
    )


def test_a_protocol_that_is_not_spoken_is_an_error(start: Start) -> None:
    process = start(
        PORT="0", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_EXPORTER_OTLP_PROTOCOL="grpc"
    )

    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (
        1,
        "Error: OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'; it is http/protobuf, or unset\n",
    )
