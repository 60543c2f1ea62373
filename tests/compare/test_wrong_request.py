"""A status says what is wrong with a request, or nothing of it."""

import pytest

from compare.wrong_request import problem


@pytest.mark.parametrize("status", [None, 200, 204, 401, 403, 408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_or_is_the_servers_own_says_nothing(status: int | None) -> None:
    assert problem(status, "") == ""


def test_a_redirect_that_names_no_place_is_told_too() -> None:
    assert problem(301, "").startswith(
        "it leads on to nowhere that it names; write another path, or expect = 301, "
    )


def test_a_redirect_names_where_it_leads() -> None:
    assert problem(301, "/catalog/") == (
        "it leads on to /catalog/; write that path, or expect = 301, in app.toml, under [request], or give --path or "
        "--expect"
    )
