"""APP=package.module:callable to the application that it names, and whether that speaks WSGI or ASGI."""

import importlib
import os
from collections.abc import Callable
from typing import Any

# A flag of Python's code objects; the module inspect, which knows it too, is slow to import.
_CO_COROUTINE = 0x80

DEFAULT = "app:create_app()"


class AppError(RuntimeError):
    """APP names nothing that can be served; a RuntimeError, because gunicorn prints those as one line."""


def load_app(spec: str | None = None) -> Callable[..., Any]:
    """The application that `spec`, else the variable APP, else the default names.

    `package.module:name` is an application, `package.module:name()` a factory that is called without arguments.
    Raises AppError where there is none. An exception inside the app's own import passes through: its traceback is
    what the app's developer needs.
    """
    spec = spec or os.environ.get("APP") or DEFAULT
    module_name, colon, name = spec.partition(":")
    is_factory = name.endswith("()")
    attribute = name.removesuffix("()")
    if not (colon and _is_dotted(module_name) and _is_dotted(attribute)):
        raise AppError(f"APP is {spec!r}; expected package.module:callable, for example {DEFAULT}")
    found: Any = _import(module_name, spec)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise AppError(f"APP is {spec!r}, but there is no {attribute!r} in {module_name}")
        found = getattr(found, part)
    if not callable(found):
        raise AppError(
            f"APP is {spec!r}, but {attribute} is of type {type(found).__name__}, which cannot be called"
        )
    application: Any = found() if is_factory else found
    if not callable(application):
        kind = type(application).__name__
        raise AppError(f"APP is {spec!r}, but {name} gave {kind}, which is no application")
    return application


def is_asgi(application: Callable[..., Any]) -> bool:
    """Whether the application is a coroutine function, or an object whose call is one: ASGI, not WSGI."""
    while hasattr(application, "func"):  # functools.partial
        application = application.func  # pyright: ignore[reportFunctionMemberAccess]
    for called in (application, getattr(application, "__call__", None)):  # noqa: B004 - its code is looked at
        code = getattr(called, "__code__", None)
        if code is not None and code.co_flags & _CO_COROUTINE:
            return True
    return False


def _is_dotted(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _import(module_name: str, spec: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        # Only the module that APP names is APP's fault; one that the app imports is the app's.
        if error.name and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise AppError(f"APP is {spec!r}, but there is no module {error.name!r}") from None
        raise
