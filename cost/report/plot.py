"""plotext's figure, without the documentation that plotext makes of itself as it is imported, a third of that time."""

import sys
from types import ModuleType
from typing import Any

_DOCUMENTATION = "plotext._doc.doc"


def figure() -> Any:
    """An empty figure without colours."""
    if _DOCUMENTATION not in sys.modules:
        nothing = ModuleType(_DOCUMENTATION)
        nothing.docs = None  # pyright: ignore[reportAttributeAccessIssue]
        sys.modules[_DOCUMENTATION] = nothing
    import plotext  # noqa: PLC0415 -- it takes a moment to load

    plotext.figure.clear()
    plotext.figure.theme("colorless")
    return plotext.figure
