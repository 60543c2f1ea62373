"""Class-based and async views, signals, nested blueprints, a middleware, a converter, a JSON provider."""

import uuid

from flask import (
    Blueprint,
    Flask,
    got_request_exception,
    jsonify,
    request_finished,
    template_rendered,
    url_for,
)
from flask.json.provider import DefaultJSONProvider
from flask.views import MethodView, View
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter


class Sorted(DefaultJSONProvider):
    sort_keys = True
    compact = True


class ListConverter(BaseConverter):
    def to_python(self, value):
        return value.split("+")


class Listing(View):
    def dispatch_request(self, items):
        return jsonify(items=items, b=1, a=2)


class Items(MethodView):
    def get(self, item):
        return {"item": item}

    def delete(self, item):
        return "", 204


app = Flask(__name__)
app.json = Sorted(app)
app.url_map.converters["list"] = ListConverter
app.add_url_rule("/list/<list:items>", view_func=Listing.as_view("list"))
app.add_url_rule("/items/<uuid:item>", view_func=Items.as_view("items"))
app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1)
outer, inner = (
    Blueprint("outer", __name__, url_prefix="/outer"),
    Blueprint("inner", __name__, url_prefix="/inner"),
)
finished: list = []
request_finished.connect(lambda sender, response: finished.append(response.status_code), app, weak=False)


@inner.get("/")
async def deep():
    return url_for(".deep", _external=True)


outer.register_blueprint(inner)
app.register_blueprint(outer)


def observe():
    client = app.test_client()
    answers = [
        client.get("/list/c+a+b"),
        client.get(f"/items/{uuid.UUID(int=1)}"),
        client.delete(f"/items/{uuid.UUID(int=1)}"),
        client.put(f"/items/{uuid.UUID(int=1)}"),
        client.get("/outer/inner/", headers={"X-Forwarded-Host": "example.org"}),
    ]
    return (
        [[each.status, each.get_data(as_text=True)] for each in answers],
        finished,
        [signal.name for signal in (got_request_exception, template_rendered)],
        sorted(app.blueprints),
    )
