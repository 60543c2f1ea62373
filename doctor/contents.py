"""Checks which files go into an image of the app, and which files the app wrote into its folder."""

import contextlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from appfolder import environment
from appfolder.image import listed
from appfolder.settings import App
from doctor.finding import Finding, some

_IGNORED = {"__pycache__", ".git", ".venv", "venv", "node_modules"}
# An example of a file of variables is made to be read.
_SECRET = re.compile(
    r"(.*/)?(\.env(?!.*(?:example|sample|template|dist)$)(\..*)?"
    r"|[^/]*\.(pem|key|p12|pfx)|id_rsa[^/]*|\.netrc|\.npmrc|\.pypirc)"
)
# Bytes of the folder that are worth a line: every start of a new instance pulls the image.
LARGE = 200_000_000

Stamps = Mapping[str, tuple[int, int]]


def stamps(folder: Path) -> Stamps:
    """Size and time of every file that the app could write, by its path from the folder."""
    by_path = dict[str, tuple[int, int]]()
    for root, folders, names in os.walk(folder):
        folders[:] = [
            name for name in folders if name not in _IGNORED and Path(root, name) != environment.ROOT
        ]
        for name in names:
            with contextlib.suppress(OSError):
                stat = os.lstat(Path(root, name))
                by_path[os.path.relpath(Path(root, name), folder)] = (stat.st_size, stat.st_mtime_ns)
    return by_path


def written(before: Stamps, after: Stamps, known: set[str]) -> Iterator[Finding]:
    """The files that have changed, but for those of the folder or of the names in `known`."""
    changed = sorted(
        name
        for name, stamp in after.items()
        if before.get(name) != stamp
        and not any(name == each or name.startswith(f"{each}/") for each in known)
    )
    if changed:
        yield Finding(
            "stops",
            f"it writes to its folder ({some(changed)}), which no platform allows: write below /tmp, which "
            "goes with the instance, or to standard output",
        )


def _leads_out(link: Path, app: App) -> bool:
    target = link.readlink()
    return target.is_absolute() or not Path(os.path.normpath(link.parent / target)).is_relative_to(app.folder)


def findings(app: App) -> Iterator[Finding]:
    """Links that lead nowhere in the image, secrets that would be in it, and a folder that makes it large."""
    goes_in = listed(app).goes_in
    if astray := [entry.name for entry in goes_in if entry.path.is_symlink() and _leads_out(entry.path, app)]:
        yield Finding(
            "stops",
            f"its folder has links out of it, or by whole paths ({some(astray)}), which lead nowhere in the image: put "
            "what they lead to there, or name them in .dockerignore if the app does not need them",
        )
    files = [entry for entry in goes_in if entry.path.is_file()]
    if secrets := sorted(entry.name for entry in files if _SECRET.fullmatch(entry.name)):
        yield Finding(
            "differs", f"its .dockerignore lets {some(secrets)} into the image: add the names there"
        )
    sizes = Counter[str]()
    for entry in files:
        sizes[entry.name.partition("/")[0]] += entry.path.lstat().st_size
    if (total := sizes.total()) > LARGE:
        largest = ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in sizes.most_common(3))
        yield Finding(
            "differs",
            f"{total / 1e6:.0f} MB of its folder go into the image ({largest}), which every new instance may have to "
            "pull: name what it does not need in .dockerignore",
        )
