"""Commands of the app and of blueprints, by every way that Flask has."""

import click
import flask
from flask import Blueprint, Flask
from flask.cli import AppGroup, with_appcontext

app = Flask(__name__)
named, own, merged = (
    Blueprint("named", __name__),
    Blueprint("own", __name__, cli_group="mine"),
    Blueprint("m", __name__, cli_group=None),
)
silent = Blueprint("silent", __name__)


@app.cli.command("greet")
@click.argument("name")
def greet(name):
    click.echo(f"hello {name} from {flask.current_app.name}")


@named.cli.command("one")
def one():
    click.echo("one")


@own.cli.command("two")
def two():
    click.echo("two")


@merged.cli.command("three")
def three():
    click.echo("three")


@click.command("four")
@with_appcontext
def four():
    click.echo(flask.current_app.name)


group = AppGroup("group", help="A group.")
group.add_command(four)
app.cli.add_command(group)
for blueprint in (named, own, merged, silent):
    app.register_blueprint(blueprint)


def observe():
    runner = app.test_cli_runner()
    lines = (
        ["greet", "you"],
        ["named", "one"],
        ["mine", "two"],
        ["three"],
        ["group", "four"],
        ["--help"],
        ["nothing"],
    )
    results = [runner.invoke(args=list(line)) for line in lines]
    return (
        [[result.exit_code, result.output] for result in results],
        sorted(app.cli.commands),
        app.cli.name,
        silent.cli.name,
        repr(app.cli),
        type(app.cli).__name__,
        isinstance(silent.cli, click.Group),
    )
