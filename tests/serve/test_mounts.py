"""What stands before the app in its caller's URL (a stage, a base path) is in SCRIPT_NAME, and nothing else is."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve import base_path
from serve.aws_lambda import make_handler, wsgi_caller
from serve.settings import SettingError
from tests.serve import lambda_events
from tests.serve.doors import Gunicorn, Start
from tests.serve.links import app
from tests.serve.runtime import serve_events
from tests.serve.test_event_requests import seen_by_app
from tests.serve.test_guard import ask

OWN = "api.example.com"
AMAZONS = "abc123.execute-api.us-east-1.amazonaws.com"


def http_api(
    version: str, path: str, stage: str = "$default", domain: str | None = OWN, **changes: Any
) -> dict[str, Any]:
    make = {"1.0": lambda_events.payload_v1, "2.0": lambda_events.payload_v2}[version]
    event = make(path=path, **changes)
    event["requestContext"] |= {"stage": stage, "domainName": domain}
    return event


def rest(path: str, resource: str, parameters: dict[str, str] | None, domain: str = OWN) -> dict[str, Any]:
    """A REST API's event at a domain of one's own, where the context's path is that of the event."""
    event = lambda_events.rest(path=path, resource=resource, pathParameters=parameters)
    event["requestContext"] |= {"path": path, "domainName": domain}
    return event


def split(event: dict[str, Any]) -> tuple[str, str]:
    environ = seen_by_app(event)
    return environ["SCRIPT_NAME"], environ["PATH_INFO"]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize(
    ("domain", "path", "expected"),
    [
        (AMAZONS, "/dev/hello", ("/dev", "/hello")),
        (AMAZONS, "/dev", ("/dev", "/")),
        (AMAZONS, "/dev/", ("/dev", "/")),
        ("abc.execute-api.localhost.localstack.cloud", "/dev/hello", ("/dev", "/hello")),
        (None, "/dev/hello", ("/dev", "/hello")),
        (OWN, "/dev/hello", ("", "/hello")),
        (OWN, "/dev", ("", "/")),
        (OWN, "/developer", ("", "/developer")),
    ],
)
def test_a_stage_is_in_script_name_if_it_is_in_the_callers_url(
    version: str, domain: str | None, path: str, expected: tuple[str, str]
) -> None:
    assert split(http_api(version, path, "dev", domain, resource="$default", pathParameters=None)) == expected


@pytest.mark.parametrize(
    ("path", "resource", "parameters", "expected"),
    [
        ("/shop/hello", "/{proxy+}", {"proxy": "hello"}, ("/shop", "/hello")),
        ("/shop/v2/a/b", "/{proxy+}", {"proxy": "a/b"}, ("/shop/v2", "/a/b")),
        ("/shop/hello/", "/{proxy+}", {"proxy": "hello"}, ("/shop", "/hello/")),
        ("/shop/a%20b%2Fc", "/{proxy+}", {"proxy": "a%20b%2Fc"}, ("/shop", "/a b/c")),
        ("/shop/a%20b%2Fc", "/{proxy+}", {"proxy": "a b/c"}, ("/shop", "/a b/c")),
        ("/shop/users/5", "/users/{id}", {"id": "5"}, ("/shop", "/users/5")),
        ("/shop/api/x/y", "/api/{proxy+}", {"proxy": "x/y"}, ("/shop", "/api/x/y")),
        ("/shop/hello", "/hello", None, ("/shop", "/hello")),
        ("/shop", "/", None, ("/shop", "/")),
        ("/shop/", "/", None, ("/shop", "/")),
        ("/", "/", None, ("", "/")),
        ("/hello", "/{proxy+}", {"proxy": "hello"}, ("", "/hello")),
        ("/hello", "/{proxy+}", None, ("", "/hello")),
        ("/hello", "/{proxy+}", {"proxy": "other"}, ("", "/hello")),
    ],
)
def test_a_base_path_ends_where_the_route_begins(
    path: str, resource: str, parameters: dict[str, str] | None, expected: tuple[str, str]
) -> None:
    decoded: dict[str, Any] = {"routeKey": f"ANY {resource}", "pathParameters": parameters}

    assert split(rest(path, resource, parameters)) == expected
    assert split(http_api("2.0", path, **decoded)) == expected
    assert split(http_api("1.0", path, resource=resource, pathParameters=parameters)) == expected


@pytest.mark.parametrize("path", ["/dev", "/dev/"])
def test_the_bare_stage_of_a_rest_api_is_a_mount(path: str) -> None:
    event = lambda_events.rest(path="/", resource="/", pathParameters=None)
    event["requestContext"] |= {"path": path, "stage": "dev", "domainName": AMAZONS}

    assert split(event) == ("/dev", "/")


