"""Events and results in JSON: the values and bytes of AWS's marshaller, which is loaded only if it is needed."""

import json
import math
import subprocess
import sys
from collections import OrderedDict, UserDict
from decimal import Decimal
from enum import IntEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from awslambdaric import lambda_runtime_marshaller as awss
from awslambdaric.lambda_runtime_exception import FaultException
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from serve import lambda_json
from tests.serve.doors import Start
from tests.serve.runtime import runtime_api

ROOT = Path(__file__).parents[2]
OURS: Any = lambda_json.LambdaMarshaller()
AWSS: Any = awss.LambdaMarshaller()


class Point(NamedTuple):
    """A tuple that simplejson takes for an object."""

    x: Any
    y: Any


class Level(IntEnum):
    """A number with a name."""

    HIGH = 3


# Surrogates too, which an event may have as \ud800.
texts = st.text(st.characters())
numbers = st.integers() | st.floats() | st.integers(-(10**400), 10**400)
plain = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)
odd_leaves = st.sampled_from(
    [
        *(Decimal("1.10"), Decimal("NaN"), Decimal("-sNaN"), Decimal("-Infinity"), Decimal("1E+400")),
        *(
            Point(1, "two"),
            (1, 2),
            Level.HIGH,
            HTTPStatus.OK,
            Markup("<b>"),
            b"bytes",
            b"\xff",
            bytearray(b"x"),
        ),
        *({1, 2}, object, 1j, OrderedDict(a=1), UserDict(a=1), math.nan, -0.0, range(2)),
    ]
)
odd_keys = st.sampled_from(
    [1, 1.5, math.inf, None, True, Level.HIGH, b"key", b"\xff", (1,), Markup("k"), Decimal(1)]
)
odd = st.recursive(
    plain | odd_leaves,
    lambda inner: st.lists(inner) | st.dictionaries(texts | odd_keys, inner, max_size=3) | st.tuples(inner),
    max_leaves=6,
)


def outcome(work: Any, *arguments: Any) -> Any:
    """What a marshaller returns, compared by text because NaN is not equal to itself; or its error."""
    try:
        return repr(work(*arguments))
    except FaultException as fault:
        return fault.exception_type, fault.msg, fault.trace
    except Exception as error:  # noqa: BLE001 - whatever it is
        return type(error), str(error)


@given(plain | odd)
@example(Point(1, [Decimal("NaN")]))
@example({"\u2028": "\u2029 \x7f é 日本 \ud800"})
def test_a_result_has_the_bytes_that_awss_marshaller_gives_it(value: Any) -> None:
    assert outcome(OURS.marshal_response, value) == outcome(AWSS.marshal_response, value)
    assert outcome(lambda_json.to_json, value) == outcome(awss.to_json, value)


@given(plain)
def test_an_event_is_what_awss_marshaller_reads(value: Any) -> None:
    for body in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        data = body.encode("utf-8", "surrogatepass")

        assert outcome(OURS.unmarshal_request, data) == outcome(AWSS.unmarshal_request, data)


@given(plain, st.data())
def test_what_is_no_json_is_refused_in_the_same_words(value: Any, data: st.DataObject) -> None:
    """A document with some of its characters missing, doubled or replaced."""
    text = json.dumps(value)
    place = data.draw(st.integers(0, len(text)))
    other = data.draw(
        st.sampled_from(["", "0", "-", "\\", '"', "\\u+123", "NaN", "\x1f", "é", "\ufeff", "[", "}"])
    )
    broken = (text[:place] + other + text[place + data.draw(st.integers(0, 2)) :]).encode()

    assert outcome(OURS.unmarshal_request, broken) == outcome(AWSS.unmarshal_request, broken)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"NaN", b"[-Infinity]", b"1e999", b"-0", b"01", b"1" * 5000, b" {} ", b"{}x", b"'a'"),
        *(
            b'{"a": 1, "a": 2}',
            b'{"a": 1,}',
            b'"\xff"',
            b'"\xed\xa0\x80"',
            b"\xef\xbb\xbf{}",
            "{}".encode("utf-16"),
        ),
        *(b"[" * 100_000, b'{"a":' * 100_000, b'"\\ud800\\u0041"', b'"\\uD83D\\uDE00"', b'"\t"', b"\x00"),
    ],
)
def test_odd_documents_are_read_or_refused_as_by_awss_marshaller(body: bytes) -> None:
    assert outcome(OURS.unmarshal_request, body) == outcome(AWSS.unmarshal_request, body)


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/json; charset=utf-8"])
def test_a_body_that_is_not_said_to_be_json_stays_as_it_is(content_type: str | None) -> None:
    assert OURS.unmarshal_request(b"{}", content_type) == b"{}" == AWSS.unmarshal_request(b"{}", content_type)


