"""docs/architecture.md shows the house as it is, and no file of it has grown too long to be read at once."""

import ast
import re
from collections.abc import Iterator

from tests.docs.documents import ROOT
from tests.docs.sources import parsed
from tests.docs.tree import FOLDERS, PAGE, drawn

LONGEST = 300


def test_the_tree_on_the_page_is_that_of_the_folders() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert page == drawn(page), "draw it anew: .venv/bin/python -m tests.docs.tree"


def test_no_source_file_has_more_than_300_lines() -> None:
    sources = [path for folder in (*FOLDERS, "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in sources
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_the_page_says_what_each_folder_imports() -> None:
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()} - {
        "benchmarks",
        "tests",
    }
    ours = folders | {"commandline", "terminal", "usererror"}
    rows = re.findall(r"^\| `(\w+)/` \| ([^|]*) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert {folder: set(re.findall(r"`(\w+)", cell)) for folder, cell in rows} == {
        folder: (imported(folder) & ours) - {folder} for folder in folders
    }


def imported(folder: str) -> set[str]:
    """The top-level names that the modules of a folder import, at their head or later."""
    trees = [parsed(path) for path in (ROOT / folder).rglob("*.py")]
    found = [statement for tree in trees for statement in statements(tree)]
    names = [alias.name for node in found if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in found if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.partition(".")[0] for name in names}


def statements(within: ast.AST) -> Iterator[ast.AST]:
    """The statements within a module or a statement, at any depth; their expressions would take ten times as long."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for statement in getattr(within, part, ()):
            yield statement
            yield from statements(statement)


def test_every_path_that_the_page_names_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## The house")[0]
    named = re.findall(r"`((?:[\w.]+/)+[\w.]*|[\w.]+\.(?:py|sh|yaml|toml))`", text)

    assert len(named) > 40
    known = [ROOT, *(ROOT / folder for folder in ("platforms", "requirements"))]
    assert [name for name in named if not any((folder / name).exists() for folder in known)] == []
