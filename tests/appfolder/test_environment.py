"""An app of somebody else gets an environment of its own, from its own pins, and is started in it behind both doors.

Nothing is fetched: uv takes from its cache what it has installed for these tests, and the apps pin the same versions.
"""

import os
import re
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from appfolder import environment
from appfolder.settings import read
from local import Emulator, Settings
from tests.appfolder.checkout import checkout

pytestmark = pytest.mark.process

UV = Path(sys.executable).with_name("uv")
FLASK = """
from flask import Flask, render_template
from models import greeting

app = Flask(__name__)

@app.get("/")
def index():
    return render_template("index.html", greeting=greeting())
"""
FASTAPI = """
from contextlib import asynccontextmanager
from fastapi import FastAPI

@asynccontextmanager
async def lifespan(app):
    app.state.greeting = "hello"
    yield

app = FastAPI(lifespan=lifespan)

@app.get("/")
async def index():
    return app.state.greeting
"""
DJANGO = """
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="for a test")
urlpatterns = [path("", lambda request: HttpResponse("hello"))]
application = get_wsgi_application()
"""
SQLALCHEMY = """
from flask import Blueprint, Flask
from sqlalchemy import create_engine, text

engine = create_engine("sqlite://")
pages = Blueprint("pages", __name__)

@pages.get("/")
def index():
    with engine.connect() as connection:
        return connection.execute(text("SELECT 'hello'")).scalar_one()

def create_app():
    app = Flask(__name__)
    app.register_blueprint(pages)
    return app
"""
# Shapes of apps that people have: files, APP, pinned packages.
SHAPES = {
    "flask, flat": (
        {
            "app.py": FLASK,
            "models.py": "def greeting():\n    return 'hello'\n",
            "templates/index.html": "{{ greeting }}",
        },
        "app:app",
        ["flask"],
    ),
    "flask, a package below src, with blueprints and a database": (
        {"src/shop/__init__.py": SQLALCHEMY},
        "shop:create_app()",
        ["flask", "sqlalchemy"],
    ),
    "fastapi with lifespan": ({"main.py": FASTAPI}, "main:app", ["fastapi"]),
    "django": ({"web/wsgi.py": DJANGO, "web/__init__.py": ""}, "web.wsgi:application", ["django"]),
}
PACKAGES = sorted({name for _, _, packages in SHAPES.values() for name in packages})


