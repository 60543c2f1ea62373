"""The code that docs/growing.md shows does what the page says."""

import re

from flask import Blueprint, Flask

from tests.docs.documents import ROOT


def test_the_route_on_the_page_answers() -> None:
    page = (ROOT / "docs/growing.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    routes = {"blueprint": Blueprint("routes", __name__)}
    exec(code, routes)
    app = Flask(__name__)
    app.register_blueprint(routes["blueprint"])

    assert app.test_client().get("/hello/World").json == {"message": "Hello, World!"}
