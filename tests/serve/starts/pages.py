"""Templates from a folder and from strings, with filters, tests, globals, processors; a blueprint has some."""

from flask import (
    Blueprint,
    Flask,
    g,
    get_template_attribute,
    render_template,
    render_template_string,
    stream_template,
)
from jinja2 import TemplateNotFound

app = Flask(__name__, template_folder="files")
blueprint = Blueprint("more", __name__, template_folder="files")


@app.template_filter()
def shout(text):
    return text.upper()


@app.template_test()
def odd_one(number):
    return number == 4


@app.template_global()
def twice(number):
    return number * 2


@app.context_processor
def more():
    return {"answer": 42}


@app.before_request
def word():
    g.word = "word"


@app.get("/page/<name>")
def page(name):
    return render_template("page.html", name=name)


@app.get("/string")
def string():
    return render_template_string("{{ 1 + 1 }} {{ '<' }}")


@app.get("/stream")
def stream():
    return stream_template("page.html", name="streamed")


@blueprint.get("/more")
def more_pages():
    return render_template(["missing.html", "page.html"], name="more")


@app.get("/missing")
def missing():
    try:
        return render_template("missing.html")
    except TemplateNotFound as error:
        return str(error)


app.register_blueprint(blueprint)


def observe():
    client = app.test_client()
    pages = [
        client.get(path).get_data(as_text=True)
        for path in ("/page/a", "/string", "/stream", "/more", "/missing")
    ]
    with app.app_context():
        macro = str(get_template_attribute("macros.html", "bold")("<i>"))
    return pages, macro, sorted(app.jinja_env.list_templates()), sorted(app.jinja_env.filters)
