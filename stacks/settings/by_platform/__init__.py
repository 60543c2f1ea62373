"""Each platform's own table: the keys that its stacks have, and the reasons why they lack others."""

from importlib import import_module

import platforms
from stacks.settings.table import Platform


def of(name: str) -> Platform:
    """The table of the platform `name`.

    Raises FactError for a platform without one: its name never means another platform.
    """
    if name not in platforms.NAMES:
        raise platforms.FactError(f"there is no platform {name!r}")
    try:
        table: Platform = import_module(f"{__name__}.{name}").PLATFORM
    except ModuleNotFoundError:
        raise platforms.FactError(
            f"{name}: stacks/settings/by_platform/{name}.py has to say which keys its stacks have"
        ) from None
    return table
