"""The report of a start says where its time goes and what is deferred."""

import subprocess
import sys
from pathlib import Path

import pytest

from serve.start.report import Import, parse

ROOT = Path(__file__).parents[3]
TRACE = """\
import time: self [us] | cumulative | imported package
import time:       100 |        100 |     jinja2.nodes
import time:       200 |        300 |   jinja2
import time:        50 |         50 |   click
import time:       400 |        750 | flask
a line of the app's own
import time:         7 |          7 | app
"""


def report(app: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "serve.start.report"],
        cwd=ROOT,
        env={"APP": app},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_imports_are_read_as_trees() -> None:
    jinja = Import("jinja2", 200, 300, [Import("jinja2.nodes", 100, 100)])

    assert parse(TRACE) == [Import("flask", 400, 750, [jinja, Import("click", 50, 50)]), Import("app", 7, 7)]


@pytest.mark.process
def test_it_shows_the_time_per_package_and_per_import_and_what_is_deferred() -> None:
    printed = report("tests.serve.starts.pages:app").stdout

    assert printed.startswith("The imports of tests.serve.starts.pages:app take ")
    for line in ("modules  werkzeug", "modules  Python's standard library", "ms  tests.serve.starts.pages"):
        assert line in printed
    assert "  jinja2: loaded all the same, by tests.serve.starts.pages\n" in printed
    assert "  flask.templating: loaded all the same, by the app as it is set up\n" in printed
    assert "at its first use (or in the start: PRELOAD=flask.cli)" in printed


@pytest.mark.process
def test_an_app_that_does_not_start_is_reported_as_it_says_itself() -> None:
    done = report("app:nothing")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"APP is 'app:nothing', but there is no 'nothing' in app ({ROOT / 'app' / '__init__.py'}); "
        "there is create_app()\n"
    )
