"""The code that docs/access.md shows finds the claims of a token, as the emulated HTTP API passes them on."""

import re
from typing import Any

from flask import Flask

from local.aws.http_api import Call, to_event
from local.aws.tokens import context
from local.http.message import Client, Request
from serve.aws_lambda import make_handler, wsgi_caller
from tests.docs.documents import ROOT


def test_the_claims_on_the_page_are_the_tokens() -> None:
    page = (ROOT / "docs/access.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    app = Flask(__name__)

    @app.get("/")
    def caller() -> Any:  # pyright: ignore[reportUnusedFunction]
        names: dict[str, Any] = {}
        exec(code, names)
        return names["claims"]

    request = Request("GET", b"/", b"", [(b"host", b"localhost")], b"", Client("192.0.2.1", "http", 8000))
    event = to_event(request, Call.of(request), context({"sub": "ann", "exp": 1790000000}))

    assert make_handler(wsgi_caller(app))(event, None)["body"] == '{"exp":"1790000000","sub":"ann"}\n'
