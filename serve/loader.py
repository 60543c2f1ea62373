"""APP=package.module:callable to the WSGI application that it names."""

import importlib
import os
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DEFAULT = "app:create_app()"


class AppError(RuntimeError):
    """APP names nothing that can be served; a RuntimeError, because gunicorn prints those as one line."""


def load_app(spec: str | None = None) -> "WSGIApplication":
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
    return cast("WSGIApplication", application)


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