def test_at_an_apis_own_address_there_is_no_base_path() -> None:
    """Tests and mocks name any resource there."""
    assert split(rest("/a/b", "/", None, AMAZONS)) == ("", "/a/b")


segments = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}"), min_size=1, max_size=6)


@given(base=st.lists(segments, max_size=2), rest_=st.lists(segments, min_size=1, max_size=3))
def test_any_base_path_and_any_path_are_told_apart(base: list[str], rest_: list[str]) -> None:
    path = "".join(f"/{quote(segment, safe='')}" for segment in [*base, *rest_])
    event = rest(path, "/{proxy+}", {"proxy": "/".join(quote(segment, safe="") for segment in rest_)})

    mount, below = split(event)

    assert mount.encode("latin-1").decode() == "".join(f"/{segment}" for segment in base)
    assert below.encode("latin-1").decode() == "".join(f"/{segment}" for segment in rest_)


@pytest.mark.parametrize(
    ("path", "stage", "domain", "location"),
    [("/dev/away", "dev", AMAZONS, "/dev/hello"), ("/dev/away", "dev", OWN, "/hello")],
)
def test_a_redirect_leads_to_where_the_caller_was(path: str, stage: str, domain: str, location: str) -> None:
    result = make_handler(wsgi_caller(app))(http_api("2.0", path, stage, domain), None)

    assert (result["statusCode"], result["headers"]["location"]) == (302, location)


def test_the_bare_stage_is_answered_without_a_redirect() -> None:
    result = make_handler(wsgi_caller(app))(http_api("2.0", "/dev", "dev", AMAZONS), None)

    assert (result["statusCode"], result["body"]) == (200, "home")


@given(stage=segments.filter(lambda text: text != "$default"), below=st.lists(segments, max_size=3))
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_any_stage_is_a_mount_at_an_apis_own_address_alone(
    version: str, stage: str, below: list[str]
) -> None:
    path = "".join(f"/{quote(segment, safe='')}" for segment in [stage, *below])
    for domain, expected in ((AMAZONS, f"/{stage}"), (OWN, "")):
        event = http_api(version, path, stage, domain, resource="$default", pathParameters=None)

        mount, rest_ = split(event)

        assert mount.encode("latin-1").decode() == expected
        assert rest_.encode("latin-1").decode() == ("".join(f"/{segment}" for segment in below) or "/")


PATHS = ["/shop/hello", "/shop", "/shop/", "/hello", "/shopping"]
PREFIXED = [(200, b"/shop/hello"), (200, b"home"), (200, b"home"), (200, b"/hello"), (404, None)]


def test_base_path_strips_a_prefix_in_both_modes(gunicorn: Gunicorn, start: Start) -> None:
    module = {"APP": "tests.serve.links:app", "BASE_PATH": "/shop", "LOG_LEVEL": "warning"}
    _, url = gunicorn(**module)
    events = [lambda_events.load_balancer(path=path) for path in PATHS]

    through_gunicorn = [ask(url + path) for path in PATHS]
    results, _ = serve_events(start, events, **module)

    assert [(status, body if status == 200 else None) for status, _, body in through_gunicorn] == PREFIXED
    assert [
        (result["statusCode"], result["body"].encode() if result["statusCode"] == 200 else None)
        for result in results
    ] == PREFIXED


@pytest.mark.parametrize(
    ("root", "path", "expected"),
    [
        ("", "/shop/hello", ("/shop", "/shop/hello", b"/shop/hello")),
        ("", "/shop", ("/shop", "/shop/", b"/shop/")),
        ("", "/hello", ("", "/hello", b"/hello")),
        ("/dev", "/dev/shop/hello", ("/dev/shop", "/dev/shop/hello", b"/dev/shop/hello")),
    ],
)
def test_base_path_is_in_the_root_path_of_an_asgi_app(
    root: str, path: str, expected: tuple[str, str, bytes]
) -> None:
    seen: list[Any] = []

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["root_path"], scope["path"], scope["raw_path"]))

    scope = {"type": "http", "root_path": root, "path": path, "raw_path": path.encode()}
    asyncio.run(base_path.asgi(asgi, "/shop")(scope, None, None))  # pyright: ignore[reportArgumentType]

    assert seen == [expected]


@pytest.mark.parametrize("wrong", ["shop", "/shop/", "/", "/a//b"])
def test_a_base_path_of_another_form_is_named(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("BASE_PATH", wrong)

    with pytest.raises(SettingError, match=f"^BASE_PATH is {json.dumps(wrong)[1:-1]!r}; it begins with /"):
        base_path.prefix()
