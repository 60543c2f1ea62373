"""The log: JSON lines that each platform's viewer understands, with the ids of the request that they belong to."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve.logs import ids_of
from tests.serve.doors import Gunicorn, Start
from tests.serve.lambda_events import payload_v2
from tests.serve.runtime import serve_events

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def lines_from_gunicorn(
    gunicorn: Gunicorn, path: str, headers: dict[str, str], **variables: str
) -> list[Any]:
    process, url = gunicorn(**variables)
    request = urllib.request.Request(url + path, headers=headers)
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as error:
        error.close()
    process.terminate()
    return lines(process.communicate(timeout=30)[0])


def test_cloud_logging_gets_severity_trace_and_span(gunicorn: Gunicorn) -> None:
    [entry] = lines_from_gunicorn(
        gunicorn,
        "/hello",
        {"X-Cloud-Trace-Context": f"{TRACE}/123;o=1", "traceparent": PARENT},
        K_SERVICE="hello",
        GOOGLE_CLOUD_PROJECT="my-project",
    )

    assert entry.pop("time").endswith("+00:00")
    assert entry.pop("duration_ms") > 0
    assert entry == {
        "severity": "INFO",
        "message": "GET /hello 200",
        "logger": "app.request_log",
        "logging.googleapis.com/trace": f"projects/my-project/traces/{TRACE}",
        "logging.googleapis.com/spanId": "000000000000007b",
        "logging.googleapis.com/trace_sampled": True,
        "traceparent": PARENT,
        "method": "GET",
        "path": "/hello",
        "status": 200,
        "bytes": 32,
    }


def test_cloud_logging_gets_trace_and_span_from_a_traceparent_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("K_SERVICE", "hello")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "my-project")

    assert ids_of({"HTTP_TRACEPARENT": PARENT}) == {
        "logging.googleapis.com/trace": f"projects/my-project/traces/{TRACE}",
        "logging.googleapis.com/spanId": "b7ad6b7169203331",
        "logging.googleapis.com/trace_sampled": True,
    }


def test_the_apps_own_records_carry_the_same_ids_and_its_failures_their_trace(gunicorn: Gunicorn) -> None:
    own, failure = lines_from_gunicorn(
        gunicorn, "/fail", {"traceparent": PARENT}, APP="tests.serve.apps:logging_app"
    )

    assert (own["message"], own["level"], own["logger"], own["item"]) == ("sold 3", "INFO", "shop", "tea")
    assert (failure["message"], failure["level"]) == ("The app failed", "ERROR")
    assert failure["exception"].endswith("ValueError: no tea")
    assert {(entry["traceId"], entry["spanId"]) for entry in (own, failure)} == {(TRACE, "b7ad6b7169203331")}


@pytest.mark.parametrize("failure", ["/after/raise", "/after/exit"])
def test_a_failure_of_an_asgi_app_after_its_response_has_its_trace_in_both_modes(
    gunicorn: Gunicorn, start: Start, failure: str
) -> None:
    """As Starlette raises on what it has answered with a 500 of its own, and as background tasks fail."""
    app = "tests.serve.apps:failing_asgi"

    [entry] = lines_from_gunicorn(gunicorn, failure, {"traceparent": PARENT}, APP=app)
    [result], out = serve_events(start, [payload_v2(path=failure)], APP=app)
    [in_lambda] = lines(out)

    assert entry["traceId"] == TRACE
    assert result["statusCode"] == 200
    for each in (entry, in_lambda):
        assert (each["message"], each["level"]) == ("The app failed", "ERROR")
    assert "in failing_asgi" in entry["exception"]


def test_lambdas_lines_have_its_request_id_and_the_x_ray_trace(start: Start) -> None:
    event = payload_v2(
        path="/fail", headers=[("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793")]
    )

    _, out = serve_events(
        start, [event], APP="tests.serve.apps:logging_app", AWS_LAMBDA_FUNCTION_NAME="hello"
    )

    own, failure = lines(out)
    assert (own["message"], own["level"], own["item"]) == ("sold 3", "INFO", "tea")
    assert failure["stackTrace"].endswith("ValueError: no tea")
    assert {entry["requestId"] for entry in (own, failure)} == {"request-0"}
    assert {entry["xrayTraceId"] for entry in (own, failure)} == {"Root=1-5759e988-bd862e3fe1be46a994272793"}
    assert own["timestamp"] <= failure["timestamp"]


@pytest.mark.parametrize("app", ["tests.serve.apps:huge", "tests.serve.apps:huge_asgi"])
def test_what_is_said_of_an_event_never_has_the_ids_of_an_earlier_one(start: Start, app: str) -> None:
    traced = payload_v2(headers=[("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793")])
    events: list[Any] = [traced, {}, {**payload_v2(), "body": 5}, traced, payload_v2(path="/huge")]

    _, out = serve_events(start, events, APP=app, AWS_LAMBDA_FUNCTION_NAME="hello")

    said = [entry for entry in lines(out) if entry["logger"] == "serve.aws_lambda"]
    assert [(entry["message"][:24], entry["requestId"], entry.get("xrayTraceId")) for entry in said] == [
        ("An event that is no HTTP", "request-1", None),
        ("An event that cannot be ", "request-2", None),
        ("the response is 10,000,0", "request-4", None),
    ]


def test_below_the_chosen_level_nothing_is_written(gunicorn: Gunicorn) -> None:
    assert lines_from_gunicorn(gunicorn, "/hello", {}, LOG_LEVEL="warning") == []


def test_an_unknown_level_is_one_clear_line(start: Start) -> None:
    process = start(LOG_LEVEL="loud", PORT="0")

    _, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert err.startswith("Error: LOG_LEVEL is 'LOUD'; it is one of CRITICAL")
    assert len(err.splitlines()) == 1


@given(
    st.dictionaries(st.sampled_from(["X_AMZN_TRACE_ID", "X_CLOUD_TRACE_CONTEXT", "TRACEPARENT"]), st.text())
)
def test_whatever_a_client_sends_as_a_trace_is_no_error(headers: dict[str, str]) -> None:
    found = ids_of({f"HTTP_{name}": value for name, value in headers.items()})

    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("span", ["²", "9" * 5000, "-1", ""])
def test_a_span_that_is_no_number_is_left_out(span: str) -> None:
    assert ids_of({"HTTP_X_CLOUD_TRACE_CONTEXT": f"{TRACE}/{span}"}) == {
        "logging.googleapis.com/trace": TRACE
    }


@pytest.mark.parametrize("malformed", ["", "00", "00-short-b7ad6b7169203331-01", f"00-{TRACE}-short-01"])
def test_a_malformed_traceparent_is_left_out(malformed: str) -> None:
    assert ids_of({"HTTP_TRACEPARENT": malformed}) == {}


def test_an_asgi_app_writes_its_own_lines_alone(start: Start) -> None:
    """The library that calls it would write one per request, and five about the lifespan."""
    events = [payload_v2(), payload_v2(path="/")]

    results, out = serve_events(start, events, APP="tests.serve.apps:huge_asgi", LOG_LEVEL="INFO")

    assert ([result["statusCode"] for result in results], out) == ([200, 200], "")
