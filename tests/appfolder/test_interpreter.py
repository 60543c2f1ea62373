"""The Python that makes an app's environment: this one, or the one that the app's folder names. No other is started."""

import os
import subprocess
from pathlib import Path

import pytest

from appfolder import environment, interpreter
from appfolder.settings import App

pytestmark = pytest.mark.process


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """An app that needs no package, beside doors that need none."""
    monkeypatch.delenv("APP_PYTHON")
    monkeypatch.setattr(environment, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(environment, "DOORS", tmp_path / "doors.txt")
    environment.DOORS.touch()
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").touch()
    return App(folder, "shop:app")


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a line for each start of another Python, none of which can be used."""
    file, programs = tmp_path / "started", tmp_path / "bin"
    programs.mkdir()
    for name in interpreter.VERSIONS:
        (programs / f"python{name}").write_text(f"#!/bin/sh\necho {name} >>{file}\nexit 1\n")
        (programs / f"python{name}").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return file


@pytest.mark.parametrize("asked", ["", "3.98\n"], ids=["none", "one that is not here"])
def test_this_python_makes_it_if_the_folder_names_no_other_that_is_here(
    app: App, started: Path, asked: str
) -> None:
    (app.folder / ".python-version").write_text(asked)
    said = list[str]()

    environment.python(app, {}, said.append)

    assert said == ["Setting up an environment for shop (once)"]
    assert not started.exists()


def test_the_python_that_the_folder_names_makes_it(app: App) -> None:
    other = next(interpreter.others(""), None)
    if other is None:
        pytest.skip(
            "there is no other Python 3.11 or newer: install one, such as python3.13 with venv and pip"
        )
    (app.folder / ".python-version").write_text(other.version.rpartition(".")[0])
    said = list[str]()

    python = environment.python(app, {}, said.append)

    assert said[1:] == [f"Python {other.version} runs the app, as it asks for it"]
    done = subprocess.run([python, "-V"], capture_output=True, text=True, check=True)
    assert done.stdout == f"Python {other.version}\n"
