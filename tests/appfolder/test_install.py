"""An app's requirements are installed as they are, beside the doors'; what excludes the other is named, both sides.

uv and pip do it for real, with packages that the tests make.
"""

import functools
import http.server
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pip
import pytest
from pip._internal.models.index import PyPI

from appfolder import interpreter
from appfolder.failures import InstallError, OtherPythonError
from appfolder.install import install, installed, main
from appfolder.requirements.markers import RequirementsError
from tests.appfolder import wheels

pytestmark = pytest.mark.process

UV = Path(sys.executable).with_name("uv")
# What the lock in `doors` adds to an app that pins neither.
DOORS = {"gunicorn": "27.0", "helper": "2.0"}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages, the only ones that there are."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name, value in (("FIND_LINKS", str(folder)), ("NO_INDEX", "1")):
        monkeypatch.setenv(f"PIP_{name}", value)
        monkeypatch.setenv(f"UV_{name}", value)
    # A cache would give another test's package of the same name.
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    return folder


@pytest.fixture
def doors(index: Path, tmp_path: Path) -> Path:
    """A lock like the doors', of a gunicorn that needs `helper`."""
    made = {
        "gunicorn==27.0": wheels.wheel(index, "gunicorn", "27.0", ["helper>=2"]),
        "helper==2.0": wheels.wheel(index, "helper", "2.0"),
    }
    lock = tmp_path / "doors.txt"
    lock.write_text("".join(f"{line} \\\n    --hash={digest}\n" for line, digest in made.items()))
    return lock


@pytest.fixture
def made(tmp_path: Path, doors: Path) -> Callable[..., tuple[dict[str, str], list[str]]]:
    """Install an app's folder of these files; the versions that are there then, and what is said.

    with_doors: whether DOORS are installed too, which takes pip as long again.
    """

    def made(
        files: dict[str, str], *named: str, uv: Path | None = UV, with_doors: bool = True
    ) -> tuple[dict[str, str], list[str]]:
        app = tmp_path / "app"
        app.mkdir(exist_ok=True)
        for name, text in files.items():
            (app / name).write_text(text)
        notes = install(app, tmp_path / "environment", named, [doors] if with_doors else [], uv)
        return installed(tmp_path / "environment"), notes

    return made


Made = Callable[..., tuple[dict[str, str], list[str]]]


@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
def test_pins_are_kept_and_the_doors_added(made: Made, index: Path, uv: Path | None) -> None:
    wheels.wheel(index, "alpha", "1.0")
    wheels.wheel(index, "alpha", "2.0")
    wheels.wheel(index, "helper", "2.5")

    versions, notes = made({"requirements.txt": "alpha==1.0\nhelper==2.5\n"}, uv=uv)

    assert versions == {"alpha": "1.0", "helper": "2.5", "gunicorn": "27.0"}
    assert notes == []


def test_a_server_that_is_pinned_and_not_imported_gives_way_and_one_line_says_so(
    made: Made, index: Path
) -> None:
    wheels.wheel(index, "gunicorn", "21.2")

    versions, notes = made({"requirements.txt": "gunicorn==21.2\n", "app.py": "import os\n"})

    assert versions["gunicorn"] == "27.0"
    assert notes == ["gunicorn 27.0 serves the app; its requirements name 21.2, which it does not import"]


def test_a_server_that_the_app_imports_is_a_collision_of_two_sides(made: Made, index: Path) -> None:
    wheels.wheel(index, "gunicorn", "21.2")

    with pytest.raises(
        InstallError, match=r"^your app imports gunicorn, its requirements give it 21\.2, .*27\.0"
    ):
        made({"requirements.txt": "gunicorn==21.2\n", "app.py": "import gunicorn\n"})


def test_a_pin_that_the_doors_exclude_names_both_sides(made: Made, index: Path) -> None:
    wheels.wheel(index, "helper", "1.0")

    with pytest.raises(InstallError) as caught:
        made({"requirements.txt": "helper==1.0\n"})

    assert str(caught.value) == (
        "two sides exclude each other: gunicorn 27.0 needs helper>=2, and there is helper 1.0; "
        "let the app's requirements allow helper>=2"
    )


@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
def test_requirements_that_exclude_each_other_name_both_sides(
    made: Made, index: Path, uv: Path | None
) -> None:
    wheels.wheel(index, "alpha", "1.0", ["beta>=2"])
    wheels.wheel(index, "beta", "1.0")
    wheels.wheel(index, "beta", "2.0")

    with pytest.raises(
        InstallError, match=r"^requirements\.txt cannot be installed: .*(alpha|beta).*(alpha|beta)"
    ):
        made({"requirements.txt": "alpha==1.0\nbeta==1.0\n"}, uv=uv)


