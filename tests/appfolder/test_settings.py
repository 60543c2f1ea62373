"""app.toml, the environment and what is typed say together where the app is; what is typed is remembered."""

from pathlib import Path

import pytest

from appfolder.image import build, listed
from appfolder.remember import remember, template
from appfolder.settings import ROOT, App, read
from usererror import UserError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "app.toml").write_text(template())
    for name in ("shop", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.py").write_text("from flask import Flask\n\nsite = Flask(__name__)\n")
    return tmp_path / "project"


def test_what_is_typed_is_remembered_and_what_was_there_is_kept(project: Path) -> None:
    said = remember("../shop", "shop:site", root=project)

    app = read({}, root=project)
    assert (
        said
        == "app.toml says from now on: shop:site in ../shop; what it said of the app before is in app.toml.before"
    )
    assert (app.folder, app.spec, app.health, app.request.path) == (
        project.parent / "shop",
        "shop:site",
        "",
        "/",
    )
    assert (project / "app.toml.before").read_text() == template()
    assert remember("../shop", "shop:site", root=project) == ""


def test_what_is_written_of_an_app_is_there_again_when_it_is_named_again(project: Path) -> None:
    for name in ("third", "shop"):
        folder = project.parent / name
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").touch()
    file = project / "app.toml"
    remember("../shop", "shop:site", root=project)
    mine = file.read_text().replace('health = ""', 'health = "/up"')
    file.write_text(mine)

    remember("../other", "other:site", root=project)
    others = file.read_text()
    remember("../third", "third:site", root=project)
    said = remember("../shop", "", root=project)

    assert file.read_text() == mine
    assert said == (
        "app.toml says from now on: shop:site in ../shop, with all that it said of it before; what it said of the app "
        "before is in app.toml.before.2"
    )
    assert (project / "app.toml.before").read_text() == template()
    assert {path.name for path in project.iterdir()} == {
        *("app.toml", "app.toml.before", "app.toml.before.2", "app.toml.before.3")
    }
    assert (project / "app.toml.before.3").read_text() == others


@pytest.mark.parametrize("line", ["app = 'shop:old'", 'app="shop:old"', "app   =  'shop:old' # mine"])
def test_a_line_is_changed_in_whatever_form_it_was_written(project: Path, line: str) -> None:
    (project / "app.toml").write_text(f"folder = '../shop'\n{line}\nhealth = '/up'\n")

    remember("../shop", "shop:site", root=project)

    app = read({}, root=project)
    assert (app.spec, app.health) == ("shop:site", "/up")


def test_an_option_outweighs_the_environment_and_that_the_file(project: Path) -> None:
    remember("../shop", "shop:site", root=project)
    environment = {"APP_DIR": "../other", "APP": "other:site"}

    assert read(environment, root=project).spec == "other:site"
    assert read(environment, "../shop", "shop:site", root=project).spec == "shop:site"


def test_a_folder_may_be_named_from_home(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(project.parent))

    remember("~/shop", "shop:site", root=project)

    assert read({}, root=project).folder == project.parent / "shop"


def test_src_is_the_source_if_the_module_is_there_alone(tmp_path: Path) -> None:
    (tmp_path / "src" / "shop").mkdir(parents=True)

    assert read({}, str(tmp_path), "shop.web:app").source == "src"


@pytest.mark.parametrize(
    ("files", "source"),
    [
        (["backend/site/wsgi.py", "tests/site/wsgi.py"], "backend"),
        (["backend/site/wsgi/__init__.py"], "backend"),
        (["backend/site/wsgi.py", "src/site/wsgi.py"], "src"),
        (["backend/site/wsgi.py", "site.py"], "."),
        (["backend/site/wsgi.py", "other/site/wsgi.py"], "."),
        (["backend/site/wsgi.py", "backend/__init__.py"], "."),
        (["backend/site/urls.py"], "."),
    ],
)
def test_a_folder_below_is_the_source_if_it_alone_has_the_module(
    tmp_path: Path, files: list[str], source: str
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert App(tmp_path, "site.wsgi:application").source == source


def test_a_folder_that_cannot_be_on_pythons_path_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a:b").mkdir()

    with pytest.raises(UserError, match=r"a:b'; a folder with : cannot be on Python's path$"):
        read({}, str(tmp_path / "a:b"), "shop:app")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("", "APP is not set; .* shop.py looks like APP=shop:site"),
        ("shop", "APP is 'shop'; it is package.module:callable, .*; you may mean APP=shop:application"),
        ("shop.py:site", "APP is 'shop.py:site'; it is .*; you may mean APP=shop:site"),
        ("./web/shop.py:site", "; you may mean APP=web.shop:site"),
        ("shop:make('x')", "; a factory gets no arguments here: .* `app = make\\('x'\\)`, and APP=wsgi:app"),
        ("shop-a:site", r"it is package\.module:callable, for example app:app or app:create_app\(\)$"),
        ("nothing:app", "has no nothing.py and no folder nothing"),
    ],
)
def test_an_app_that_is_not_there_is_one_line_that_says_what_may_be_meant(
    project: Path, spec: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        read({}, "../shop", spec, root=project)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("folder = 3\n", "folder is 3; it should be a text"),
        ("fodler = '.'\n", "fodler is not known; allowed are folder"),
        ("folder = \n", "is not TOML"),
        ("health = 'no'\n", "health is 'no'; it begins with /"),
        ("[image]\npython = '2.7'\n", "python is '2.7'; it is 3.11 or newer"),
        ("[request]\nexpect = 99\n", "expect is 99"),
    ],
)
def test_a_wrong_line_of_the_file_is_named(project: Path, text: str, said: str) -> None:
    (project / "app.toml").write_text(text)

    with pytest.raises(UserError, match=said):
        read({}, root=project)


