"""The env file stays out of an image and of its id, whatever it is called, and its values out of what a run writes."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import dotenv
import pytest

from appfolder.env_file import variables_of
from appfolder.image import build, listed
from appfolder.settings import App, read
from doctor import at_import
from local import Emulator, Settings
from tests.appfolder.checkout import checkout
from usererror import UserError

SECRET = "hunter2-4f1c"
NAMES = ["production", "settings.txt", "config/my settings!.conf", "#env", "[a]*.ini", ".env", "env.local"]


def app_of(folder: Path, name: str, value: str = SECRET) -> Path:
    """A project beside an app that needs the variable SECRET of its env file."""
    app = folder / "shop"
    (app / name).parent.mkdir(parents=True, exist_ok=True)
    (app / name).write_text(f"TOKEN={value}\n")
    (app / "requirements.txt").touch()
    (app / "shop.py").write_text(
        "import os\n\ndef app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [str(len(os.environ['TOKEN'])).encode()]\n"
    )
    (folder / "app.toml").write_text(f'folder = "shop"\napp = "shop:app"\nenv_file = {json.dumps(name)}\n')
    return folder


@pytest.mark.parametrize(
    "text",
    [
        "# c\n\n  A=1\nexport B = 2 \n",
        "A='x y' # c\nB=\"x # y\"  # c\nC=a#b\nD=a #b\nE= # c\nF=\n",
        'A="first\nsecond"\nB="a\\nb\\t\\\\ \\x \\""\nC=\'a\\nb\nc\'\n',
        'A=it\'s\nB=a"b"\nC="a\'b"\nD=a=b\nE=$HOME\n',
        'A=x\nB=${A}y\nC="${A}"\nD=${NO_SUCH_NAME:-z}\nE=${NO_SUCH_NAME}\n',
        "\ufeffA=1\r\nB=2\r\n",
        'A="-----BEGIN KEY-----\nabc=\n-----END KEY-----"\nB=1',
    ],
)
def test_it_is_read_as_python_dotenv_reads_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(text.encode())

    variables = variables_of(file)

    assert variables
    assert variables == dict(dotenv.dotenv_values(file))


def test_single_quotes_leave_a_value_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\nB='${A}'\n")

    assert variables_of(tmp_path / ".env") == {"A": "1", "B": "${A}"}


@pytest.mark.parametrize(
    "line", ["secret-without-a-name", "NAME: value", 'A="does not end', 'A="a" b', "1A=x"]
)
def test_a_wrong_line_is_named_and_not_shown(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f'OK="1\n2"\n\n{line}\n')

    with pytest.raises(
        UserError, match=r"/\.env, line 4: expected NAME=VALUE, with nothing behind a value in quotes$"
    ):
        variables_of(tmp_path / ".env")


@pytest.mark.parametrize(
    "ignore", [None, "*.md\n", "!**\n"], ids=["none", "another line", "everything back in"]
)
@pytest.mark.parametrize("name", NAMES)
def test_it_stays_out_of_the_image(tmp_path: Path, name: str, ignore: str | None) -> None:
    root = app_of(tmp_path, name)
    if ignore is not None:
        (tmp_path / "shop" / ".dockerignore").write_text(ignore)

    files = listed(read({}, root=root))

    assert name not in {entry.name for entry in files.goes_in}
    assert "shop.py" in {entry.name for entry in files.goes_in}


def test_what_it_is_a_link_to_stays_out_too(tmp_path: Path) -> None:
    root = app_of(tmp_path, "production")
    (tmp_path / "shop" / "current").symlink_to("production")
    (tmp_path / "app.toml").write_text('folder = "shop"\napp = "shop:app"\nenv_file = "current"\n')

    names = {entry.name for entry in listed(read({}, root=root)).goes_in}

    assert names == {"requirements.txt", "shop.py"}


def test_its_values_do_not_change_the_image(tmp_path: Path) -> None:
    ids = {
        build(read({}, root=app_of(tmp_path, "production", value)), {}, "linux/amd64").arguments["BUILD_ID"]
        for value in ("a", "b")
    }

    assert len(ids) == 1


@pytest.mark.process
def test_its_values_are_in_nothing_that_a_run_writes(tmp_path: Path) -> None:
    project = checkout(tmp_path / "project")
    (app_of(tmp_path, "production") / "app.toml").replace(project / "app.toml")
    (tmp_path / "shop").rename(project / "shop")
    words = ["run", "local:gcp", "--cold", "none", "--rounds", "4", "--monthly", "0"]

    done = subprocess.run(
        [sys.executable, "-m", "compare", *words], cwd=project, capture_output=True, text=True, check=True
    )

    saved = [path for path in [*project.rglob("results/**/*"), project / "report.html"] if path.is_file()]
    [samples] = [path.read_text() for path in saved if path.name == "samples.jsonl"]
    records = [json.loads(line) for line in samples.splitlines()]
    # It was there: without it the app fails.
    assert {record["status"] for record in records if record["record"] == "sample"} == {200}
    assert [path.name for path in saved if SECRET in path.read_text(errors="replace")] == []
    assert SECRET not in done.stdout + done.stderr


def with_parts(folder: Path) -> App:
    """An app that finds a module by a PYTHONPATH of its own, and whose variables have names that the doors use."""
    app = folder / "shop"
    (app / "lib").mkdir(parents=True)
    (app / "lib" / "parts.py").write_text("WORD = b'found'\n")
    (app / "requirements.txt").touch()
    (app / "shop.py").write_text(
        "from parts import WORD\n\ndef app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [WORD]\n"
    )
    file = app / "production"
    file.write_text("PYTHONPATH=lib\nHOST=shop.example\nAPP_DIR=/nowhere\nPATH=/usr/bin:/bin\nAPP=other\n")
    return App(app, "shop:app", env_file=file)


@pytest.mark.process
@pytest.mark.usefixtures("emulators")
@pytest.mark.parametrize(("platform", "snapstart"), [("aws", False), ("aws", True), ("gcp", False)])
def test_a_pythonpath_in_it_holds_for_the_app_and_hides_no_door(
    tmp_path: Path, platform: str, snapstart: bool
) -> None:
    app = with_parts(tmp_path)
    settings = Settings(
        app=app.spec,
        app_dir=app.folder,
        health="",
        env_file=app.env_file,
        snapstart=snapstart,
        log=tmp_path / "log",
    )

    with Emulator(platform, settings) as emulator, urllib.request.urlopen(emulator.url, timeout=60) as answer:
        body = answer.read()

    assert body == b"found"


@pytest.mark.process
def test_a_pythonpath_in_it_holds_for_the_doctor(tmp_path: Path) -> None:
    facts = at_import.look(with_parts(tmp_path), Path(sys.executable))

    assert isinstance(facts, dict)
    assert facts["error"] == ""
