"""Removes the tests that packages bring along: `python -m appfolder.prune SITE_PACKAGES`, while an image is built."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

# from ..part.tests.x import y, import package.tests, from . import other, tests
_IMPORT = re.compile(
    r"(?m)^[ \t]*(?:from|import)[ \t]+(\.*)([\w.]*?)(?:\.?\btests\b|\.?[ \t]+import\b.*\btests\b)"
)


def prune(packages: Path) -> None:
    """Remove each folder called tests, but for those that a module which is no test imports, as astropy's does."""
    for package in sorted(path for path in packages.iterdir() if path.is_dir()):
        tests = [path for path in [package, *package.rglob("*")] if path.name == "tests" and path.is_dir()]
        needed = set(_needed(packages, package)) if tests else set[Path]()
        for folder in tests:
            if not needed & {folder, *folder.parents}:
                shutil.rmtree(folder, ignore_errors=True)


def _needed(packages: Path, package: Path) -> Iterator[Path]:
    """The folders called tests that modules of the package import, which are no tests themselves."""
    for module in package.rglob("*.py"):
        name = module.relative_to(packages)
        if "tests" in name.parts or name.name.startswith("test_") or name.name == "conftest.py":
            continue
        for dots, dotted in _IMPORT.findall(module.read_text(encoding="utf-8", errors="replace")):
            start = module.parents[len(dots) - 1] if dots else packages
            yield start.joinpath(*filter(None, dotted.split("."))) / "tests"


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
