"""Loads Flask without the modules that serving does not need; each is imported at its first use.

While flask and werkzeug load, their own imports of the modules in DEFERRED give stand-ins. A stand-in becomes the real
thing when it is first touched, and code outside never sees it. All other imports work as usual. If this fails,
Flask is loaded plainly. Python 3.15's own lazy imports take longer: Flask touches too much while it loads.
"""

import builtins
import importlib
import sys
import threading
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import resolve_name
from types import ModuleType, SimpleNamespace
from typing import Any

# The packages whose own imports are deferred, and the two among them that an app starts with.
FRAMEWORK = frozenset({"flask", "werkzeug", "itsdangerous"})
ENTRANCES = frozenset({"flask", "werkzeug"})

# Commands, templates, the development server, the test client; and modules for a few requests or errors only.
DEFERRED = frozenset(
    {
        *("click", "flask.cli", "flask.templating", "jinja2", "werkzeug.serving", "werkzeug.test"),
        *("difflib", "email.utils", "hashlib", "hmac", "pkgutil", "pprint", "secrets", "tempfile"),
    }
)

# A package gets its submodules as attributes, whoever imports them, so an app may use one that it never imported.
# A plain `import flask` brings these along; here they are stand-ins.
SUBMODULES = (
    *("flask.cli", "flask.templating", "werkzeug.serving", "werkzeug.test", "importlib.metadata"),
    *("importlib.resources", "importlib.abc", "http.client", "http.server", "email.message", "email.parser"),
    *(
        "email.feedparser",
        "email.header",
        "email.charset",
        "email.encoders",
        "email.errors",
        "email.quoprimime",
    ),
    *("email.base64mime", "email.iterators", "email.utils"),
)
_PACKAGES = FRAMEWORK | {name.partition(".")[0] for name in SUBMODULES}

_plain_import = builtins.__import__
_lock = threading.Lock()
_holders: list[ModuleType] = []


class Finder:
    """A finder for sys.meta_path that finds flask and werkzeug where they are, and has them loaded with stand-ins."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The spec that the finders after this one give."""
        if name not in ENTRANCES:
            return None
        finders = (finder for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, (finder.find_spec(name, path, target) for finder in finders)), None)
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader.exec_module = partial(_load, spec.loader)
        return spec


def is_active() -> bool:
    """Whether Flask has been loaded with stand-ins in it."""
    return bool(_holders)


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
        if (self._module, self._name, name) == ("flask.cli", "", "AppGroup"):
            return _AppGroup("flask.cli", "AppGroup")
        return getattr(real_of(self), name)

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


def _hide_stand_ins(module: ModuleType) -> None:
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


def _is_deferred(module: str) -> bool:
    return module in DEFERRED and module not in sys.modules


def _stand_in(module: str, item: str) -> StandIn | None:
    """The result of `from module import item` in the framework; None if that import is not deferred."""
    if _is_deferred(module):
        return _AppGroup(module, item) if item == "AppGroup" else StandIn(module, item)
    return StandIn(f"{module}.{item}") if _is_deferred(f"{module}.{item}") else None


def _import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
    """`import` while the framework loads: it defers in the framework's own modules, and works as usual elsewhere."""
    if globals and str(globals.get("__name__")).partition(".")[0] in FRAMEWORK:
        module = resolve_name("." * level + name, globals["__package__"]) if level else name
        if not fromlist and _is_deferred(module):
            package, dot, _ = module.partition(".")
            if not dot:
                return StandIn(module)
            if package not in FRAMEWORK:
                # `import package.module` gives the package; SUBMODULES has what becomes its attribute.
                return _plain_import(package, globals, locals, (), 0)
        found: dict[str, Any] = {item: _stand_in(module, item) for item in fromlist or ()}
        if any(map(is_stand_in, found.values())):
            for item, stand_in in found.items():
                if stand_in is None:
                    found[item] = getattr(_plain_import(name, globals, locals, (item,), level), item)
            return SimpleNamespace(**found)
    return _plain_import(name, globals, locals, fromlist, level)


def _load(loader: SourceFileLoader, module: ModuleType) -> None:
    """Execute flask or werkzeug: with stand-ins, or plainly if that fails."""
    del loader.exec_module
    loaded, names = set(sys.modules), set(vars(module))
    try:
        _load_with_stand_ins(loader, module)
    except Exception:  # noqa: BLE001 - whatever it is, the plain import succeeds or says better what is wrong
        for name in set(sys.modules) - loaded:
            if name.partition(".")[0] in FRAMEWORK:
                del sys.modules[name]
        for name in set(vars(module)) - names:
            del vars(module)[name]
        loader.exec_module(module)


def _load_with_stand_ins(loader: SourceFileLoader, module: ModuleType) -> None:
    outer = builtins.__import__
    builtins.__import__ = _import
    try:
        loader.exec_module(module)
    finally:
        builtins.__import__ = outer
    for name in SUBMODULES:
        package, _, child = name.rpartition(".")
        if package in sys.modules and child not in vars(sys.modules[package]):
            vars(sys.modules[package])[child] = StandIn(name)
    for name, loaded in tuple(sys.modules.items()):
        if name.partition(".")[0] in _PACKAGES:
            _hide_stand_ins(loaded)
