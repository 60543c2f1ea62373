"""The routes: a greeting, an echo that reverses, and a health check."""

from flask import Blueprint, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app.text import reverse

EXPECTED = 'a JSON object with a string "message", for example {"message": "hello world"}'

blueprint = Blueprint("routes", __name__)


@blueprint.get("/hello")
def hello() -> dict[str, str]:
    return {"message": "Hello from Flask!"}


@blueprint.post("/echo")
def echo() -> dict[str, str]:
    if not request.is_json:
        raise UnsupportedMediaType(f"the Content-Type application/json is expected, with {EXPECTED}")
    try:
        sent = request.get_json(silent=True)
    except RecursionError:
        sent = None  # nested more deeply than Python reads
    match sent:
        case {"message": str(message)}:
            return {"reversed": reverse(message)}
        case _:
            raise BadRequest(f"expected {EXPECTED}")


@blueprint.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
