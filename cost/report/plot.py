"""plotext's figure, without what plotext loads and no chart here needs: that takes half of the time of its import."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_NEEDLESS = {
    "plotext._doc.doc": ("docs",),  # the documentation that plotext makes of itself
    "plotext._tests.run": ("test",),
    "PIL": ("Image", "ImageOps", "ImageSequence"),
}


def figure() -> Any:
    """An empty figure without colours."""
    with _without(_NEEDLESS):
        import plotext  # noqa: PLC0415 -- it takes a moment to load

    plotext.figure.clear()
    plotext.figure.theme("colorless")
    return plotext.figure


@contextmanager
def _without(needless: dict[str, tuple[str, ...]]) -> Generator[None]:
    """Modules that are not there yet are imported as empty ones, whose names are None."""
    missing = [name for name in needless if name not in sys.modules]
    for name in missing:
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(dict.fromkeys(needless[name]))
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]
