"""Decides by the lines of a .dockerignore whether a path goes into the build.

The rules are those of BuildKit (github.com/moby/patternmatcher and its ignorefile): a later line takes precedence, `!`
includes again, and the files in a folder follow the folder.
"""

import re
from posixpath import normpath
from typing import NamedTuple

# These stay out of an image if the app's folder has no .dockerignore: history, secrets, environments, caches.
DEFAULT = """\
**/.git
**/.hg
**/.svn
**/.env
**/.env.*
**/.envrc
**/*.pem
**/*.key
**/*.p12
**/*.pfx
**/id_rsa*
**/id_ed25519*
**/.ssh
**/.aws
**/.netrc
**/.pypirc
**/.npmrc
**/.pgpass
**/.htpasswd
**/.venv
**/venv
**/__pycache__
**/*.pyc
**/.cache
**/.*_cache
**/.hypothesis
**/.tox
**/.nox
**/.coverage
**/.coverage.*
**/htmlcov
**/.ipynb_checkpoints
**/.idea
**/.vscode
**/.DS_Store
"""


class IgnoreError(ValueError):
    """A line that has no meaning; the text names it."""


class _Line(NamedTuple):
    takes_in: bool
    pattern: re.Pattern[str]
    begin: str  # of each path that it matches
    is_whole: bool  # whether it matches this path alone


class Ignore:
    """The lines of one .dockerignore. Raises IgnoreError for a line without meaning."""

    def __init__(self, text: str) -> None:
        lines = text.removeprefix("\ufeff").split("\n")
        self._lines = [_line(words) for line in lines if not line.startswith("#") and (words := line.strip())]
        # Most paths match no line, which one comparison says.
        self._any = re.compile("|".join(f"(?:{line.pattern.pattern})" for line in self._lines))
        self._none = (False,) * len(self._lines)

    def excludes(self, path: str, parent: tuple[bool, ...] = ()) -> tuple[bool, tuple[bool, ...]]:
        """Whether `path` (from the folder, with /) stays out, and what to give as `parent` for what lies in it.

        parent: which lines the folder above matched, as this method said of it; () at the top.
        """
        if not any(parent) and not self._any.fullmatch(path):
            return False, self._none
        out, matched = False, list[bool]()
        for number, line in enumerate(self._lines):
            match = bool(parent) and parent[number]
            # As BuildKit: a line that would change nothing is not compared, and then says nothing of what lies below.
            if not match and line.takes_in == out:
                match = line.pattern.fullmatch(path) is not None
            matched.append(match)
            if match:
                out = not line.takes_in
        return out, tuple(matched)

    def may_take_back(self, folder: str) -> bool:
        """Whether some of the files below `folder`, which stays out, may go in: .venv/ has tens of thousands."""
        below = f"{folder}/"
        return any(
            line.begin.startswith(below) or (below.startswith(line.begin) and not line.is_whole)
            for line in self._lines
            if line.takes_in
        )


def _line(words: str) -> _Line:
    takes_in = words.startswith("!")
    path = words[1:].strip() if takes_in else words
    if not path:
        raise IgnoreError(f"{words!r} names nothing")
    path = normpath(path)
    if len(path) > 1:
        path = path.lstrip("/")
    try:
        begin = re.split(r"[*?\[\]\\]", path, maxsplit=1)[0]
        return _Line(takes_in, re.compile(_expression(path)), begin, begin == path)
    except re.error as problem:
        raise IgnoreError(f"{words!r} is no pattern: {problem}") from None


def _expression(path: str) -> str:
    """A cleaned pattern as a regular expression; `**` is any number of folders, and at its end anything."""
    if not re.search(r"[*?\[\]\\]", path):
        return re.escape(path)
    if re.fullmatch(r"\*\*[^/*?\[\]\\][^*?\[\]\\]*", path):
        return f".*{re.escape(path[2:])}"  # of such a pattern BuildKit compares the end
    pattern = ""
    for part in re.findall(r"\*\*/?|\\.|.", path):
        match part:
            case "**" | "**/":
                pattern += "(?:.*/)?"
            case "*":
                pattern += "[^/]*"
            case "?":
                pattern += "[^/]"
            case "[" | "]" | "^" | "-":  # a set of characters is written as in a regular expression
                pattern += part
            case _:
                pattern += re.escape(part[-1])
    if re.search(r"\*\*/?$", path):
        pattern = f"{pattern.removesuffix('(?:.*/)?')}.*"
    return pattern


def line_for(path: str) -> str:
    """The line that names `path` and nothing else, for every builder; a space at an end can only be written as `?`."""
    line = re.sub(r"([*?\[\]\\^$+(){}|])", r"\\\1", path).replace("\n", "?")
    line = re.sub(r"^\s|\s$", "?", line)
    return f"\\{line}" if line[0] in "#!" else line
