"""What a folder says that it requires becomes what pip installs, whoever wrote it."""

import re
from pathlib import Path

import pytest

from appfolder.requirements import find
from appfolder.requirements.markers import RequirementsError

UV = """
version = 1
[[package]]
name = "shop"
source = { virtual = "." }
dependencies = [
    { name = "flask", extra = ["async"] },
    { name = "never", marker = "sys_platform == 'nowhere'" },
]
[[package]]
name = "flask"
version = "3.0.3"
source = { registry = "https://example.com/simple" }
sdist = { hash = "sha256:aa" }
[package.optional-dependencies]
async = [{ name = "asgiref" }]
[[package]]
name = "asgiref"
version = "3.8.0"
source = { registry = "https://example.com/simple" }
wheels = [{ hash = "sha256:bb" }]
[[package]]
name = "never"
version = "1"
source = { registry = "https://example.com/simple" }
"""
POETRY = """
[[package]]
name = "flask"
version = "3.0.3"
optional = false
groups = ["main"]
files = [{ file = "f", hash = "sha256:aa" }]
[[package]]
name = "pytest"
version = "8"
optional = false
groups = ["dev"]
files = []
"""


def test_a_lock_of_uv_gives_what_its_project_needs_here_with_hashes_and_extras(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(UV)
    (tmp_path / "requirements.txt").write_text("other\n")

    assert set(find(tmp_path).lines) == {
        "--extra-index-url https://example.com/simple",
        "flask==3.0.3 --hash=sha256:aa",
        "asgiref==3.8.0 --hash=sha256:bb",
    }


def test_a_member_of_a_workspace_of_uv_is_installed_for_the_app_that_needs_it(tmp_path: Path) -> None:
    lock = UV.replace(
        '{ name = "never", marker', '{ name = "tools" }, { name = "plain" }, { name = "never", marker'
    )
    members = """
[[package]]
name = "tools"
version = "0.1"
source = { editable = "packages/tools" }
dependencies = [{ name = "asgiref" }]
[[package]]
name = "plain"
version = "0.1"
source = { virtual = "packages/plain" }
"""
    (tmp_path / "uv.lock").write_text(lock + members)

    assert set(find(tmp_path).lines) == {
        "--extra-index-url https://example.com/simple",
        "flask==3.0.3",
        "asgiref==3.8.0",
        "-e ./packages/tools",
    }


GIT = "https://git.example/team/tools"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (f'git = "{GIT}?rev=main#abc"', f"tools @ git+{GIT}@abc"),
        (
            f'git = "{GIT}?subdirectory=libs%2Ftools&rev=main#abc"',
            f"tools @ git+{GIT}@abc#subdirectory=libs/tools",
        ),
        (
            f'url = "{GIT}/main.zip", subdirectory = "libs/tools"',
            f"tools @ {GIT}/main.zip#subdirectory=libs/tools",
        ),
    ],
)
def test_a_lock_of_uv_names_the_folder_in_a_repository(tmp_path: Path, source: str, line: str) -> None:
    (tmp_path / "uv.lock").write_text(
        'version = 1\n[[package]]\nname = "shop"\nsource = { virtual = "." }\ndependencies = [{ name = "tools" }]\n'
        f'[[package]]\nname = "tools"\nversion = "1"\nsource = {{ {source} }}\n'
    )

    assert find(tmp_path).lines == (line,)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "poetry.lock",
            (
                '[[package]]\nname = "tools"\nversion = "1"\noptional = false\ngroups = ["main"]\nfiles = []\n'
                '[package.source]\ntype = "git"\nurl = "git@git.example:team/tools.git"\nreference = "main"\n'
                'resolved_reference = "abc"\nsubdirectory = "libs/tools"\n'
            ),
        ),
        (
            "pyproject.toml",
            (
                '[tool.poetry.dependencies]\ntools = { git = "git@git.example:team/tools.git", rev = "abc", '
                'subdirectory = "libs/tools" }\n'
            ),
        ),
    ],
    ids=["lock", "project"],
)
def test_a_repository_of_poetry_is_named_as_pip_reads_it(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text)

    assert find(tmp_path).lines == (
        "tools @ git+ssh://git@git.example/team/tools.git@abc#subdirectory=libs/tools",
    )