def test_hashed_requirements_with_extras_are_held_to_their_hashes(made: Made, index: Path) -> None:
    alpha = wheels.wheel(index, "alpha", "1.0", ["beta; extra == 'fast'"], extras=["fast"])
    beta = wheels.wheel(index, "beta", "1.0")
    lines = f"alpha[fast]==1.0 --hash={alpha}\nbeta==1.0 --hash={beta}\n"

    versions, _ = made({"requirements.txt": lines})
    with pytest.raises(InstallError, match=r"(?i)hash"):
        made({"requirements.txt": lines.replace(beta, f"sha256:{'0' * 64}")})

    assert versions.keys() == {"alpha", "beta", "gunicorn", "helper"}


@pytest.mark.parametrize(
    ("name", "lock"),
    [
        (
            "uv.lock",
            (
                'version = 1\n[[package]]\nname = "shop"\nsource = {{ virtual = "." }}\n'
                'dependencies = [{{ name = "alpha", extra = ["fast"] }}]\n'
                '[[package]]\nname = "alpha"\nversion = "1.0"\nsource = {{ registry = "{usual}" }}\n'
                'wheels = [{{ hash = "{alpha}" }}]\n[package.optional-dependencies]\nfast = [{{ name = "beta" }}]\n'
                '[[package]]\nname = "beta"\nversion = "1.0"\nsource = {{ registry = "{usual}" }}\n'
                'wheels = [{{ hash = "{beta}" }}]\n'
            ),
        ),
        (
            "poetry.lock",
            (
                '[[package]]\nname = "alpha"\nversion = "1.0"\noptional = false\npython-versions = ">=3.8"\n'
                'groups = ["main"]\nfiles = [{{ file = "a", hash = "{alpha}" }}]\n'
                '[[package]]\nname = "beta"\nversion = "1.0"\noptional = false\npython-versions = ">=3.8"\n'
                'groups = ["main"]\nfiles = [{{ file = "b", hash = "{beta}" }}]\n'
            ),
        ),
        ("pyproject.toml", '[project]\ndependencies = ["alpha[fast]<2"]\n'),
    ],
)
@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
def test_locks_and_projects_install_with_their_extras(
    made: Made, index: Path, name: str, lock: str, uv: Path | None
) -> None:
    alpha = wheels.wheel(index, "alpha", "1.0", ["beta; extra == 'fast'"], extras=["fast"])
    beta = wheels.wheel(index, "beta", "1.0")
    wheels.wheel(index, "alpha", "2.0", extras=["fast"])

    versions, _ = made(
        {name: lock.format(alpha=alpha, beta=beta, usual=PyPI.simple_url)}, uv=uv, with_doors=bool(uv)
    )

    assert versions == {"alpha": "1.0", "beta": "1.0", **(DOORS if uv else {})}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Lists folders as an index does, and prints nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name for it
        """Print nothing."""


