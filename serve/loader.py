"""APP=package.module:callable to the application that it names, and whether that speaks WSGI or ASGI."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from .settings import SettingError, import_named, is_dotted

# Flags of Python's code objects; the module inspect, which knows them too, is slow to import.
_CO_VARARGS = 0x04
_CO_COROUTINE = 0x80

DEFAULT = "app:create_app()"
# What applications and their factories are usually called.
USUAL = ("app", "application", "create_app()", "make_app()")


def load_app(spec: str | None = None) -> Callable[..., Any]:
    """The application that `spec` names, else the variable APP, else the default.

    `package.module:name` is an application, `package.module:name()` a factory that is called without arguments.
    Raises SettingError if there is none. An exception inside the app's own import passes through.
    """
    spec = spec or os.environ.get("APP") or DEFAULT
    said = f"APP is {spec!r}"
    module_name, colon, name = spec.partition(":")
    is_factory = name.endswith("()")
    attribute = name.removesuffix("()")
    if not (colon and is_dotted(module_name) and is_dotted(attribute)):
        raise SettingError(f"{said}; expected package.module:callable, for example {DEFAULT}")
    module = import_named(module_name, said)
    loaded: Any = module
    for part in attribute.split("."):
        if not hasattr(loaded, part):
            # Another module of that name may have been found first.
            file = getattr(module, "__file__", None) or "a folder without __init__.py"
            usual = [name for name in USUAL if callable(getattr(module, name.removesuffix("()"), None))]
            there = f"; there is {' and '.join(usual)}" if usual else ""
            raise SettingError(f"{said}, but there is no {attribute!r} in {module_name} ({file}){there}")
        loaded = getattr(loaded, part)
    if not callable(loaded):
        raise SettingError(
            f"{said}, but {attribute} is of type {type(loaded).__name__}, which cannot be called"
        )
    application: Any = loaded() if is_factory else loaded
    kind = type(application).__name__
    if not callable(application):
        raise SettingError(f"{said}, but {name} gave {kind}, which is no application")
    if not _takes_a_request(application):
        if is_factory:
            raise SettingError(f"{said}, but {name} gave {kind}, which takes no request")
        raise SettingError(f"{said}, but {name} takes no request; a factory is named {spec}()")
    return application


def is_asgi(application: Callable[..., Any]) -> bool:
    """Whether the application is a coroutine function, or an object whose call is one: ASGI, not WSGI."""
    while isinstance(application, partial):
        application = application.func
    for called in (application, getattr(application, "__call__", None)):  # noqa: B004 - its code is looked at
        code = getattr(called, "__code__", None)
        if code is not None and code.co_flags & _CO_COROUTINE:
            return True
    return False


def _takes_a_request(application: Callable[..., Any]) -> bool:
    """False for a function that cannot be called with environ and start_response: a factory without its ()."""
    code = getattr(application, "__code__", None)
    return code is None or code.co_argcount > 1 or bool(code.co_flags & _CO_VARARGS)
