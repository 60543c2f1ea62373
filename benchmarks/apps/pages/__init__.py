"""An app of pages: templates, two blueprints, a filter."""

from flask import Blueprint, Flask, render_template

site = Blueprint("site", __name__)
admin = Blueprint("admin", __name__, url_prefix="/admin")


@site.get("/")
@admin.get("/")
def index() -> str:
    return render_template("page.html", title="Pages", items=range(10))


def create_app() -> Flask:
    """A new application."""
    app = Flask(__name__)
    app.add_template_filter(str.upper, "loud")
    app.register_blueprint(site)
    app.register_blueprint(admin)
    return app
