"""Apps of forms: one with a session and uploads, and one without a session."""

from flask import Flask, request, session


def create_app() -> Flask:
    """A new application that remembers who has sent a form."""
    app = Flask(__name__)
    app.secret_key = "known to all"

    @app.post("/")
    def form() -> dict[str, str]:
        session["name"] = request.form["name"]
        return {"hello": session["name"]}

    return app


def create_form() -> Flask:
    """A new application that answers a form."""
    app = Flask(__name__)

    @app.post("/form")
    def form() -> dict[str, object]:
        return {"hello": request.form["name"], "files": [file.filename for file in request.files.values()]}

    return app