@pytest.fixture(scope="module")
def cached(processes: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """That uv's cache has what these apps pin."""
    if not UV.exists():
        pytest.skip("uv is missing: make .venv/dev")
    target = tmp_path_factory.mktemp("dry")
    command = [UV, "pip", "install", "--dry-run", "--quiet", "--offline", "--target", target]
    words = ["-r", environment.DOORS, *(f"{name}=={version(name)}" for name in PACKAGES)]
    if subprocess.run([*command, *words], capture_output=True, check=False).returncode:
        pytest.skip(
            "uv's cache does not have the packages: uv pip install --reinstall -r requirements/dev.txt"
        )


def go_offline(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Make environments below this folder, from uv's cache alone."""
    patch.delenv("APP_PYTHON")
    patch.setenv("UV_OFFLINE", "1")
    patch.setenv("PIP_NO_INDEX", "1")
    patch.setattr(environment, "CACHE", folder / "cache")


@pytest.fixture
def offline(cached: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Environments are made below this folder, from uv's cache alone."""
    go_offline(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
def without_doors(offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with nothing but what the app asks for, which is soon made."""
    monkeypatch.setattr(environment, "DOORS", offline / "doors.txt")
    environment.DOORS.touch()
    return offline


def write(folder: Path, files: dict[str, str], *packages: str) -> None:
    pins = "".join(f"{name}=={version(name)}\n" for name in packages)
    for name, text in {**files, "requirements.txt": pins}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def answers(folder: Path, spec: str, python: Path, log: Path) -> dict[str, str]:
    """What GET / gets through each door."""
    found = dict[str, str]()
    for platform in ("aws", "gcp"):
        settings = Settings(app=spec, app_dir=folder, python=python, health="", log=log)
        with (
            Emulator(platform, settings) as emulator,
            urllib.request.urlopen(emulator.url, timeout=60) as answer,
        ):
            found[platform] = answer.read().decode()
    return found


@dataclass
class Shop:
    """A folder with the apps of all shapes, which pins what all of them need; `said` while it was set up."""

    folder: Path
    said: list[str]


@pytest.fixture(scope="module")
def shop(cached: None, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """One folder for all of them, because to install and compile Django takes seconds."""
    folder = tmp_path_factory.mktemp("shapes") / "shop"
    files = {name: text for files, _, _ in SHAPES.values() for name, text in files.items()}
    write(folder, files, *PACKAGES)
    return Shop(folder, [])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.usefixtures("emulators")
def test_an_app_is_served_from_its_own_pins(shop: Shop, tmp_path: Path, shape: str) -> None:
    _, spec, packages = SHAPES[shape]
    before = {path for path in shop.folder.rglob("*") if path.is_file()}
    app = read({}, str(shop.folder), spec)

    with pytest.MonkeyPatch.context() as patch:
        go_offline(patch, shop.folder.parent)
        python = environment.python(app, {}, shop.said.append)
        again = environment.python(app, {}, shop.said.append)

    assert shop.said == ["Setting up an environment for shop (once)"]
    assert python == again
    assert python.is_relative_to(shop.folder.with_name("cache"))
    found = answers(shop.folder, spec, python, tmp_path / "log")
    assert {name: re.sub(r'"', "", text) for name, text in found.items()} == {"aws": "hello", "gcp": "hello"}
    look = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    done = subprocess.run([python, "-I", "-c", look, *packages], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [version(name) for name in packages]
    # Neither a file of the app nor one beside it has been written, but for bytecode.
    after = {path for path in shop.folder.rglob("*") if path.is_file()}
    assert {path for path in after - before if path.suffix != ".pyc"} == set()


def test_the_tools_packages_are_not_in_it(offline: Path) -> None:
    """What an app asks for never meets what this project's commands import."""
    write(offline / "shop", {"app.py": ""})
    python = environment.python(read({}, str(offline / "shop"), "app:app"), {}, lambda _: None)

    look = (
        "import importlib.util as u; print([n for n in ('typer', 'numpy', 'flask', 'pip') if u.find_spec(n)])"
    )
    done = subprocess.run([python, "-I", "-c", look], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_changed_requirements_make_it_anew(without_doors: Path) -> None:
    folder = without_doors / "shop"
    write(folder, {"app.py": ""})
    app, said = read({}, str(folder), "app:app"), list[str]()
    environment.python(app, {}, said.append)
    write(folder, {}, "itsdangerous")

    python = environment.python(app, {}, said.append)

    assert said == ["Setting up an environment for shop (once)"] * 2
    subprocess.run([python, "-c", "import itsdangerous"], check=True)


def test_a_folder_inside_a_repository_serves_the_app_around_it(tmp_path: Path) -> None:
    """This project as `deploy/` in somebody's repository, their app by APP_DIR=.."""
    write(tmp_path, {"app.py": FLASK, "models.py": "def greeting():\n    return 'theirs'\n"})
    write(tmp_path, {"templates/index.html": "{{ greeting }}", "app/notes.txt": ""})
    before = {path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts}
    deploy = checkout(tmp_path / "deploy")

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=deploy,
            capture_output=True,
            text=True,
            check=True,
            env=dict(os.environ),
        )
        return done.stdout + done.stderr

    said = run("-m", "appfolder", "remember", "..", "app:app")
    listed = run(
        "-c",
        "import os; from appfolder import image, settings; "
        "print(*[each.name for each in image.listed(settings.read(os.environ)).goes_in])",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "gcp", "--port", "0"], cwd=deploy, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    url = process.stdout.readline().split()[0]
    with urllib.request.urlopen(url, timeout=60) as answer:
        body = answer.read().decode()
    process.terminate()
    process.communicate(timeout=60)

    assert said.startswith("app.toml says from now on: app:app in ..;")
    assert set(listed.split()) == {
        *(
            "app",
            "app/notes.txt",
            "app.py",
            "models.py",
            "requirements.txt",
            "templates",
            "templates/index.html",
        ),
    }
    assert body == "theirs"
    now = {path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts}
    assert {path for path in now - before if not path.is_relative_to(deploy)} == set()


def test_a_changed_file_that_requirements_refer_to_makes_it_anew(without_doors: Path) -> None:
    folder = without_doors / "shop"
    write(folder, {"app.py": "", "pins/base.txt": "-c limits.txt\n", "pins/limits.txt": ""})
    (folder / "requirements.txt").write_text("-r pins/base.txt\n")
    app, said = read({}, str(folder), "app:app"), list[str]()
    for text in ("", "", f"flask=={version('flask')}\n"):
        (folder / "pins" / "limits.txt").write_text(text)
        environment.python(app, {}, said.append)

    assert said == ["Setting up an environment for shop (once)"] * 2
