"""A package whose routes are made by importing a module for nothing else, from the app's own package."""

from flask import Flask

app = Flask(__name__)

from tests.serve.starts.routes_by_import import views  # noqa: F401


def observe():
    rules = sorted(map(repr, app.url_map.iter_rules()))
    return rules, app.test_client().get("/there").get_data(as_text=True), repr(app.url_map)
