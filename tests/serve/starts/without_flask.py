"""A Bottle app: Flask and its libraries stay away."""

import sys

import bottle

app = bottle.Bottle()


@app.get("/")
def index():
    return "bottle"


def observe():
    return [name for name in ("flask", "werkzeug", "jinja2", "click") if name in sys.modules], len(app.routes)
