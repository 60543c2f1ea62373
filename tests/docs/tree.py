"""Draw the source folders in docs/architecture.md as `tree -L 3` shows them: `python -m tests.docs.tree`."""

from collections.abc import Iterator
from pathlib import Path

from tests.docs.documents import ROOT

PAGE = ROOT / "docs/architecture.md"
FOLDERS = (
    "app",
    "appfolder",
    "compare",
    "cost",
    "doctor",
    "local",
    "platforms",
    "runs",
    "serve",
    "stacks",
    "trial",
)
LEVELS = 3
_BEGIN, _END = "```text\n.\n", "```\n"


def tree() -> list[str]:
    """A line a file or folder, without what Python and the image's build leave behind."""
    return [".", *_below(ROOT, LEVELS, "", only=FOLDERS)]


def _below(folder: Path, levels: int, margin: str, only: tuple[str, ...] = ()) -> Iterator[str]:
    entries = sorted(
        entry
        for entry in folder.iterdir()
        if entry.name in only or not (only or entry.name == "__pycache__" or entry.suffix == ".index")
    )
    for entry in entries:
        last = entry is entries[-1]
        yield f"{margin}{'└── ' if last else '├── '}{entry.name}"
        if entry.is_dir() and levels > 1:
            yield from _below(entry, levels - 1, margin + ("    " if last else "│   "))


def drawn(page: str) -> str:
    """The page with today's tree."""
    before, _, rest = page.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}```text\n" + "\n".join(tree()) + f"\n{_END}{after}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
