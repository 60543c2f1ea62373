"""The index of a start only saves searching: what is imported and compiled is always what would be without it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[3]
LOOK = """
import sys
from serve import start
from serve.start import index as starts
start.begin()
index = next((finder for finder in sys.meta_path if isinstance(finder, starts.Finder)), None)
import part, part.inner, re
spec = index and index.find_spec("part.inner")
print("indexed" if spec else "searched", part.inner.VALUE, part.inner.PATTERN.groups, part.inner.BYTES.pattern)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What an image holds: the doors and an app, compiled as there, and indexed."""
    shutil.copytree(
        ROOT / "serve", tmp_path / "serve", ignore=shutil.ignore_patterns("__pycache__", "*.index")
    )
    (tmp_path / "look.py").write_text(LOOK)
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "__init__.py").write_text(
        "def app(environ, start_response): return []\nfrom part import inner\n"
    )
    (tmp_path / "part" / "inner.py").write_text(text("first"))
    compile_all(tmp_path, "unchecked-hash")
    run(tmp_path, "-m", "serve.start.build_index")
    return tmp_path


def text(value: str) -> str:
    patterns = "PATTERN, BYTES = re.compile('(a)|(b+)', re.I), re.compile(b'(a)|(b+)', re.I)"
    return f"import re\nVALUE = '{value}'\n{patterns}\n"


def compile_all(folder: Path, mode: str) -> None:
    run(folder, "-m", "compileall", "-q", "-f", "--invalidation-mode", mode, ".")


def run(folder: Path, *arguments: str, **variables: str) -> str:
    environment = {"PATH": os.environ["PATH"], "APP": "part:app", "PYTHONDONTWRITEBYTECODE": "1", **variables}
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def look(folder: Path, **variables: str) -> str:
    return run(folder, "-m", "look", **variables).strip()


def test_a_start_finds_its_modules_and_patterns_in_the_index(tree: Path) -> None:
    assert look(tree) == "indexed first 2 b'(a)|(b+)'"
    assert look(tree, FAST_START="off") == "searched first 2 b'(a)|(b+)'"


def test_a_start_compiles_no_pattern(tree: Path) -> None:
    """Not even of a module that the program that writes the index imports for itself, as pathlib."""
    code = """
import re, sys
compiler = vars(re)["_compiler"]
plain, compiled = compiler.compile, []
compiler.compile = lambda pattern, flags=0: compiled.append(pattern) or plain(pattern, flags)
from serve import lambda_runtime
import pathlib
from serve import aws_lambda
print(compiled)
"""
    (tree / "patterns.py").write_text(code)

    assert run(tree, "-m", "patterns").strip() == "[]"


def test_a_module_that_was_compiled_anew_is_imported_as_it_is_now(tree: Path) -> None:
    (tree / "part" / "inner.py").write_text(text("second"))
    compile_all(tree, "unchecked-hash")

    assert look(tree).startswith("indexed second ")


def test_a_module_without_its_bytecode_or_with_bytecode_that_python_checks_is_searched_for(
    tree: Path,
) -> None:
    (tree / "part" / "inner.py").write_text(text("second"))
    compile_all(tree, "checked-hash")
    checked = look(tree)
    shutil.rmtree(tree / "part" / "__pycache__")

    assert [checked.split()[:2], look(tree).split()[:2]] == [["searched", "second"], ["searched", "second"]]


def test_a_module_that_has_come_before_an_indexed_one_hides_it(tree: Path) -> None:
    (tree / "part.py").write_text("from types import SimpleNamespace\n")
    (tree / "decimal.py").write_text("VALUE = 'mine'")
    code = (
        "from serve import start; from serve.start import index as starts; import sys; start.begin()\n"
        "index = next(finder for finder in sys.meta_path if isinstance(finder, starts.Finder))\n"
        "print(sorted(index.hidden))"
    )
    (tree / "hidden.py").write_text(code)

    # The package `part` is known, so a module of its name changes nothing: Python prefers the package too.
    assert run(tree, "-m", "hidden").strip() == "['decimal', 'hidden']"


def test_with_another_path_or_a_broken_file_there_is_no_index(tree: Path) -> None:
    elsewhere = look(tree, PYTHONPATH=str(tree / "part"))
    (tree / "serve" / "start" / "start.index").write_bytes(b"broken")

    assert [elsewhere.split()[0], look(tree).split()[0]] == ["searched", "searched"]


def test_an_index_is_the_same_bytes_each_time(tree: Path) -> None:
    first = (tree / "serve" / "start" / "start.index").read_bytes()
    run(tree, "-m", "serve.start.build_index", PYTHONHASHSEED="7")

    assert (tree / "serve" / "start" / "start.index").read_bytes() == first


def test_an_app_that_does_not_load_where_an_image_is_built_is_left_out_of_the_index(tree: Path) -> None:
    (tree / "part" / "__init__.py").write_text("raise RuntimeError('no database here')")
    (tree / "serve" / "start" / "start.index").unlink()
    compile_all(tree, "unchecked-hash")
    printed = run(tree, "-m", "serve.start.build_index")

    assert "modules" in printed
    assert (tree / "serve" / "start" / "start.index").exists()
