"""Loads Flask without the modules that serving does not need; each is imported at its first use.

While flask and werkzeug load, their own imports of the modules in DEFERRED give stand-ins. A stand-in becomes the real
thing when it is first touched, and code outside never sees it. All other imports work as usual. If this fails,
Flask is loaded plainly. Python 3.15's own lazy imports take longer: Flask touches too much while it loads.
"""

import builtins
import sys
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import resolve_name
from types import ModuleType, SimpleNamespace
from typing import Any

from . import special
from .stand_in import StandIn, hide_stand_ins, is_stand_in, stand_in

# The packages whose own imports are deferred, and the two among them that an app starts with.
FRAMEWORK = frozenset({"flask", "werkzeug", "itsdangerous", "blinker"})
ENTRANCES = frozenset({"flask", "werkzeug"})

# Commands, templates, the development server, the test client; and modules for a few requests or errors only.
DEFERRED = frozenset(
    {
        *("click", "flask.cli", "flask.templating", "jinja2", "werkzeug.serving", "werkzeug.test"),
        *(
            "decimal",
            "difflib",
            "email.utils",
            "hashlib",
            "hmac",
            "inspect",
            "mimetypes",
            "pkgutil",
            "pprint",
        ),
        *("secrets", "tempfile", "unicodedata", "uuid", "zlib"),
    }
)
# Modules of Python that the framework needs, and what is deferred in each.
DEFERRED_IN = {"dataclasses": "inspect", "urllib.parse": "ipaddress"}

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
_PACKAGES = FRAMEWORK | {name.partition(".")[0] for name in (*SUBMODULES, *DEFERRED_IN)}

_plain_import = builtins.__import__


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


def _is_deferred(module: str) -> bool:
    return module in DEFERRED and module not in sys.modules


def _part(module: str, item: str) -> StandIn | None:
    """The result of `from module import item` in the framework; None if that import is not deferred."""
    if _is_deferred(module) or ((module, item) in special.ALWAYS and _is_deferred("inspect")):
        return stand_in(module, item)
    return stand_in(f"{module}.{item}") if _is_deferred(f"{module}.{item}") else None


def _import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
    """`import` while the framework loads: it defers in the framework's own modules, and works as usual elsewhere."""
    importer = str(globals.get("__name__")) if globals else ""
    if importer.partition(".")[0] in FRAMEWORK:
        module = resolve_name("." * level + name, globals["__package__"]) if level else name
        if not fromlist and _is_deferred(module):
            package, dot, _ = module.partition(".")
            if not dot:
                return stand_in(module)
            if package not in FRAMEWORK:
                # `import package.module` gives the package; SUBMODULES has what becomes its attribute.
                return _plain_import(package, globals, locals, (), 0)
        items: dict[str, Any] = {item: _part(module, item) for item in fromlist or ()}
        if any(map(is_stand_in, items.values())):
            for item, part in items.items():
                if part is None:
                    items[item] = getattr(_plain_import(name, globals, locals, (item,), level), item)
            return SimpleNamespace(**items)
    elif DEFERRED_IN.get(importer) == name and name not in sys.modules:
        return stand_in(name)
    return _plain_import(name, globals, locals, fromlist, level)


def _load(loader: SourceFileLoader, module: ModuleType) -> None:
    """Execute flask or werkzeug: with stand-ins, or plainly if that fails."""
    del loader.exec_module
    before, names = set(sys.modules), set(vars(module))
    try:
        _load_with_stand_ins(loader, module)
    except Exception:  # noqa: BLE001 - whatever it is, the plain import succeeds or says better what is wrong
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in FRAMEWORK:
                del sys.modules[name]
        for name in set(vars(module)) - names:
            del vars(module)[name]
        loader.exec_module(module)
    for name, loaded in tuple(sys.modules.items()):
        if name.partition(".")[0] in _PACKAGES:
            hide_stand_ins(loaded)


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
            vars(sys.modules[package])[child] = stand_in(name)
