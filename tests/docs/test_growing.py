"""The code that docs/growing.md shows does what the page says."""

import json
import re

from flask import Blueprint, Flask, request

from serve.aws_lambda import make_handler, wsgi_caller
from tests.docs.documents import ROOT


def test_the_route_on_the_page_answers() -> None:
    page = (ROOT / "docs/growing.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    routes = {"blueprint": Blueprint("routes", __name__)}
    exec(code, routes)
    app = Flask(__name__)
    app.register_blueprint(routes["blueprint"])

    assert app.test_client().get("/hello/World").json == {"message": "Hello, World!"}


def test_the_event_on_the_page_is_a_request_for_the_job() -> None:
    """As EventBridge Scheduler gives it to the function, past the HTTP API."""
    page = (ROOT / "docs/growing.md").read_text(encoding="utf-8")
    [event] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    app = Flask(__name__)

    @app.post("/jobs/nightly")
    def nightly() -> str:  # pyright: ignore[reportUnusedFunction]
        return request.get_data(as_text=True)

    result = make_handler(wsgi_caller(app))(json.loads(event), None)

    assert (result["statusCode"], result["body"]) == (200, '{"part": 1}')
