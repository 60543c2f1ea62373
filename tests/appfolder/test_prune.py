"""Tests of packages do not go into an image, unless the package itself needs them."""

from pathlib import Path

import pytest

from appfolder.prune import prune


def left_of(folder: Path, files: dict[str, str]) -> set[str]:
    """The files that are there after pruning."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    prune(folder)
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_folders_of_tests_go_at_any_depth_and_nothing_else(tmp_path: Path) -> None:
    files = dict.fromkeys(
        [
            *("shop/__init__.py", "shop/tests/__init__.py", "shop/deep/tests/data/a.json", "tests/test_a.py"),
            *("shop/testing.py", "shop/tests.py", "shop/contests/a.py", "other/test/a.py", "single.py"),
        ],
        "",
    )

    assert left_of(tmp_path, files) == {
        *("shop/__init__.py", "shop/testing.py", "shop/tests.py", "shop/contests/a.py"),
        *("other/test/a.py", "single.py"),
    }


@pytest.mark.parametrize(
    "line",
    [
        "from .tests.runner import Runner",
        "    from shop.tests import runner",
        "import shop.tests.runner",
        "from . import core, tests",
    ],
)
def test_tests_that_the_package_imports_stay(tmp_path: Path, line: str) -> None:
    files = dict.fromkeys(
        ["shop/tests/runner.py", "shop/tests/tests/a.py", "shop/deep/tests/a.py", "other/tests/a.py"], ""
    )

    left = left_of(tmp_path, {"shop/__init__.py": f"import os\n{line}\n", **files})

    assert left == {"shop/__init__.py", "shop/tests/runner.py", "shop/tests/tests/a.py"}


@pytest.mark.parametrize(
    "line", ["from ..part.tests import a", "from ..part import tests", "from .. import tests"]
)
def test_what_is_imported_from_a_folder_above_stays(tmp_path: Path, line: str) -> None:
    files = dict.fromkeys(["shop/part/tests/a.py", "shop/tests/a.py", "shop/deep/tests/a.py"], "")

    left = left_of(tmp_path, {"shop/deep/b.py": line, **files})

    assert left == {"shop/deep/b.py", "shop/part/tests/a.py" if "part" in line else "shop/tests/a.py"}


@pytest.mark.parametrize("name", ["conftest.py", "deep/test_a.py", "tests/test_a.py"])
def test_tests_that_only_tests_import_go(tmp_path: Path, name: str) -> None:
    files = {
        "shop/tests/runner.py": "",
        f"shop/{name}": "from shop.tests import runner\n",
        "shop/a.py": "# tests\n",
    }

    assert not any("tests/" in path for path in left_of(tmp_path, files))
