"""Stand-ins that answer without the real thing: each answers as that does."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve.start import special, stand_in


class Thing:
    def method(self) -> None: ...

    async def asynchronous(self) -> None: ...

    @classmethod
    def of_class(cls) -> None: ...

    @staticmethod
    def of_nobody() -> None: ...

    def __call__(self) -> None: ...

    part = functools.partialmethod(asynchronous)


async def coroutine() -> None: ...


async def asynchronous_generator() -> Any:
    yield 1


def generator() -> Iterator[int]:
    yield 1


def plain() -> None: ...


def marked() -> None: ...


getattr(inspect, "markcoroutinefunction", lambda _: None)(marked)
wrapped = functools.wraps(coroutine)(lambda: None)
THINGS: list[Any] = [
    *(
        plain,
        marked,
        wrapped,
        generator,
        coroutine,
        asynchronous_generator,
        lambda: None,
        print,
        Thing,
        Thing(),
    ),
    *(
        Thing().method,
        Thing().asynchronous,
        Thing.of_class,
        Thing.of_nobody,
        Thing().part,
        Thing.__dict__["part"],
    ),
    *(None, "text", functools.lru_cache(plain), type("Odd", (), {"__call__": coroutine})()),
]


@given(st.sampled_from(THINGS), st.integers(0, 3))
def test_only_what_inspect_takes_for_no_coroutine_function_is_plain(thing: Any, times: int) -> None:
    for _ in range(times):
        thing = functools.partial(thing) if callable(thing) else thing

    assert not (special.is_plain(thing) and inspect.iscoroutinefunction(thing))
    assert stand_in.stand_in("inspect", "iscoroutinefunction")(thing) == inspect.iscoroutinefunction(thing)


def test_functions_as_apps_have_them_are_plain() -> None:
    things: list[Callable[..., Any]] = [plain, wrapped, generator, Thing().method, functools.partial(plain)]

    assert all(map(special.is_plain, things))


@given(st.text(st.sampled_from("ab \t\n\r\u2003\x00é`.")))
def test_a_text_is_cleaned_as_by_inspect(text: str) -> None:
    assert stand_in.stand_in("inspect", "cleandoc")(text) == inspect.cleandoc(text)


@pytest.mark.parametrize(
    "of", [Thing, type("Annotated", (), {"__annotations__": {"a": int}}), inspect, plain]
)
def test_annotations_are_those_that_inspect_gives(of: Any) -> None:
    assert stand_in.stand_in("inspect").get_annotations(of) == inspect.get_annotations(of)