WORKSPACE = """
version = 1
[[package]]
name = "web"
version = "0.1"
source = { editable = "services/web" }
dependencies = [{ name = "tools" }]
[[package]]
name = "tools"
version = "0.1"
source = { editable = "packages/tools" }
"""


def test_the_members_of_a_workspace_without_a_project_of_its_own_are_installed(tmp_path: Path) -> None:
    """The app is one of them."""
    (tmp_path / "uv.lock").write_text(WORKSPACE)

    assert set(find(tmp_path).lines) == {"-e ./services/web", "-e ./packages/tools"}


def test_a_member_of_a_workspace_that_needs_another_is_told_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(WORKSPACE)
    member = tmp_path / "services" / "web"
    member.mkdir(parents=True)
    (member / "pyproject.toml").write_text(
        '[project]\nname = "web"\ndependencies = ["tools"]\n[tool.uv.sources]\ntools = { workspace = true }\n'
    )

    with pytest.raises(
        RequirementsError,
        match=re.escape(f"only a lock holds: let APP_DIR be the workspace, {tmp_path}, whose"),
    ):
        find(member)


def test_a_lock_of_poetry_gives_its_main_group(tmp_path: Path) -> None:
    (tmp_path / "poetry.lock").write_text(POETRY)

    assert find(tmp_path).lines == ("flask==3.0.3 --hash=sha256:aa",)


@pytest.mark.parametrize(
    ("wish", "line"),
    [
        ('"^2.3"', "flask>=2.3,<3"),
        ('"^0.3.1"', "flask>=0.3.1,<0.4"),
        ('"~2.3.1"', "flask>=2.3.1,<2.4"),
        ('"*"', "flask"),
        ('"3.0.3"', "flask==3.0.3"),
        ('{ version = ">=3", extras = ["async"] }', "flask[async]>=3"),
    ],
)
def test_a_constraint_of_poetry_is_written_as_pip_reads_it(tmp_path: Path, wish: str, line: str) -> None:
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.poetry.dependencies]\npython = "^3.11"\nflask = {wish}\n'
    )

    assert find(tmp_path).lines == (line,)


def test_a_package_that_uv_takes_from_elsewhere_is_never_taken_from_the_index(tmp_path: Path) -> None:
    """Anybody may have published another package of that name."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["flask", "Shop_Tools>=1"]\n[tool.uv.sources]\nshop-tools = { workspace = true }\n'
    )

    with pytest.raises(RequirementsError, match=r"where shop-tools comes from, .*: type there uv lock$"):
        find(tmp_path)


def test_a_requirements_file_is_left_to_pip(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n")

    assert find(tmp_path).files == ("requirements.txt",)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (
            "README.md",
            "write one, such as a requirements.txt with a line for each package that your app imports",
        ),
        (
            "Pipfile.lock",
            "it has Pipfile.lock, which is not read: type there pipenv requirements > requirements.txt",
        ),
        (
            "environment.yml",
            "it has environment.yml, which is not read: type there pip list --format freeze >",
        ),
        ("setup.py", "it has setup.py, which is not read: type there echo '-e .' > requirements.txt"),
        (
            "requirements/prod.txt",
            'name one that it has (requirements/prod.txt) in app.toml: requirements = ["requirements/prod.txt"]',
        ),
    ],
)
def test_a_folder_without_requirements_is_told_what_to_write(tmp_path: Path, file: str, said: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()

    with pytest.raises(RequirementsError) as refused:
        find(tmp_path)

    assert str(refused.value).startswith(
        f"{tmp_path} has none of uv.lock, poetry.lock, requirements.txt, pyproject.toml with dependencies; {said}"
    )


@pytest.mark.parametrize("name", ["src", "web"])
def test_requirements_in_the_folder_above_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / "uv.lock").touch()

    said = f"uv.lock is in the folder above: let APP_DIR be {tmp_path}, in whose {name} the app's modules are found, or"
    with pytest.raises(RequirementsError, match=re.escape(said)):
        find(tmp_path / name)
