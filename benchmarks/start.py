"""Cold starts in both modes, from the process's start to its first answer, for three apps."""

from collections.abc import Callable
from functools import partial

from benchmarks import tree
from benchmarks.events import APPS
from benchmarks.paired import Sample, describe_machine, measure, report
from benchmarks.process import gunicorn_start, lambda_start

ROUNDS = 20
PEERS = ("serverless-wsgi", "Mangum, a2wsgi")


def main() -> None:
    """Measure and print."""
    describe_machine()
    tree.prepare()
    for app, (spec, *_) in APPS.items():
        tree.index(spec)
        print(f"Lambda mode, {app} app, {ROUNDS} rounds")
        report(measure(lambda_subjects(app, every_peer=app == "hello"), ROUNDS))
    tree.index("app:create_app()")
    print(f"gunicorn mode, hello app, one worker, {ROUNDS} rounds")
    ours = ["sh", "serve/entrypoint.sh"]
    bare = [
        "python3",
        "-m",
        "gunicorn",
        "--preload",
        "--worker-class=gthread",
        "--threads=8",
        "app:create_app()",
    ]
    subjects = {
        "without FAST_START": partial(gunicorn_start, ours, {"FAST_START": "off"}, "/hello", "Hello"),
        "the same again": partial(gunicorn_start, ours, {"FAST_START": "off"}, "/hello", "Hello"),
        "ours": partial(gunicorn_start, ours, {}, "/hello", "Hello"),
        "gunicorn --preload": partial(gunicorn_start, bare, {}, "/hello", "Hello"),
    }
    report(measure(subjects, ROUNDS))


def peer(app: str, name: str) -> Callable[[], Sample]:
    """The start of another adapter before an app of ours."""
    spec, event, expected = APPS[app]
    command = ["python3", "-m", "awslambdaric", "benchmarks.peers.handler"]
    words = "trivial" if name == "trivial" else expected
    return partial(lambda_start, command, {"APP": spec, "PEER": name}, event, words)


def lambda_subjects(app: str, *, every_peer: bool) -> dict[str, Callable[[], Sample]]:
    """What is started: apig-wsgi, itself again, other peers, and ours."""
    spec, event, expected = APPS[app]
    ours = partial(lambda_start, ["sh", "serve/entrypoint.sh"])
    return {
        "apig-wsgi": peer(app, "apig-wsgi"),
        "apig-wsgi again": peer(app, "apig-wsgi"),
        "ours": partial(ours, {"APP": spec}, event, expected),
        "ours, FAST_START=off": partial(ours, {"APP": spec, "FAST_START": "off"}, event, expected),
        **({name: peer(app, name) for name in PEERS} if every_peer else {}),
        "trivial handler": peer(app, "trivial"),
    }
