"""Turns every HTTP error, and every unhandled exception, into JSON that shows nothing of the app's inside."""

from typing import TYPE_CHECKING, cast

from flask import Flask, json
from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from flask import Response


def register(app: Flask) -> None:
    """Make `app` answer every HTTPException with {"error": name, "message": what went wrong}."""
    app.register_error_handler(HTTPException, _as_json)


def _as_json(error: HTTPException) -> "Response":
    # The exception's own response keeps what belongs to the status: Allow of a 405, Retry-After of a 429.
    response = cast("Response", error.get_response())
    response.data = json.dumps({"error": error.name, "message": error.description})
    response.content_type = "application/json"
    return response
