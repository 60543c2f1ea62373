"""Objects that stand for modules not imported yet, or for things in them, and become these when they are touched."""

import importlib
import sys
from types import ModuleType
from typing import Any

# Kinds of stand-ins that can do a little without the real thing, by its module and name (special.py).
SPECIAL: "dict[tuple[str, str], type[StandIn]]" = {}

_holders: list[ModuleType] = []


def stand_in(module: str, name: str = "") -> "StandIn":
    """A new object that stands for `name` in `module`, or for the module itself."""
    return SPECIAL.get((module, name), StandIn)(module, name)


class StandIn:
    """An object of a module that is not imported yet: the module itself if `name` is empty."""

    __slots__ = ("_module", "_name", "_places", "_real")

    def __init__(self, module: str, name: str = "") -> None:
        put = object.__setattr__
        put(self, "_module", module)
        put(self, "_name", name)
        # The globals of the modules that have this object, and its name in each.
        put(self, "_places", [])

    def __getattr__(self, name: str) -> Any:
        of_its_own = None if self._name else SPECIAL.get((self._module, name))
        return of_its_own(self._module, name) if of_its_own else getattr(real_of(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(real_of(self), name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return real_of(self)(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """As an attribute of a class (Flask.jinja_environment) it is never seen."""
        real = real_of(self)
        bind = getattr(type(real), "__get__", None)
        return bind(real, instance, owner) if bind else real

    def __mro_entries__(self, _bases: Any) -> tuple[Any]:
        return (real_of(self),)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, real_of(self))

    def __subclasscheck__(self, subclass: Any) -> bool:
        return issubclass(subclass, real_of(self))

    def __eq__(self, other: object) -> bool:
        return self is other or real_of(self) == other

    def __hash__(self) -> int:
        return hash(real_of(self))

    def __repr__(self) -> str:
        return repr(real_of(self))

    @property
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] - isinstance() reads it
        return type(real_of(self))


def _attribute(name: str) -> property:
    """`name` as an attribute of every module that is a _Holder."""

    def get(module: ModuleType) -> Any:
        if name not in vars(module):
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        value = vars(module)[name]
        return real_of(value) if is_stand_in(value) else value

    def put(module: ModuleType, value: Any) -> None:
        vars(module)[name] = value

    def delete(module: ModuleType) -> None:
        if name not in vars(module):
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        del vars(module)[name]

    return property(get, put, delete)


# A module with stand-ins among its globals: read as its attributes, they become the real thing. It is named like the
# type that it poses as, and its own __module__ does not show as an attribute of the module.
_Holder: Any = type(ModuleType.__name__, (ModuleType,), {"__module__": _attribute("__module__")})


def hide_stand_ins(module: ModuleType) -> None:
    """Make `module` a _Holder if it has stand-ins."""
    for name, value in tuple(vars(module).items()):
        if is_stand_in(value):
            object.__getattribute__(value, "_places").append((vars(module), name))
            if name not in vars(_Holder):
                setattr(_Holder, name, _attribute(name))
            if type(module) is not _Holder:
                _holders.append(module)
                module.__class__ = _Holder


def real_of(stand_in: StandIn) -> Any:
    """The object that `stand_in` stands for; from now on it replaces the stand-in everywhere."""
    get = object.__getattribute__
    try:
        return get(stand_in, "_real")
    except AttributeError:
        module, name = importlib.import_module(get(stand_in, "_module")), get(stand_in, "_name")
    real = getattr(module, name) if name else module
    object.__setattr__(stand_in, "_real", real)
    for names, key in get(stand_in, "_places"):
        if names.get(key) is stand_in:
            names[key] = real
    return real


def settle() -> None:
    """Put all that has been imported so far in the place of its stand-ins."""
    for holder in _holders:
        for value in tuple(vars(holder).values()):
            if is_stand_in(value) and object.__getattribute__(value, "_module") in sys.modules:
                real_of(value)


def is_stand_in(value: Any) -> bool:
    """Whether `value` is a stand-in, without touching it."""
    return issubclass(type(value), StandIn)


def is_any_hidden() -> bool:
    """Whether a module has had stand-ins."""
    return bool(_holders)
