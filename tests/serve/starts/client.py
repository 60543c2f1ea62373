"""The test client and what builds requests, reached by every name that they have."""

import werkzeug
from flask import Flask, redirect, request, session, url_for

app = Flask(__name__)
app.secret_key = "k"


@app.route("/", methods=["GET", "POST", "PUT"])
def index():
    session["seen"] = True
    return {
        "method": request.method,
        "args": request.args,
        "cookies": request.cookies,
        "at": url_for("index", _external=True),
    }


@app.get("/away")
def away():
    return redirect(url_for("index", a=1))


def observe():
    from werkzeug.test import Client, EnvironBuilder, create_environ, run_wsgi_app

    with app.test_client() as client:
        client.set_cookie("a", "b")
        followed = client.get("/away", follow_redirects=True)
        seen = [followed.get_json(), len(followed.history), dict(session), request.path]
    with app.test_request_context("/?x=1", method="POST", data={"y": "2"}):
        seen.append([request.args["x"], request.form["y"]])
    plain = werkzeug.Client(app).get("/")
    body, status, headers = run_wsgi_app(app, create_environ("/away"))
    builder = EnvironBuilder("/", json={"a": 1})
    return (
        seen,
        plain.get_json(),
        [status, headers["Location"], b"".join(body).decode()],
        builder.get_environ()["CONTENT_TYPE"],
        [
            werkzeug.Client is Client,
            werkzeug.test.Client is Client,
            app.test_client_class,
            app.response_class.__mro__,
        ],
        type(werkzeug.run_simple).__name__,
        werkzeug.serving.run_simple is werkzeug.run_simple,
    )
