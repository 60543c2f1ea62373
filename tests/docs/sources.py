"""The syntax trees of this project's own files, each parsed once for all tests of a process."""

import ast
from functools import cache
from pathlib import Path


@cache
def parsed(path: Path) -> ast.Module:
    """The tree of a Python file; nobody changes it."""
    return ast.parse(path.read_text(encoding="utf-8"))
