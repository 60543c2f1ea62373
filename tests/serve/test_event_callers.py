"""Who called, by which scheme, host and stage: what an event's app is told of its caller's connection."""

import pytest

from serve.aws_lambda import make_handler, wsgi_caller
from tests.serve import lambda_events
from tests.serve.lambda_events import SHAPES
from tests.serve.test_event_requests import mirror, seen_by_app


def test_scheme_server_and_client_are_those_of_the_callers_connection(shape: str) -> None:
    environ = seen_by_app(SHAPES[shape]())

    assert environ["wsgi.url_scheme"] == "https"
    assert environ["SERVER_PORT"] == "443"
    assert environ["SERVER_NAME"].endswith((".com", ".aws"))
    assert environ["REMOTE_ADDR"] == "203.0.113.7"


@pytest.mark.parametrize(
    ("host", "name", "port"),
    [
        ("api.example.com:8443", "api.example.com", "8443"),
        ("[2001:db8::1]:8080", "[2001:db8::1]", "8080"),
        ("[2001:db8::1]", "[2001:db8::1]", "443"),
    ],
)
def test_a_host_with_a_port_or_an_ipv6_address_is_split(host: str, name: str, port: str) -> None:
    environ = seen_by_app(lambda_events.payload_v2(headers=[("host", host)]))

    assert (environ["SERVER_NAME"], environ["SERVER_PORT"], environ["HTTP_HOST"]) == (name, port, host)


def test_of_a_chain_of_proxies_the_first_tells_scheme_and_port() -> None:
    event = lambda_events.payload_v2()
    event["headers"] = {"x-forwarded-proto": "http, https", "x-forwarded-port": "8080, 443"}

    environ = seen_by_app(event)

    assert (environ["wsgi.url_scheme"], environ["SERVER_PORT"]) == ("http", "8080")


@pytest.mark.parametrize(("scheme", "seen"), [("HTTP", "http"), ("wss", "https"), ("javascript", "https")])
@pytest.mark.parametrize("port", ["abc", "-1", "", "1234567", "٤٤٣"])
def test_a_scheme_or_port_that_a_url_cannot_have_is_not_believed(scheme: str, seen: str, port: str) -> None:
    event = lambda_events.payload_v2(headers=[("host", "a")])
    event["headers"] |= {"x-forwarded-proto": scheme, "x-forwarded-port": port}

    environ = seen_by_app(event)

    assert (environ["wsgi.url_scheme"], environ["SERVER_PORT"]) == (seen, "80" if seen == "http" else "443")


@pytest.mark.parametrize("shape", ["load balancer, multi values", "REST API", "HTTP API, payload 1.0"])
def test_two_hosts_are_refused_as_in_the_other_mode(shape: str) -> None:
    event = lambda_events.SHAPES[shape]()
    event["multiValueHeaders"] |= {"Host": ["a"], "host": ["b"]}

    assert make_handler(wsgi_caller(mirror))(event, None)["statusCode"] == 400


@pytest.mark.parametrize(
    ("event", "mount", "path"),
    [
        ("v2 /dev/hello", "/dev", "/hello"),
        ("v2 /dev", "/dev", "/"),
        ("v2 /dev/", "/dev", "/"),
        ("v2 /developer", "", "/developer"),
        ("v1 /dev/hello", "/dev", "/hello"),
        ("rest /hello", "/prod", "/hello"),
    ],
)
def test_a_stage_in_the_url_is_the_script_name_so_that_url_for_includes_it(
    event: str, mount: str, path: str
) -> None:
    shape, _, url_path = event.partition(" ")
    made = {"v2": lambda_events.payload_v2, "v1": lambda_events.payload_v1, "rest": lambda_events.rest}[
        shape
    ](path=url_path)
    if shape != "rest":
        made["requestContext"]["stage"] = "dev"
        made["requestContext"]["domainName"] = "abc123.execute-api.us-east-1.amazonaws.com"

    environ = seen_by_app(made)

    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == (mount, path)
