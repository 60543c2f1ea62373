"""Few files outside a platform's own rooms ask for its name: the others ask for a fact, which a new platform brings."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import platforms
from tests.docs.sources import parsed

ROOT = Path(__file__).parents[2]
FOLDERS = ("app", "appfolder", "serve", "doctor", "platforms", "runs", "local", "compare", "cost", "stacks")
# What exists once a platform anyway.
ROOMS = (
    "local/aws/",
    "local/ecs/",
    "local/gcp.py",
    "local/apprunner.py",
    "stacks/aws/",
    "stacks/ecs/",
    "stacks/gcp/",
    "stacks/apprunner/",
)
MOST_FILES = 15


def names_in(node: ast.AST, constants: dict[str, set[str]]) -> set[str]:
    """The platforms that an expression names, as a text, in a collection, or by a constant of the module."""
    found = set[str]()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and inner.value in platforms.NAMES:
            found.add(str(inner.value))
        elif isinstance(inner, ast.Name):
            found |= constants.get(inner.id, set())
    return found


def constants_of(tree: ast.Module) -> dict[str, set[str]]:
    """The names of platforms in each constant of a module that is a text or a collection of texts."""
    simple = ast.Constant | ast.Tuple | ast.List | ast.Set | ast.Call
    return {
        target.id: names
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, simple)
        for target in statement.targets
        if isinstance(target, ast.Name) and (names := names_in(statement.value, {}))
    }


def askers(tree: ast.Module) -> Iterator[int]:
    """The lines of a module that compare with, match, look up or have as a key a platform's name."""
    constants = constants_of(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Compare():
                asked: list[ast.AST] = [node.left, *node.comparators]
            case ast.MatchValue():
                asked = [node.value]
            case ast.Dict():
                asked = [key for key in node.keys if key is not None]
            case ast.Subscript():
                asked = [node.slice]
            case _:
                continue
        if any(names_in(one, constants) for one in asked if not isinstance(one, ast.Call)):
            yield node.lineno


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('if platform == "aws": pass', [1]),
        ('AWS = "aws"\nif platform != AWS: pass', [2]),
        ('CLOSED = ("apprunner",)\nx = platform in CLOSED', [2]),
        ('match platform:\n    case "gcp": pass', [2]),
        ('x = {"ecs": 1}', [1]),
        ('x = {("ecs", "key"): 1}', [1]),
        ('x = regions["aws"]', [1]),
        ('x = limit("aws", "memory_minimum")', []),
        ("x = platform in NAMES", []),
    ],
)
def test_what_counts_as_asking_for_a_name(source: str, lines: list[int]) -> None:
    assert list(askers(ast.parse(source))) == lines


def test_few_files_ask_for_a_platforms_name() -> None:
    sources = [*(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")), ROOT / "__main__.py"]
    asking = {
        name: lines
        for path in sources
        if not (name := path.relative_to(ROOT).as_posix()).startswith(ROOMS)
        if (lines := list(askers(parsed(path))))
    }

    assert len(asking) <= MOST_FILES, asking