@pytest.mark.parametrize("depth", [900, 100_000])
def test_values_within_each_other_are_written_or_refused_as_by_awss_marshaller(depth: int) -> None:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    circle: list[Any] = []
    circle.append(circle)

    for given_value in (value, circle):
        assert outcome(OURS.marshal_response, given_value) == outcome(AWSS.marshal_response, given_value)


def run(code: str, **variables: str) -> list[str]:
    """What Python prints in a fresh process."""
    environment = {"PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.splitlines()


def test_a_start_loads_neither_simplejson_nor_awss_marshaller_which_an_app_gets_all_the_same(
    processes: None,
) -> None:
    code = (
        "from serve import lambda_runtime; import sys\n"
        "print('simplejson' in sys.modules)\n"
        "import awslambdaric.lambda_runtime_marshaller as awss\n"
        "print(awss.__file__.rpartition('/')[2], 'simplejson' in sys.modules, awss.Encoder().encode('é'))"
    )
    last = r'lambda_runtime_marshaller.py True "\u00e9"'

    assert run(code) == ["False", last]
    assert run(code, FAST_START="off") == ["True", last]


def test_a_name_that_only_awss_marshaller_has_is_found_while_it_is_replaced(processes: None) -> None:
    code = (
        "from serve import lambda_json\n"
        "with lambda_json.in_place_of_awss():\n"
        "    from awslambdaric.lambda_runtime_marshaller import Encoder, to_json\n"
        "print(Encoder.__module__, to_json([1]))\n"
        "try:\n"
        "    from awslambdaric.lambda_runtime_marshaller import absent\n"
        "except ImportError as error: print(error.name)"
    )

    assert run(code) == [f"{awss.__name__} [1]", awss.__name__]


def test_in_awss_own_images_of_python_results_are_in_utf_8(processes: None) -> None:
    code = (
        "from serve.lambda_json import LambdaMarshaller, to_json\n"
        "print(ascii(LambdaMarshaller().marshal_response({'é': '\u2028'})), ascii(to_json('日')))"
    )
    ours = run(code, AWS_EXECUTION_ENV="AWS_Lambda_python3.13")

    assert ours == run(
        code.replace("serve.lambda_json", awss.__name__), AWS_EXECUTION_ENV="AWS_Lambda_python3.13"
    )
    assert r"\u65e5" in ours[0]


def test_a_failed_event_is_told_in_the_same_way_with_a_fast_start_and_without(start: Start) -> None:
    told = list[Any]()
    for setting in ("on", "off"):
        with runtime_api([{"Records": []}]) as api:
            variables = {"APP": "tests.serve.reveal:app", "EVENTS_PATH": "/fails", "FAST_START": setting}
            start(AWS_LAMBDA_RUNTIME_API=api.address, **variables)
            told += api.wait(1)

    assert told[0] == told[1]
    [path, body] = told[0]
    assert path.endswith("/error")
    assert (body["errorType"], body["errorMessage"]) == (
        "EventFailedError",
        "the app answered the event with 404 NOT FOUND",
    )
