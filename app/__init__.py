"""A plain Flask app: two routes, JSON errors and a log line for each request."""

from flask import Flask

from app import errors, request_log, routes


def create_app() -> Flask:
    """A new application, ready to serve."""
    app = Flask(__name__)
    app.register_blueprint(routes.blueprint)
    errors.register(app)
    request_log.configure()
    app.wsgi_app = request_log.RequestLog(app.wsgi_app)
    return app
