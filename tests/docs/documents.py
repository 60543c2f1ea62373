"""A Markdown page to its console blocks, links and anchors, and a command's output to its shape.

A page shows commands in ```console blocks: `$ command`, below it what it prints, `...` for any lines. A block is run,
each command by bash from a copy of the repository's root, and its output compared by shape: numbers, times, ids and
absolute paths may differ, words may not; where nothing is shown, nothing is compared. A command that is meant to fail
shows it: `$ command; echo $?`. An HTML comment directly above the block, one of MARKS, says why it is not run; then
only the existence of what it names is checked. A block that stays in the foreground is started, and the later blocks
of its section are run while it is there, its ports replaced by free ones.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]

FOREGROUND = "stays in the foreground"
MARKS = {
    FOREGROUND: "a server: started and ended by the test",
    "needs an account": "at a cloud, or at Pulumi",
    "needs a container engine": "and a registry to pull the base from",
    "needs a database": "a PostgreSQL at DATABASE_URL",
    "needs the network": "package registries, for example",
    "runs the tests": "of which the test is one",
    "takes minutes": "longer than a test may",
}

# Commands that run this very test: without a mark they would start themselves again.
_RECURSIVE = re.compile(r"\b(make (test|soak)|pytest|\.ci/run)\b")
_INLINE = re.compile(r"(make|pulumi|(\S*/)?python3? -m|\./\S+) ")
_MARK = re.compile(r"<!--\s*(.*?)\s*-->\s*")


@dataclass(frozen=True)
class Command:
    """One command, continued lines joined, with the lines that the page shows below it."""

    text: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A console block: where it begins (`line` from 1), the number of its section, why it is not run."""

    page: str
    line: int
    section: int
    mark: str | None
    commands: tuple[Command, ...]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


class PageError(ValueError):
    """A page that does not follow the convention; the text names the line."""


def pages() -> list[Path]:
    """Every Markdown page that users read: the README, docs/, and the README of a folder."""
    found = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("*/README.md"),
    ]
    return sorted({page for page in found if page.exists()})


def name_of(page: Path) -> str:
    """The page's path from the root."""
    return page.relative_to(ROOT).as_posix()


def blocks(text: str, page: str) -> list[Block]:
    """The console blocks of a page. Raises PageError for an unknown mark, a shell block, output without a command."""
    found: list[Block] = []
    section, before = 0, None
    # What stands in a line is of no interest here, and takes half the time of reading a page.
    for token in _tokens(text, without=["inline"]):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "heading_open":
            section += 1
        if token.type == "fence":
            kind = token.info.strip()
            if kind in ("sh", "bash", "shell"):
                raise PageError(
                    f"{page}:{line}: commands stand in ```console blocks, so that they are checked"
                )
            if kind == "console":
                mark = _mark(before, f"{page}:{line}")
                commands = _commands(token.content, f"{page}:{line}")
                if mark is None and any(_RECURSIVE.search(command.text) for command in commands):
                    raise PageError(f"{page}:{line}: put <!-- runs the tests --> directly above this block")
                found.append(Block(page, line, section, mark, commands))
        before = token
    return found


def _mark(before: Token | None, where: str) -> str | None:
    if before is None or before.type != "html_block":
        return None
    match = _MARK.fullmatch(before.content)
    if not match or match[1] not in MARKS:
        raise PageError(
            f"{where}: above it stands {before.content.strip()!r}; expected one of {', '.join(MARKS)}"
        )
    return match[1]


def _commands(content: str, where: str) -> tuple[Command, ...]:
    commands: list[Command] = []
    lines = iter(content.splitlines())
    for line in lines:
        if line.startswith("$ "):
            text = line[2:]
            while text.endswith("\\"):
                text = f"{text}\n{next(lines)}"
            commands.append(Command(text, ()))
        elif commands:
            last = commands[-1]
            commands[-1] = Command(last.text, (*last.shown, line))
        else:
            raise PageError(f"{where}: a console block begins with `$ ` and a command, not with {line!r}")
    return tuple(commands)


def links(text: str) -> list[str]:
    """Where the page's links and pictures lead, within the repository: "path", "path#anchor" or "#anchor"."""
    inline = [child for token in _tokens(text) for child in token.children or ()]
    targets = [str(child.attrs.get("href") or child.attrs.get("src") or "") for child in inline]
    return [target for target in targets if target and not re.match(r"[a-z][a-z0-9+.-]*:", target)]


def inline_commands(text: str) -> list[str]:
    """The commands that stand as `code` in the page's sentences and tables, or on a line of a file that it shows."""
    tokens = _tokens(text)
    inline = [child for token in tokens for child in token.children or () if child.type == "code_inline"]
    files = [token for token in tokens if token.type == "fence" and token.info.strip() not in ("", "console")]
    lines = [line.strip() for token in files for line in token.content.replace("\\\n", " ").splitlines()]
    return [command for command in [*(child.content for child in inline), *lines] if _INLINE.match(command)]


def anchors(text: str) -> set[str]:
    """The names by which GitHub makes a page's headings reachable."""
    tokens = _tokens(text)
    names: Counter[str] = Counter()
    found: set[str] = set()
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            title = "".join(child.content for child in inline.children or ())
            name = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
            found.add(f"{name}-{names[name]}" if names[name] else name)
            names[name] += 1
    return found


def _tokens(text: str, *, without: Sequence[str] = ()) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").disable(without).parse(text)


_NUMBER = r"(?<![A-Za-z_\d.])[-+\u2212]?\d+(?:,\d{3}\b)*(?:\.\d+)*(?:e[-+]?\d+)?"
_SHAPES = [
    (r"(?<![\w.:/~])~?(?:/[\w.+@-]+){2,}/?", "PATH"),
    (r"\b\d{4}-\d\d-\d\d(?:[T -]\d\d[:-]?\d\d(?:[:-]?\d\d(?:\.\d+)?)?(?:Z|[-+]\d\d:?\d\d)?)?\b", "TIME"),
    (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID"),
    (r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,}(?:-dirty)?\b", "ID"),
    (rf"{_NUMBER} ?(?:ns|µs|us|ms|s|min|h)\b", "TIME"),
    (r"(?<=\]) (?:ns|µs|us|ms|s|min|h)\b", " TIME"),  # the unit of an interval
    (r"\[TIME, TIME\]", "[#, #] TIME"),  # whose ends may have different ones
    (r"[¹²³⁴⁵⁶⁷⁸⁹]", "¹"),  # a note's number hangs on how many there are
    (rf"{_NUMBER} ?[kKMG]?i?B\b", "SIZE"),
    (_NUMBER, "#"),
    (r"\bID\b", "#"),  # an id may happen to have no letter
    (r"([-─━=█▁▂▃▄▅▆▇▏▎▍▌▋▊▉░▒▓])\1+", r"\1"),
    (r"\s+", " "),
]


def shape(line: str) -> str:
    """What must not differ in a line of output: its words and signs."""
    for pattern, replacement in _SHAPES:
        line = re.sub(pattern, replacement, line)
    return line.strip()


def agree(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether the lines have the shapes of those shown, where `...` is any lines; empty lines do not count."""
    expected = [
        r"(?:.*\n)*" if line.strip() == "..." else f"{re.escape(shape(line))}\n"
        for line in shown
        if line.strip()
    ]
    found = "".join(f"{shape(line)}\n" for line in printed if line.strip())
    return re.fullmatch("".join(expected), found) is not None
