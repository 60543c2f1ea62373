"""What Flask's import uses of inspect, and what is left of it: texts, signatures, hosts, and who is a coroutine."""

import dataclasses
import functools
import urllib.parse

import flask
import flask.views
import werkzeug.datastructures.cache_control as cache
import werkzeug.routing.matcher
import werkzeug.routing.rules
import werkzeug.sansio.multipart
from blinker import signal

app = flask.Flask(__name__)


@dataclasses.dataclass
class Mine:
    number: int = 3


def wrapped(view):
    @functools.wraps(view)
    def call(*args, **kwargs):
        return view(*args, **kwargs)

    return call


class Page(flask.views.MethodView):
    def get(self):
        return "page"


class Called:
    def __call__(self):
        return "called"

    def before(self):
        flask.g.before = "before"


@app.get("/wrapped")
@wrapped
def view():
    return flask.g.before


async def asynchronous():
    return "asynchronous"


app.add_url_rule("/page", view_func=Page.as_view("page"))
app.add_url_rule("/partial", "partial", functools.partial(view))
app.add_url_rule("/called", "called", Called())
app.add_url_rule("/asynchronous", "asynchronous", asynchronous)
app.before_request(Called().before)


def observe():
    modules = (werkzeug.sansio.multipart, werkzeug.routing.rules, werkzeug.routing.matcher)
    classes = [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and dataclasses.is_dataclass(value)
    ]
    seen = [[each.__qualname__, each.__doc__, str(each.__init__.__doc__)] for each in (*classes, Mine)]
    kinds = (cache.RequestCacheControl, cache.ResponseCacheControl)
    seen += [
        [name, getattr(kind, name).__doc__] for kind in kinds for name in sorted(dir(kind)) if name[0] != "_"
    ]
    seen.append([module.dataclass is dataclasses.dataclass for module in modules])
    seen.append(
        [
            flask.app.iscoroutinefunction.__module__,
            dataclasses.inspect.__name__,
            urllib.parse.ipaddress.__name__,
        ]
    )
    seen.append([urllib.parse.urlsplit("http://[::1]:80/a").hostname, dataclasses.asdict(Mine())])
    try:
        urllib.parse.urlsplit("http://[nonsense]/")
    except ValueError as error:
        seen.append(str(error))
    client = app.test_client()
    app.testing = False
    seen += [
        [client.get(f"/{path}").status_code, client.get(f"/{path}").text]
        for path in ("wrapped", "page", "partial", "called")
    ]
    seen.append([app.ensure_sync(view) is view, client.get("/asynchronous").status_code])
    received = []
    receive = received.append
    signal("sent").connect(receive, weak=False)
    seen.append([signal("sent").send("by")[0][1], received])
    return seen
