"""Stand-ins that Flask calls while it loads, or at each request, and that answer most calls without the real thing."""

import importlib
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from .stand_in import SPECIAL, StandIn, real_of

_lock = threading.Lock()
# Of modules that are loaded, these are stand-ins all the same as long as inspect is not.
ALWAYS = frozenset({("dataclasses", "dataclass")})
# A flag of Python's code objects, by which inspect knows coroutine functions.
_CO_COROUTINE = 0x80
# What inspect looks for at a function besides.
_MARKS = frozenset({"_is_coroutine_marker", "__partialmethod__"})


def _special(module: str, name: str) -> Callable[[type[StandIn]], type[StandIn]]:
    def register(kind: type[StandIn]) -> type[StandIn]:
        SPECIAL[module, name] = kind
        return kind

    return register


@_special("flask.cli", "AppGroup")
class _AppGroup(StandIn):
    """The class flask.cli.AppGroup, of which every app and blueprint makes an object, used or not."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        is_needed = args or kwargs or "flask.cli" in sys.modules
        return super().__call__(*args, **kwargs) if is_needed else _Commands()


class _Commands:
    """The commands of an app or blueprint: at the first look at them this very object becomes an AppGroup."""

    def __init__(self) -> None:
        self.commands: dict[str, Any] = {}

    def __getattribute__(self, name: str) -> Any:
        if name == "commands":
            # Flask looks here whenever a blueprint is registered.
            return object.__getattribute__(self, "__dict__")[name]
        group: Any = importlib.import_module("flask.cli").AppGroup
        if name == "__class__":
            # isinstance() asks for it only if the type differs, so the object must not change meanwhile.
            return group
        fresh = vars(group())
        with _lock:
            if type(self) is _Commands:
                fields = object.__getattribute__(self, "__dict__")
                fields.update({**fresh, **fields})
                object.__setattr__(self, "__class__", group)
        return getattr(self, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.main(*args, **kwargs)

    def __repr__(self) -> str:
        return self.__repr__()


@_special("inspect", "iscoroutinefunction")
class _IsCoroutineFunction(StandIn):
    """inspect.iscoroutinefunction, which Flask asks of each function that serves a request."""

    __slots__ = ()

    def __call__(self, *functions: Any) -> Any:
        return False if is_plain(*functions) else super().__call__(*functions)


def is_plain(function: Any) -> bool:
    """Whether `function` is one of Python's that surely is no coroutine function, nor marked as one."""
    while type(function) in (MethodType, partial):
        function = function.__func__ if type(function) is MethodType else function.func
    if type(function) is not FunctionType or function.__code__.co_flags & _CO_COROUTINE:
        return False
    return not function.__dict__ or _MARKS.isdisjoint(function.__dict__)


@_special("inspect", "cleandoc")
class _CleanDoc(StandIn):
    """inspect.cleandoc, by which werkzeug makes the texts of properties; it leaves one line as it is."""

    __slots__ = ()

    def __call__(self, text: str) -> Any:
        return text if text.isprintable() and text == text.strip() else super().__call__(text)


@_special("inspect", "")
class _Inspect(StandIn):
    """The module inspect as dataclasses needs it: for the annotations of a class."""

    __slots__ = ()

    def get_annotations(self, of: Any, **options: Any) -> Any:
        if type(of) is type and not options:
            annotations = vars(of).get("__annotations__")
            if type(annotations) is dict:
                return dict(annotations)
        return real_of(self).get_annotations(of, **options)


@_special("dataclasses", "dataclass")
class _DataClass(StandIn):
    """dataclasses.dataclass, but a text that it makes of a class's signature is made when it is first read."""

    __slots__ = ()

    def __call__(self, of: Any = None, /, **options: Any) -> Any:
        if of is None:
            return partial(self, **options)
        if of.__doc__ or "inspect" in sys.modules:
            return super().__call__(of, **options)
        text = of.__doc__ = _Signature()
        decorated = super().__call__(of, **options)
        text.is_due = True
        return decorated


class _Signature:
    """The text of a dataclass that has none of its own."""

    is_due = False

    def __get__(self, instance: Any, owner: type) -> str:
        if not self.is_due:
            return "to be made"
        inspect = importlib.import_module("inspect")
        owner.__doc__ = owner.__name__ + str(inspect.signature(owner)).replace(" -> None", "")
        return str(owner.__doc__)
