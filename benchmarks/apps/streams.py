"""An app whose answer comes in pieces: /big?N gives N MiB of text, 64 KiB a piece; all else a greeting."""

from collections.abc import Iterable
from itertools import repeat
from typing import Any

_PIECE = b"x" * 65536


def create_app() -> Any:
    """A new application."""
    return wsgi


def wsgi(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The application itself."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/big":
        return repeat(_PIECE, int(environ["QUERY_STRING"]) * 16)
    return [b"hello"]
