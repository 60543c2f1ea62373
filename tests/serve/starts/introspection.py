"""What tools see that look at modules and classes: names, kinds, owners, patches, star imports, pickles."""

import inspect
import pickle
import sys
from unittest import mock

import flask
import werkzeug
from werkzeug.local import LocalProxy

app = flask.Flask(__name__)
stars: dict = {}
exec("from flask import *", stars)
exec("from werkzeug import *", stars)


def described(module):
    return {
        name: [type(value).__name__, getattr(value, "__module__", None), getattr(value, "__qualname__", None)]
        for name, value in inspect.getmembers(module)
        if not (name.startswith("__") or isinstance(value, LocalProxy))
    }


def observe():
    modules = [
        sys.modules[name]
        for name in ("flask.app", "flask.sessions", "flask.sansio.app", "flask.sansio.scaffold")
    ]
    seen = [described(module) for module in (flask, werkzeug, werkzeug.http, werkzeug.security, *modules)]
    real = flask.render_template
    with mock.patch("flask.render_template") as patched:
        seen.append(flask.render_template is patched)
    with mock.patch.object(flask.sessions, "hashlib") as patched:
        seen.append(flask.sessions.hashlib is patched)
    with mock.patch.object(flask.app, "cli"), mock.patch.object(flask.app, "click"):
        str(flask.app.is_running_from_reloader), str(flask.app.Environment)
    seen.append([type(flask.app.cli).__name__, type(flask.app.click).__name__, flask.app.click.__name__])
    seen.append([flask.render_template is real, flask.sessions.hashlib.__name__])
    seen.append(pickle.loads(pickle.dumps(flask.render_template)) is real)
    seen.append(sorted(name for name in stars if not name.startswith("__")))
    seen.append(
        [type(stars[name]).__name__ for name in ("render_template", "run_simple", "Client", "templating")]
    )
    seen.append(
        [
            inspect.ismodule(flask),
            repr(flask) == repr(sys.modules["flask"]),
            sorted(dir(flask)),
            sorted(dir(werkzeug)),
        ]
    )
    seen.append(hasattr(flask, "nothing"))
    try:
        flask.nothing
    except AttributeError as error:
        seen.append(str(error))

    class Environment(flask.Flask.jinja_environment):
        pass

    class Mine(flask.Flask):
        jinja_environment = Environment

    seen.append([base.__qualname__ for base in type(Mine("mine").jinja_env).__mro__])
    seen.append([inspect.getsource(flask.render_template), str(inspect.signature(flask.Flask.__init__))])
    return seen
