"""Templates that only a view asks for, by the attributes of flask itself."""

import flask

app = flask.Flask(__name__, template_folder=None)


@app.get("/")
def index():
    return flask.render_template_string("{{ 6 * 7 }} {{ request.path }} {{ session }}")


def observe():
    processor = app.template_context_processors[None][0]
    from flask import templating

    return (
        app.test_client().get("/").get_data(as_text=True),
        processor == templating._default_template_ctx_processor,
        processor in [templating._default_template_ctx_processor],
        processor.__name__,
        type(app.jinja_env).__mro__,
        app.jinja_environment is templating.Environment,
        flask.Flask.jinja_environment is templating.Environment,
    )
