"""Errors as pages and as exceptions, some of which need what is rarely loaded."""

import flask
from werkzeug.exceptions import Conflict, HTTPException
from werkzeug.routing import BuildError

app = flask.Flask(__name__)


@app.get("/<what>")
def index(what):
    match what:
        case "build":
            return flask.url_for("indec")
        case "conflict":
            raise Conflict("twice")
        case "abort":
            flask.abort(418)
        case _:
            raise ZeroDivisionError


@app.errorhandler(BuildError)
def not_built(error):
    return str(error), 500


@app.errorhandler(HTTPException)
def known(error):
    return {"name": error.name, "description": error.description}, error.code


def observe():
    client = app.test_client()
    paths = ("/build", "/conflict", "/abort", "/other", "/a/b")
    answers = [client.get(path) for path in paths] + [client.post("/abort")]
    app.config["DEBUG"] = app.testing = True
    try:
        client.get("/other")
    except ZeroDivisionError as error:
        answers_in_test = type(error).__name__
    return (
        [[each.status, each.get_data(as_text=True)] for each in answers],
        answers_in_test,
        repr(app.url_map),
    )
