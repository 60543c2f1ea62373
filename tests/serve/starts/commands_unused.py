"""Commands that nobody has made: the app's group is looked at for the first time after the start."""

import flask

app = flask.Flask("unused")
blueprint = flask.Blueprint("part", __name__)
other = flask.Blueprint("other", __name__)
app.register_blueprint(blueprint)


def observe():
    import click

    group = app.cli
    seen = [
        isinstance(group, click.Group),
        isinstance(group, flask.cli.AppGroup),
        group is app.cli,
        group.name,
    ]
    seen += [group.commands, repr(group), group.__class__.__name__, type(group).__name__, blueprint.cli.name]
    seen += [
        repr(other.cli),
        sorted(vars(group)),
        callable(group),
        hash(group) == hash(app.cli),
        group == app.cli,
    ]

    @app.cli.command()
    def late():
        click.echo("late")

    result = app.test_cli_runner().invoke(args=["late"])
    return (
        seen,
        result.output,
        sorted(app.cli.commands),
        flask.cli.ScriptInfo(create_app=lambda: app).load_app().name,
    )
