"""REMOTE_ADDR in Lambda mode is the caller's address as the platform saw it, whatever the caller wrote."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.serve import lambda_events
from tests.serve.lambda_events import SHAPES
from tests.serve.test_event_requests import seen_by_app

BY_HEADER = {
    "load balancer, single values",
    "load balancer, multi values",
    "VPC Lattice, version 1",
    "VPC Lattice, version 2",
}


def forwarded(shape: str, *values: str) -> dict[str, Any]:
    """An event of the shape, whose X-Forwarded-For fields have these values."""
    event = SHAPES[shape]()
    if "multiValueHeaders" in event:
        event["multiValueHeaders"]["x-forwarded-for"] = list(values)
    elif shape == "VPC Lattice, version 2":
        event["headers"]["x-forwarded-for"] = list(values)
    else:
        event["headers"]["x-forwarded-for"] = ", ".join(values)
    return event


@pytest.mark.parametrize(
    ("values", "address"),
    [
        (["203.0.113.7"], "203.0.113.7"),
        (["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        (["6.6.6.6", "203.0.113.7"], "203.0.113.7"),
        (["6.6.6.6,,203.0.113.7:51234"], "203.0.113.7"),
        (["[2001:db8::7]:51234"], "2001:db8::7"),
        (["6.6.6.6, 2001:db8::7"], "2001:db8::7"),
        (["unknown, 203.0.113.7"], "203.0.113.7"),
    ],
)
@pytest.mark.parametrize("shape", sorted(BY_HEADER))
def test_the_caller_is_whom_the_platform_appended_without_a_port(
    shape: str, values: list[str], address: str
) -> None:
    assert seen_by_app(forwarded(shape, *values))["REMOTE_ADDR"] == address


addresses = st.ip_addresses().map(str)


@given(written=st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]))), caller=addresses)
@pytest.mark.parametrize("shape", sorted(BY_HEADER))
def test_nothing_that_a_client_writes_becomes_its_address(
    shape: str, written: list[str], caller: str
) -> None:
    """The chain stays in X-Forwarded-For, for an app that has proxies of its own before the platform."""
    environ = seen_by_app(forwarded(shape, ", ".join([*written, caller])))

    assert environ["REMOTE_ADDR"] == caller
    assert environ["HTTP_X_FORWARDED_FOR"] == ", ".join([*written, caller])


@pytest.mark.parametrize("shape", sorted(SHAPES.keys() - BY_HEADER))
def test_an_api_names_the_caller_apart_from_the_header(shape: str) -> None:
    environ = seen_by_app(SHAPES[shape](headers=[("X-Forwarded-For", "6.6.6.6, 203.0.113.7")]))

    assert environ["REMOTE_ADDR"] == "203.0.113.7"


@pytest.mark.parametrize(
    ("written", "seen"), [(14, "14"), (1.5, "1.5"), (True, "true"), (["a", 2, None], "a,2")]
)
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_what_tests_and_mocks_write_as_a_headers_value_is_its_text(
    shape: str, written: Any, seen: str
) -> None:
    event = SHAPES[shape]()
    several = event.get("multiValueHeaders")
    if several is not None:
        several["x-test"] = written if isinstance(written, list) else [written]
    else:
        event["headers"]["x-test"] = written

    assert seen_by_app(event)["HTTP_X_TEST"] == seen


def test_a_header_without_a_value_is_left_out() -> None:
    event = lambda_events.payload_v2()
    event["headers"]["x-test"] = None

    assert "HTTP_X_TEST" not in seen_by_app(event)
