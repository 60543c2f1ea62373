"""What an app has in memory, as digests by where it is: to see what two instances of one snapshot share.

It runs in a restored instance, after the app's hooks, and gives no value away.
"""

import hashlib
import os
import random
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

# Modules that are not the app's and change with each start for good reason, or have nothing to be looked at.
_OTHERS = frozenset({"awslambdaric", "snapshot_restore_py", "sitecustomize", "runtime_client", "__main__"})
_MOST = 200_000
_DEEPEST = 12
_DAY = 86_400.0
_TEXTS = (("builtins", "str"), ("builtins", "bytes"), ("builtins", "bytearray"))
_TIMES = (("datetime", "datetime"), ("datetime", "date"), ("datetime", "time"))


def look() -> dict[str, tuple[str, str]]:
    """Of each place, such as "shop:TOKEN" or "shop:app.config['SECRET_KEY']", what is there and its digest."""
    places = dict[str, tuple[str, str]]()
    seen, environment = set[int](), set(os.environ.values())
    app_folder = os.path.join(os.path.abspath(os.environ.get("APP_DIR") or os.getcwd()), "")  # noqa: PTH100, PTH109, PTH118
    for place, value in _places(app_folder, seen):
        kind, text = _leaf(value)
        if kind and not _may_be_shared(value, environment):
            places[place] = kind, hashlib.sha256(text.encode()).hexdigest()
    return places


def _may_be_shared(value: Any, environment: set[str]) -> bool:
    """Whether a value differs from start to start and may be the same in all instances of one all the same."""
    if type(value) is int:
        # The process that is forked here, and a thread: on Lambda each instance has the same.
        return value in (os.getppid(), threading.get_ident(), threading.get_native_id())
    if type(value) is str:
        is_of_file = value.startswith(os.path.join(tempfile.gettempdir(), ""))  # noqa: PTH118
        return value in environment or (is_of_file and os.path.lexists(value))
    return False


def _places(app_folder: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Every place in the modules that are not Python's or ours, the app's first, and in what is served."""
    modules = [(name, module) for name, module in tuple(sys.modules.items()) if _is_looked_at(name, module)]
    modules.sort(key=lambda entry: (not _is_in(app_folder, entry[1]), entry[0]))
    handler = getattr(sys.modules["__main__"], "HANDLER", "")
    served = getattr(sys.modules.get(handler.rpartition(".")[0]), "handler", None)
    waiting = [(f"{name}:{key}", value, 0) for name, module in modules for key, value in _globals(module)]
    waiting.append(("the app", served, 0))
    waiting.reverse()
    while waiting and len(seen) < _MOST:
        place, value, depth = waiting.pop()
        if _leaf(value)[0]:
            yield place, value
        elif id(value) not in seen and depth < _DEEPEST:
            seen.add(id(value))
            waiting += reversed([(below, part, depth + 1) for below, part in _parts(place, value)])


def _is_looked_at(name: str, module: Any) -> bool:
    top, doors = name.partition(".")[0], getattr(sys.modules["__main__"], "__package__", "")
    return (
        issubclass(type(module), ModuleType)
        and bool(getattr(module, "__file__", None))
        and top not in _OTHERS
        and top != doors
        and top not in sys.stdlib_module_names
    )


def _is_in(app_folder: str, module: ModuleType) -> bool:
    file = str(module.__file__)
    return file.startswith(app_folder) and "site-packages" not in file


def _globals(module: ModuleType) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in tuple(vars(module).items()) if not key.startswith("__")]


def _parts(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What `value` holds, with where; nothing of modules, which are looked at by themselves.

    By its type, never by isinstance, which asks the object itself: a stand-in or a proxy would answer for another.
    """
    of = type(value)
    if issubclass(of, FunctionType):
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            with suppress(ValueError):  # it is not filled yet
                yield f"{place}.{name}", cell.cell_contents
    elif issubclass(of, MethodType):
        yield place, value.__self__
    elif issubclass(of, partial):
        yield from ((place, part) for part in (value.func, *value.args, *value.keywords.values()))
    elif issubclass(of, dict):
        items = tuple(dict.items(value))
        yield from ((f"{place}[{key!r}]", part) for key, part in items if type(key) in (str, int))
    elif issubclass(of, list | tuple | deque):
        yield from ((f"{place}[{number}]", part) for number, part in enumerate(tuple(value)))
    if issubclass(of, ModuleType | FunctionType | MethodType | partial):
        return
    if issubclass(of, type) and _module(value).partition(".")[0] in sys.stdlib_module_names:
        return
    yield from ((f"{place}.{key}", part) for key, part in _own_attributes(value) if not key.startswith("__"))


def _own_attributes(value: Any) -> list[tuple[str, Any]]:
    try:
        held = object.__getattribute__(value, "__dict__")
    except (AttributeError, TypeError):
        held = {}
    slots = [
        (name, part)
        for of in type(value).__mro__
        for name in _slots(of)
        if (part := _slot(value, of, name)) is not None
    ]
    return [*((key, part) for key, part in tuple(held.items()) if isinstance(key, str)), *slots]


def _slots(of: type) -> tuple[str, ...]:
    slots = of.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _slot(value: Any, of: type, name: str) -> Any:
    descriptor = of.__dict__.get(name)
    try:
        return descriptor.__get__(value, type(value)) if descriptor is not None else None
    except AttributeError:
        return None


def _leaf(value: Any) -> tuple[str, str]:
    """What a value is in words, and its text; "" for what is no plain value."""
    of = type(value)
    if issubclass(of, random.Random) and not issubclass(of, random.SystemRandom):
        return "a random generator", repr(value.getstate())
    if _module(of).startswith("numpy.random"):
        # A generator has a bit generator, an old one under another name; or it is one itself.
        held = getattr(value, "bit_generator", None) or getattr(value, "_bit_generator", value)
        state = getattr(held, "state", None)
        return ("a random generator", repr(state)) if isinstance(state, dict) else ("", "")
    if issubclass(of, set | frozenset):
        parts = sorted(text for kind, text in map(_leaf, tuple(value)) if kind)
        return ("a set", repr(parts)) if parts else ("", "")
    if of in (int, float):
        return ("a time" if _is_a_time(float(value)) else "a number"), repr(value)
    kind = {
        **dict.fromkeys(_TEXTS, "a text (such as an id or a token)"),
        **dict.fromkeys(_TIMES, "a time"),
        ("uuid", "UUID"): "an id",
        ("itertools", "count"): "a counter",
    }.get((_module(of), of.__name__), "")
    return kind, repr(value) if kind else ""


def _module(of: type) -> str:
    """The name of the module that a type is from; a metaclass may say something else."""
    name = type.__getattribute__(of, "__module__")
    return name if isinstance(name, str) else ""


def _is_a_time(value: float) -> bool:
    """Whether it is one of the last day, in seconds, or in units of a thousandth, a millionth or a billionth."""
    clocks = (time.time(), time.monotonic(), time.perf_counter())
    return any(
        unit * clock - unit * _DAY < value <= unit * clock and value > unit
        for clock in clocks
        for unit in (1.0, 1e3, 1e6, 1e9)
    )
