"""What a comparison sends, and what it takes for an answer."""

from collections.abc import Callable

import pytest

from tests.compare.conftest import Done, Server

Serve = Callable[..., Server]
Compare = Callable[..., Done]
QUICK = ("--cold", "none", "--rounds", "12", "--quiet")


def test_method_path_headers_body_and_status_are_sent(serve: Serve, compare: Compare) -> None:
    """A POST of JSON by default where there is a body; another status can be the expected one."""
    server = serve("--status", "201")

    words = ("--path", "/echo", "--header", "X-A: b: c", "--body", '{"message": "hi"}', "--expect", "201")
    done = compare("run", f"a={server.url}", *words, *QUICK)

    asked = server.seen()[-1]
    assert done.status == 0
    assert (asked["method"], asked["path"], asked["body"]) == ("POST", "/echo", '{"message": "hi"}')
    assert asked["headers"] | {"X-A": "b: c", "Content-Type": "application/json"} == asked["headers"]
    assert "Expect" not in asked["headers"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_method_that_has_a_body_says_that_there_is_none(
    serve: Serve, compare: Compare, method: str
) -> None:
    """Google's front end refuses such a request without a length (411)."""
    server = serve()

    done = compare("run", f"a={server.url}", "--method", method, *QUICK)

    asked = server.seen()[-1]
    assert (done.status, asked["method"], asked["body"]) == (0, method, "")
    assert asked["headers"]["Content-Length"] == "0"
    assert "Content-Type" not in asked["headers"]


def test_a_redirect_is_not_followed(serve: Serve, compare: Compare) -> None:
    """What was asked for is what is measured."""
    server = serve("--status", "301")

    refused = compare("run", f"a={server.url}", *QUICK)
    measured = compare("run", f"a={server.url}", "--expect", "301", *QUICK)

    assert (refused.status, refused.out) == (2, "")
    assert (
        f"a answered 301 to GET {server.url}/hello: it leads on to nowhere that it names; " in refused.error
    )
    assert measured.status == 0
    assert "HTTP" not in measured.out
