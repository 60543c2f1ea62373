"""Threads that hit every first use together."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import flask

app = flask.Flask(__name__)
app.config["SECRET_KEY"] = None
together = Barrier(12)


@app.get("/<what>")
def index(what):
    if what == "template":
        return flask.render_template_string("{{ 1 }}")
    return {"cli": app.cli.name, "kind": flask.Blueprint("b", __name__).cli.__class__.__name__}


def use(number):
    together.wait(30)
    match number % 6:
        case 0:
            return app.test_client().get("/template").get_data(as_text=True)
        case 1:
            return app.test_client().get("/cli").get_data(as_text=True)
        case 2:
            return flask.cli.AppGroup("x").name
        case 3:
            return flask.Flask.jinja_environment.__name__
        case 4:
            import jinja2

            return jinja2.Template("{{ 2 }}").render()
        case _:
            from werkzeug.security import check_password_hash, generate_password_hash

            return check_password_hash(generate_password_hash("a", "pbkdf2:sha256:1"), "a")


def observe():
    with ThreadPoolExecutor(12) as pool:
        return list(pool.map(use, range(12)))
