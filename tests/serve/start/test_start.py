"""A fast start changes nothing that an app can see: every app, in a fresh process, is the same with it and without."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from serve.start import deferral

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[3]
STARTS = Path(__file__).parents[1] / "starts"
APPS = sorted(path.stem for path in STARTS.iterdir() if path.stem not in ("run", "files", "__pycache__"))


def python(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in an environment of its own, where sets have one order."""
    environment = {"PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


@cache
def started(app: str, *arguments: str, **variables: str) -> dict[str, Any]:
    """What a start of the app shows, which is the same each time: several tests look at one start."""
    done = python(str(STARTS / "run.py"), app, *arguments, **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("app", APPS)
def test_an_app_is_the_same_with_a_fast_start_and_without(app: str) -> None:
    fast, plain = started(app), started(app, FAST_START="off")

    assert fast["seen"] == plain["seen"]
    assert fast["deferred"] == (app != "without_flask")
    assert not plain["deferred"]


def test_an_app_finds_every_submodule_of_a_package_that_a_plain_import_of_flask_brings_along() -> None:
    plain = python("-c", "import flask, sys; print(*sys.modules)", FAST_START="off").stdout.split()
    names = [name for name in plain if "." in name and "._" not in name]

    assert started("submodules", *names)["seen"] == started("submodules", *names, FAST_START="off")["seen"]


@pytest.mark.parametrize(
    ("app", "loaded"),
    [
        ("hello", []),
        ("commands_unused", []),
        ("forms", []),
        # What an app imports, or shows that it will need, is there when its start is over.
        ("pages", ["flask.templating", "hashlib", "inspect", "jinja2", "zlib"]),
        ("sessions", ["email.utils", "hashlib", "hmac", "uuid", "zlib"]),
        ("streams", ["email.utils", "mimetypes", "zlib"]),  # it has static files
        ("dataclass_texts", ["inspect"]),  # one of its views is no plain function
        (
            "commands",
            ["click", "email.utils", "flask.cli", "inspect", "mimetypes", "uuid", "werkzeug.serving", "zlib"],
        ),
    ],
)
def test_what_an_app_does_not_need_is_not_loaded(app: str, loaded: list[str]) -> None:
    # Some versions of Python's own modules bring tempfile along.
    assert [name for name in started(app)["loaded"] if name != "tempfile"] == loaded


def test_everything_that_is_deferred_would_be_loaded_without() -> None:
    assert started("hello", FAST_START="off")["loaded"] == sorted(deferral.DEFERRED)


def test_a_setting_imports_what_else_the_first_requests_need() -> None:
    assert started("hello", PRELOAD="difflib, hmac")["loaded"] == ["difflib", "hashlib", "hmac"]


def test_stand_ins_are_nowhere_but_among_the_globals_of_modules() -> None:
    """Flask has one more as an attribute of a class, where nobody sees it, and one in each app's list of processors."""
    code = """
from serve import start; start.begin()
import flask, gc, sys
from serve.start import stand_in
app = flask.Flask("app")
flask.Blueprint("part", "app")
known = [vars(module) for module in sys.modules.values()] + [app.template_context_processors[None]]
kept = [held for held in gc.get_objects() if stand_in.is_stand_in(held)]
print(*{type(by).__name__ for one in kept for by in gc.get_referrers(one) if by is not kept
    and not any(by is place for place in known)}, [name for name, value in vars(flask.sansio.app.App).items()
    if stand_in.is_stand_in(value)])
"""

    assert python("-c", code).stdout == "dict ['jinja_environment']\n"


FRAMEWORK = {
    # What a stand-in cannot do: be a base of a class that is made by calling type().
    "werkzeug/__init__.py": "from difflib import Differ\nfrom werkzeug import part\nMine = type('Mine', (Differ,), {})",
    "werkzeug/part.py": "from pprint import pformat as shown",
    "flask/__init__.py": "import absent_altogether",
}


def test_where_deferring_fails_the_framework_is_imported_plainly(tmp_path: Path) -> None:
    for name, text in FRAMEWORK.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    look = (
        "from serve import start; from serve.start import deferral; start.begin()\n"
        "import werkzeug, pprint, difflib\n"
        "print(werkzeug.Mine.__base__ is difflib.Differ, vars(werkzeug.part)['shown'] is pprint.pformat)\n"
        "import flask"
    )

    done = python("-c", look, PYTHONPATH=f"{tmp_path}:{ROOT}")

    assert done.stdout == "True True\n"
    assert done.stderr.endswith("ModuleNotFoundError: No module named 'absent_altogether'\n")


def test_a_wrong_setting_ends_the_start_with_one_line() -> None:
    done = python("-c", "from serve import start; start.begin()", FAST_START="yes")

    assert (done.returncode, done.stderr) == (1, "FAST_START is 'yes'; it is either on or off\n")


def test_after_the_start_the_collector_works_as_ever_and_leaves_what_was_loaded_alone() -> None:
    code = (
        "import gc; before = gc.get_threshold()\n"
        "from serve import start; start.begin(); import flask; start.finish()\n"
        "print(gc.get_threshold() == before, gc.isenabled(), gc.get_freeze_count() > 10_000)"
    )

    assert python("-c", code).stdout == "True True True\n"


def test_imports_are_as_ever_when_the_start_is_over() -> None:
    code = (
        "import builtins, re, sys; before = builtins.__import__, sys.meta_path[:], vars(re)['_compiler'].compile\n"
        "from serve import start; start.begin(); import flask; start.finish()\n"
        "print(before == (builtins.__import__, sys.meta_path[:], vars(re)['_compiler'].compile))"
    )

    assert python("-c", code).stdout == "True\n"
