"""Every shape of HTTP event that reaches a Lambda function, each in a module with matches(), read() and write()."""

from types import ModuleType
from typing import Any

from . import payload_v2


def shape_of(event: Any) -> ModuleType | None:
    """The module of the event's shape; None if the event is no HTTP request.

    All shapes but payload 2.0 are imported when the first event of another shape comes: most functions never see one.
    """
    if payload_v2.matches(event):
        return payload_v2
    if not isinstance(event, dict):
        return None
    from . import lattice, load_balancer, payload_v1  # noqa: PLC0415 - see above

    return next((shape for shape in (load_balancer, payload_v1, lattice) if shape.matches(event)), None)
