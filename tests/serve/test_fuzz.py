"""Whatever an event holds, the handler answers with something that Lambda can carry, and raises nothing."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import create_app
from serve.aws_lambda import make_handler, wsgi_caller
from tests.serve.lambda_events import SHAPES

CORPUS = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parent / "corpus/events").iterdir())
}
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "100"))

handler = make_handler(wsgi_caller(create_app()))

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where everything stands in a nested event."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(found for key, child in children for found in paths_of(child, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {**value, path[0]: replaced(value[path[0]], path[1:], new)}
    return [replaced(item, path[1:], new) if place == path[0] else item for place, item in enumerate(value)]


@st.composite
def broken_events(draw: st.DrawFn) -> Any:
    """A real event of some shape, in which up to three values are anything."""
    event: Any = SHAPES[draw(st.sampled_from(list(SHAPES)))](
        "POST", "/echo", "a=1", [("content-type", "application/json"), ("cookie", "a=1")], b'{"message": "x"}'
    )
    for _ in range(draw(st.integers(1, 3))):
        event = replaced(event, draw(st.sampled_from(paths_of(event))), draw(anything))
    return event


def check(event: Any) -> None:
    result = handler(event, None)

    assert result == {"ignored": "not an HTTP request"} or 200 <= result["statusCode"] < 600
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize("name", CORPUS)
def test_each_event_of_the_corpus_is_answered(name: str) -> None:
    check(CORPUS[name])


@settings(max_examples=EXAMPLES)
@given(anything)
def test_any_json_value_is_answered(event: Any) -> None:
    check(event)


@settings(max_examples=EXAMPLES)
@given(broken_events())
def test_an_event_with_broken_parts_is_answered(event: Any) -> None:
    check(event)
