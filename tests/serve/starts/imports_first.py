"""An app that itself imports what would be deferred, before Flask and between its parts."""

import hashlib
import tempfile

import click
import flask
import flask.templating
import jinja2
from flask import Flask, render_template_string
from flask.cli import AppGroup
from werkzeug.serving import run_simple

app = Flask(__name__)


def observe():
    import werkzeug

    with app.app_context():
        page = render_template_string("{{ 3 }}")
    return (
        page,
        [
            flask.cli.click is click,
            flask.templating.Template is jinja2.Template,
            werkzeug.run_simple is run_simple,
        ],
        [type(app.cli) is AppGroup, isinstance(app.cli, click.Group), werkzeug.security.hashlib is hashlib],
        [
            flask.sessions.hashlib is hashlib,
            werkzeug.formparser.SpooledTemporaryFile is tempfile.SpooledTemporaryFile,
        ],
    )
