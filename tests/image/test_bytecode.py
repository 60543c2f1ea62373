"""Whatever the image runs is there as bytecode: a read-only container would compile what is missing at every start."""

import json
from typing import Any

import pytest

from tests.image.engine import Container

# Imports what the words name, and tells which modules came from source without bytecode that Python takes as it is.
UNCOMPILED = """
import importlib, json, pathlib, sys
from importlib.util import MAGIC_NUMBER, cache_from_source
sys.path[0] = "/srv/app"
for name in sys.argv[1:]:
    importlib.import_module(name)
def is_compiled(source):
    cached = pathlib.Path(cache_from_source(source))
    return cached.exists() and cached.read_bytes()[:5] in (MAGIC_NUMBER + b"\\1", MAGIC_NUMBER + b"\\3")
sources = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
sources = {name: source for name, source in sources.items() if source.endswith(".py")}
print(json.dumps([len(sources), sorted(name for name, source in sources.items() if not is_compiled(source))]))
"""
# Every Python file that could be imported and has no bytecode; what does not compile cannot be imported.
MISSING = """
import json, pathlib, sys, warnings
from importlib.util import cache_from_source
warnings.simplefilter("ignore")
def compiles(file):
    try:
        compile(file.read_bytes(), file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True
folders = [pathlib.Path(folder) for folder in ["/srv", *sys.path] if folder.startswith("/")]
files = {file for folder in folders for file in folder.rglob("*.py")}
missing = [file for file in files if not pathlib.Path(cache_from_source(file)).exists() and compiles(file)]
print(json.dumps([len(files), sorted(map(str, missing))]))
"""
# Starts as a door does, and tells which modules the index found, and which names hide others from it.
INDEXED = """
import json, sys
sys.path[0] = "/srv/app"
from _scale_to_zero import start
from _scale_to_zero.start import index as starts
start.begin()
[index] = [finder for finder in sys.meta_path if isinstance(finder, starts.Finder)]
found = []
plain = index.find_spec
def find_spec(name, path=None, target=None):
    spec = plain(name, path, target)
    found.append(name) if spec else None
    return spec
index.find_spec = find_spec
import _scale_to_zero.aws_lambda
print(json.dumps([found, sorted(index.hidden)]))
"""

DOORS = {
    "Lambda": [
        "_scale_to_zero.lambda_runtime",
        "_scale_to_zero.aws_lambda",
        "_scale_to_zero.events.payload_v1",
        "_scale_to_zero.events.lattice",
    ],
    "gunicorn": [
        "_scale_to_zero.gunicorn_app",
        "gunicorn.app.wsgiapp",
        "_scale_to_zero.gunicorn_port",
        "_scale_to_zero.gunicorn_worker",
        "_scale_to_zero.gunicorn_threads",
        "_scale_to_zero.gunicorn_asgi",
    ],
    "health check": ["_scale_to_zero.healthcheck"],
    "deferred": ["click", "flask.cli", "flask.templating", "jinja2.ext", "werkzeug.serving", "werkzeug.test"],
    "ASGI": ["_scale_to_zero.asgi", "mangum", "asyncio"],
    "echo": ["regex"],
}


def ask(container: Container, code: str, *arguments: str) -> Any:
    return json.loads(container.execute("python3", "-c", code, *arguments).stdout)


@pytest.mark.parametrize("door", DOORS)
def test_every_module_that_is_loaded_from_source_has_its_bytecode(running: Container, door: str) -> None:
    count, uncompiled = ask(running, UNCOMPILED, *DOORS[door])

    assert uncompiled == []
    assert count > 50


def test_every_python_file_in_the_image_has_its_bytecode(running: Container) -> None:
    count, missing = ask(running, MISSING)

    assert missing == []
    assert count > 500


def test_a_start_finds_its_modules_by_the_index(running: Container) -> None:
    found, hidden = ask(running, INDEXED)

    assert {"flask", "flask.app", "werkzeug.routing.map", "logging", "email"} <= set(found)
    assert hidden == []
