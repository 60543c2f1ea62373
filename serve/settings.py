"""Variables of the environment to values; a wrong one is an error that names it and what it may be."""

import importlib
import os

TYPE_CHECKING = False  # as typing has it, which takes longer than all this
if TYPE_CHECKING:
    from typing import Any


class SettingError(ValueError):
    """A variable that has no such value. Its text is the one line that a user sees."""


def is_on(name: str) -> bool:
    """Whether a switch is on; without a setting it is. Raises SettingError if it is neither on nor off."""
    value = os.environ.get(name, "on")
    if value not in ("on", "off"):
        raise SettingError(f"{name} is {value!r}; it is either on or off")
    return value == "on"


def one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of some words. Raises SettingError for another."""
    value = os.environ.get(name, default)
    if value not in allowed:
        raise SettingError(f"{name} is {value!r}; it is one of {', '.join(allowed)}")
    return value


def number(name: str, default: int, lowest: int, highest: int) -> int:
    """A whole number within these bounds. Raises SettingError for anything else."""
    value = os.environ.get(name, str(default))
    if not (value.isascii() and value.isdigit() and lowest <= int(value) <= highest):
        raise SettingError(f"{name} is {value!r}; it is a whole number from {lowest} to {highest}")
    return int(value)


def path(name: str) -> str:
    """A path of the app, without a slash at its end; empty if none is set. Raises SettingError if it is no path."""
    value = os.environ.get(name, "")
    plain = value.rstrip("/")
    if value and not (
        plain.startswith("/") and "//" not in plain and plain.isascii() and plain.isprintable()
    ):
        raise SettingError(f"{name} is {value!r}; it is a path of the app below its root, such as /events")
    return plain


def networks(name: str, default: str) -> str:
    """Addresses and networks, separated by commas; * is all. Raises SettingError if one is neither."""
    value = os.environ.get(name, default)
    if value != "*":
        import ipaddress  # noqa: PLC0415 - slow, and seldom asked for

        try:
            for each in filter(None, value.split(",")):
                ipaddress.ip_network(each.strip())
        except ValueError:
            said = f"{name} is {value!r}"
            raise SettingError(f"{said}; it is * or addresses and networks, separated by commas") from None
    return value


def is_dotted(name: str) -> bool:
    """Whether `name` can be that of a module or of an attribute in one."""
    return all(part.isidentifier() for part in name.split("."))


def import_named(module: str, said: str) -> "Any":
    """The module that a variable names. `said` is the start of an error's text: "APP is 'app:create_app()'".

    Raises SettingError if there is none. What the module itself raises passes through: its traceback is what the
    module's developer needs.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        # If the module itself misses another, that is its fault, not the variable's. So is a missing distribution (a
        # kind of this error, with the same name) whose version it asks importlib.metadata for.
        if (
            type(error) is ModuleNotFoundError
            and error.name
            and (module == error.name or module.startswith(f"{error.name}."))
        ):
            raise SettingError(f"{said}, but there is no module {error.name!r}") from None
        raise