@pytest.fixture
def served(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A folder and its URL. What is in its folder `usual` is the index that uv and pip take if nothing is said."""
    del index
    folder = tmp_path / "served"
    (folder / "usual").mkdir(parents=True)
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        for name in ("PIP", "UV"):
            monkeypatch.delenv(f"{name}_NO_INDEX")
            monkeypatch.setenv(f"{name}_INDEX_URL", f"{url}/usual/")
        yield folder, url
        server.shutdown()


@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
@pytest.mark.parametrize(
    ("name", "lock"),
    [
        (
            "uv.lock",
            (
                'version = 1\n[[package]]\nname = "shop"\nsource = {{ virtual = "." }}\n'
                'dependencies = [{{ name = "alpha" }}]\n'
                '[[package]]\nname = "alpha"\nversion = "1.0"\nsource = {{ registry = "{url}/own/" }}\n'
                'wheels = [{{ hash = "{alpha}" }}]\n'
            ),
        ),
        (
            "poetry.lock",
            (
                '[[package]]\nname = "alpha"\nversion = "1.0"\noptional = false\npython-versions = ">=3.8"\n'
                'groups = ["main"]\nfiles = [{{ file = "a", hash = "{alpha}" }}]\n'
                '[package.source]\ntype = "legacy"\nurl = "{url}/own"\nreference = "own"\n'
            ),
        ),
    ],
    ids=["uv.lock", "poetry.lock"],
)
def test_a_package_comes_from_the_index_that_its_lock_names(
    made: Made, served: tuple[Path, str], name: str, lock: str, uv: Path | None
) -> None:
    """Another package of that name and version is in the usual index."""
    folder, url = served
    (folder / "own").mkdir()
    alpha = wheels.wheel(folder / "own" / "alpha", "alpha", "1.0")
    wheels.wheel(folder / "usual" / "alpha", "alpha", "1.0", ["another"])

    versions, _ = made({name: lock.format(alpha=alpha, url=url)}, uv=uv, with_doors=bool(uv))

    assert versions == {"alpha": "1.0", **(DOORS if uv else {})}


@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
def test_a_package_without_a_wheel_is_built(made: Made, index: Path, uv: Path | None) -> None:
    wheels.source(index, "alpha", "1.0")

    versions, _ = made({"requirements.txt": "alpha\n"}, uv=uv, with_doors=bool(uv))

    assert versions == {"alpha": "1.0", **(DOORS if uv else {})}


@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
def test_a_package_that_cannot_be_built_is_named_with_the_way_out(
    made: Made, index: Path, uv: Path | None
) -> None:
    """As psycopg2 does on a machine without PostgreSQL's headers."""
    said = "Error: pg_config executable not found.\\n\\nMore is at\\n<https://example.com>)."
    wheels.source(index, "alpha", "1.0", check=f'sys.exit("{said}")')

    # Packages that come after it are not the one that fails, or not the first.
    wheels.wheel(index, "beta", "1.0")
    wheels.source(index, "gamma", "1.0", check='sys.exit("Error: no gamma.")')

    with pytest.raises(InstallError) as caught:
        made({"requirements.txt": "alpha\nbeta\n" + ("" if uv else "gamma\n")}, uv=uv)

    assert re.fullmatch(
        r"requirements\.txt cannot be installed: there is no wheel of alpha\S* for Python \S+, and building it ends "
        r"with 'Error: pg_config executable not found\.'; install what that names, for the image as .*, or take a "
        r"release of it with a wheel, or a Python that has one \(for the image: python in app\.toml\)",
        str(caught.value),
    )


@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
@pytest.mark.parametrize("has_git", [True, False])
def test_a_repository_that_cannot_be_had_is_named_with_gits_reason(
    made: Made, monkeypatch: pytest.MonkeyPatch, uv: Path | None, has_git: bool
) -> None:
    if not has_git:
        monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(InstallError) as caught:
        made({"requirements.txt": "thing @ git+https://127.0.0.1:1/thing.git@main\n"}, uv=uv)

    said = (
        "git says unable to access 'https://127.0.0.1:1/thing.git/': "
        if has_git
        else "it names a repository, and there is no git; install it"
    )
    assert str(caught.value).startswith(f"requirements.txt cannot be installed: {said}")


@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
def test_a_package_for_another_python_says_which(made: Made, index: Path, uv: Path | None) -> None:
    wheels.wheel(index, "alpha", "1.0", python=">=3.99")

    with pytest.raises(OtherPythonError) as caught:
        made({"requirements.txt": "alpha==1.0\n"}, uv=uv)

    assert str(caught.value).startswith(
        f"requirements.txt cannot be installed by Python {sys.version.split()[0]}: "
    )
    assert ">=3.99" in str(caught.value)
    assert "alpha" in str(caught.value)


def test_a_project_for_another_python_says_which(made: Made) -> None:
    with pytest.raises(OtherPythonError, match=r"^pyproject\.toml asks for Python >=3\.99, and this is 3\."):
        made({"pyproject.toml": '[project]\nrequires-python = ">=3.99"\ndependencies = []\n'})


def test_the_app_finds_its_own_version_and_entry_points(tmp_path: Path, made: Made) -> None:
    """As it does at home after `pip install -e .`; its code stays in its folder."""
    made(
        {
            "pyproject.toml": '[project]\nname = "My-Shop"\nversion = "1.2"\ndependencies = []\n'
            '[project.scripts]\nshop = "shop:main"\n[project.entry-points."shop.plugins"]\nred = "shop:red"\n'
        }
    )

    look = (
        "from importlib.metadata import entry_points, version; "
        "print(version('my_shop'), [each.value for each in entry_points(group='shop.plugins')])"
    )
    done = subprocess.run(
        [tmp_path / "environment/bin/python", "-c", look], capture_output=True, text=True, check=True
    )

    assert done.stdout == "1.2 ['shop:red']\n"


def test_a_named_file_that_is_not_there_is_named(made: Made) -> None:
    with pytest.raises(RequirementsError, match=r"requirements: nothing\.txt is not in "):
        made({}, "nothing.txt")


@pytest.mark.parametrize(
    ("file", "text", "version"),
    [
        (".python-version", "3.12\n", "3.12"),
        (".python-version", "3.12.4\n", "3.12"),
        ("runtime.txt", "python-3.11.9\n", "3.11"),
        (".python-version", "pypy3.10\n", ""),
        ("runtime.txt", "python-3.6.15\n", ""),
        ("README", "3.12", ""),
    ],
)
def test_the_python_that_a_folder_names_is_read(tmp_path: Path, file: str, text: str, version: str) -> None:
    (tmp_path / file).write_text(text)

    assert interpreter.version_file(tmp_path) == version


def test_a_python_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pyenv puts a python3.12 on PATH for each version that it has, which ends with an error for most."""
    fits = f"{sys.version_info[0]}.{sys.version_info[1] + 1}"
    shims, real = tmp_path / "shims", tmp_path / "versions" / f"{fits}.9" / "bin"
    for folder, script in ((shims, "exit 127"), (real, f"echo {fits}.9")):
        folder.mkdir(parents=True)
        (folder / f"python{fits}").write_text(f"#!/bin/sh\n{script}\n")
        (folder / f"python{fits}").chmod(0o755)
    monkeypatch.setenv("PATH", f"{shims}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert next(interpreter.others(fits)) == (real / f"python{fits}", f"{fits}.9")


def test_an_environment_in_another_python_is_made_by_it(tmp_path: Path, made: Made) -> None:
    """`python -m appfolder.install` needs nothing but a Python with its pip."""
    others = interpreter.others("3.13")
    other = next(others, None)
    if other is None:
        pytest.skip(
            "there is no other Python 3.11 or newer: install one, such as python3.13 with venv and pip"
        )
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "requirements.txt").touch()
    words = ["-m", "appfolder.install", tmp_path / "app", tmp_path / "environment", "--uv", UV]

    subprocess.run([other.path, *words], cwd=Path(__file__).parents[2], check=True)

    [made_by] = (tmp_path / "environment" / "lib").iterdir()
    assert made_by.name == f"python{other.version.rpartition('.')[0]}"


@pytest.mark.parametrize("member", ["app", "other"])
def test_a_lock_outside_of_the_folder_is_named_because_its_pins_do_not_hold(
    tmp_path: Path, made: Made, member: str
) -> None:
    """As in a workspace of uv, whose members share a lock above them."""
    (tmp_path / "uv.lock").write_text(f'[[package]]\nname = "shop"\nsource = {{ editable = "{member}" }}\n')

    _, notes = made({"pyproject.toml": '[project]\nname = "shop"\ndependencies = []\n'})

    said = f"{tmp_path / 'uv.lock'} is outside of the folder, so its pins do not hold here; "
    assert [note[: len(said)] for note in notes] == ([said] if member == "app" else [])


def test_a_lock_that_is_not_read_is_named_because_its_pins_do_not_hold(made: Made) -> None:
    _, notes = made({"pyproject.toml": '[project]\nname = "shop"\ndependencies = []\n', "pdm.lock": ""})

    [note] = notes
    assert note.startswith("pdm.lock is not read, so its pins do not hold here; ")
    assert note.endswith("type there pdm export --prod --output requirements.txt")


def test_a_pip_that_has_no_file_for_another_interpreter_is_asked_by_its_option(
    made: Made, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels.wheel(index, "alpha", "1.0")
    monkeypatch.setattr(pip, "__path__", [str(tmp_path)])

    versions, _ = made({"requirements.txt": "alpha\n"}, uv=None, with_doors=False)

    assert versions == {"alpha": "1.0"}


def test_an_environment_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a full disk, for example."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "file").touch()
    environment = tmp_path / "file" / "environment"
    monkeypatch.setattr(sys, "argv", ["install", str(tmp_path), str(environment)])

    assert main() == 1
    assert capsys.readouterr().err == f"error: cannot make an environment in {environment}: Not a directory\n"


@pytest.mark.parametrize("uv", [UV, None], ids=["uv", "pip"])
@pytest.mark.parametrize("bytecode", [True, False])
def test_packages_are_compiled_unless_an_image_does_that_itself(
    tmp_path: Path, index: Path, uv: Path | None, bytecode: bool
) -> None:
    """Otherwise the first start of an instance would compile, and each one where Python keeps no bytecode."""
    wheels.wheel(index, "alpha", "1.0")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "requirements.txt").write_text("alpha\n")

    install(tmp_path / "app", tmp_path / "environment", (), [], uv, bytecode=bytecode)

    assert bool(list((tmp_path / "environment").rglob("alpha.*.pyc"))) is bytecode