def test_a_file_in_another_encoding_is_one_line(project: Path) -> None:
    (project / "app.toml").write_bytes("folder = 'Läden'\n".encode("latin-1"))

    with pytest.raises(UserError, match=r"app\.toml is not TOML: .* can't decode byte 0xe4"):
        remember("../shop", "shop:site", root=project)

    (project / "app.toml").write_text("\ufefffolder = '../shop'\napp = 'shop:app'\n", encoding="utf-8")
    remember("../shop", "shop:site", root=project)

    assert read({}, root=project).spec == "shop:site"


def test_the_files_lines_are_those_that_a_new_one_gets() -> None:
    """The comments of the shipped file and of a new one are the same."""
    assert [line.partition("#")[2] for line in (ROOT / "app.toml").read_text().splitlines()] == [
        line.partition("#")[2] for line in template().splitlines()
    ]


def test_the_python_that_the_folder_names_is_that_of_the_image(project: Path) -> None:
    (project.parent / "shop" / ".python-version").write_text("3.12.4\n")

    remember("../shop", "shop:site", root=project)

    assert read({}, root=project).python == "3.12"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("requirements.txt", "radicale==3.2.3\n"),
        ("requirements.txt", "Radicale[bcrypt]>=3 # the app\n"),
        ("pyproject.toml", '[project]\ndependencies = ["radicale"]\n'),
    ],
)
def test_an_app_may_be_a_package_that_the_requirements_name(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text)

    app = read({}, str(tmp_path), "radicale:application")

    assert (app.spec, app.source) == ("radicale:application", ".")
    assert {entry.name for entry in listed(app).goes_in} == {file}
    assert build(app, {}, "linux/amd64").arguments["APP"] == "radicale:application"
    with pytest.raises(UserError, match=r"has no radical\.py and no folder radical"):
        read({}, str(tmp_path), "radical:application")


def test_a_command_of_the_build_is_read(project: Path) -> None:
    (project / "app.toml").write_text(
        'folder = "../shop"\napp = "shop:site"\n[image]\ncommand = "python3 manage.py collectstatic"\n'
    )

    app = read({}, root=project)

    assert app.command == "python3 manage.py collectstatic"
    assert build(app, {}, "linux/amd64").arguments["COMMAND"] == app.command
