"""docs/architecture.md shows the house as it is, and no file of it has grown too long to be read at once."""

import re

from tests.docs.documents import ROOT
from tests.docs.tree import FOLDERS, PAGE, drawn

LONGEST = 300


def test_the_tree_on_the_page_is_that_of_the_folders() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert page == drawn(page), "draw it anew: .venv/bin/python -m tests.docs.tree"


def test_no_source_file_has_more_than_300_lines() -> None:
    sources = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in sources
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_path_that_the_page_names_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## The house")[0]
    named = re.findall(r"`((?:[\w.]+/)+[\w.]*|[\w.]+\.(?:py|sh|yaml|toml))`", text)

    assert len(named) > 40
    known = [ROOT, *(ROOT / folder for folder in ("platforms", "requirements"))]
    assert [name for name in named if not any((folder / name).exists() for folder in known)] == []
