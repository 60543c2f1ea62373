"""The commands by which the Makefile and the workflows use app.toml; every error is one line.

python -m appfolder remember FOLDER APP   write both to app.toml
python -m appfolder dev                   serve the app with reload, on the port PORT, else 8080
python -m appfolder start                 say where the time of its start goes
python -m appfolder curl URL              print the measured request to what is at URL, as a configuration of curl
python -m appfolder expect                print the status that counts as success
"""

import os
import subprocess
import sys
from pathlib import Path

from appfolder import environment, settings
from appfolder.env_file import variables_of
from appfolder.environment import DOORS_NAME
from appfolder.remember import remember
from usererror import UserError, printable

# Prints the kind of the app, on which reload depends: Flask has its own server for that, gunicorn reloads the others.
_KIND = f"""
from {DOORS_NAME}.loader import is_asgi, load_app
app = load_app()
is_flask = any(each.__module__ == "flask.app" for each in type(app).__mro__)
print("flask" if is_flask else "asgi" if is_asgi(app) else "wsgi")
"""


def main(words: list[str]) -> int:
    """Do what the first word says; the exit status."""
    match words:
        case [*_, "--help" | "-h"]:
            print(__doc__)
        case ["remember", folder, spec]:
            if said := remember(folder, spec, base=Path.cwd()):
                _say(said)
        case ["dev"]:
            return _dev()
        case ["start"]:
            app = settings.read(os.environ)
            return _run(app, [_python(app), "-m", f"{DOORS_NAME}.start.report"])
        case ["curl", url]:
            print("\n".join(_curl(url, settings.read(os.environ).request)))
        case ["expect"]:
            print(settings.read(os.environ).request.expect)
        case _:
            _say("python -m appfolder takes remember FOLDER APP, dev, start, curl URL or expect; see --help")
            return 2
    return 0


def _dev() -> int:
    """Serve the app with reload, until Ctrl-C."""
    app = settings.read(os.environ)
    port = os.environ.get("PORT", "8080")
    python = _python(app)
    asked = subprocess.run(
        [python, "-c", _KIND],
        env=_environment(app),
        cwd=app.folder,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if asked.returncode:
        return 1  # the app's own words are on the screen
    kind = asked.stdout.split()[-1]
    if kind == "flask":
        return _run(app, [python, "-m", "flask", "--app", app.spec, "run", "--debug", "--port", port])
    worker = f"{DOORS_NAME}.gunicorn_asgi.Worker" if kind == "asgi" else "gthread"
    # A control socket would be one for all apps, in the user's home.
    words = ["--reload", "--no-control-socket", "--bind", f"127.0.0.1:{port}"]
    words += ["--worker-class", worker, "--threads", "8"]
    return _run(app, [python, "-m", "gunicorn", *words, f"{DOORS_NAME}.gunicorn_app:application"])


def _curl(url: str, request: settings.Request) -> list[str]:
    """The measured request to what is at `url` as lines of a configuration file of curl; a fragment of `url` stays."""
    base, hash_, fragment = url.partition("#")
    lines = {"url": f"{base.rstrip('/')}{request.path}{hash_}{fragment}", "request": request.method}
    if request.body:
        lines |= {"header": "Content-Type: application/json", "data-raw": request.body}
    escaped = {name: value.replace("\\", r"\\").replace('"', r"\"") for name, value in lines.items()}
    return [f'{name} = "{value}"' for name, value in escaped.items()]


def _python(app: settings.App) -> str:
    return str(environment.python(app, os.environ, _say))


def _environment(app: settings.App) -> dict[str, str]:
    file = variables_of(app.env_file) if app.env_file else {}
    values = environment.variables(app.folder, app.spec, file.get("PYTHONPATH", ""))
    return {**os.environ, **file, **values, "HEALTH_PATH": app.health}


def _run(app: settings.App, command: list[str]) -> int:
    """The command in the app's folder, in this program's place, so that signals arrive at it."""
    os.chdir(app.folder)
    sys.stdout.flush()
    os.execve(command[0], command, _environment(app))  # noqa: S606 - a list of words, and no shell


def _say(text: str) -> None:
    print(printable(text), file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except UserError as problem:
        _say(f"error: {problem}")
        sys.exit(problem.status)
