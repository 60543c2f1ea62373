"""Finds the Python that makes an app's environment: this one, or another on this machine if the app asks for that."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# Those that the doors run on. The newest is not the first: packages of an app that is a few years old have no wheels
# for it.
PYTHON = r"3\.(?:1[1-9]|[2-9]\d)"
VERSIONS = ("3.13", "3.12", "3.14", "3.11")
# pip is needed to read requirements, venv to make an environment.
_PROBE = "import pip, venv, sys; print(*sys.version_info[:3], sep='.')"


class Found(NamedTuple):
    """A Python: where it is, and its version, such as 3.12.1."""

    path: Path
    version: str


def version_file(folder: Path) -> str:
    """The version that .python-version or runtime.txt names, such as "3.12"; "" for none, or one that is too old."""
    for name in (".python-version", "runtime.txt"):
        file = folder / name
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        if match := re.match(rf"\s*(?:python-|cpython-)?({PYTHON})(?:\.|\s|$)", text):
            return match[1]
    return ""


def others(first: str) -> Iterator[Found]:
    """Further Pythons of this machine that can make an environment; the version `first` comes first."""
    here = ".".join(map(str, sys.version_info[:2]))
    for version in dict.fromkeys([first, *VERSIONS]):
        if version and version != here:
            yield from of_version(version)


def of_version(version: str) -> Iterator[Found]:
    """The first Python of this machine that has this version, such as 3.12, and can make an environment, if any."""
    for path in _places(version):
        there = _probed(path)
        if there.startswith(f"{version}."):
            yield Found(path, there)
            return


def _places(version: str) -> Iterator[Path]:
    """Where a Python of this version may be: on PATH, or where uv and pyenv keep theirs."""
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(data.glob(f"uv/python/cpython-{version}.*/bin/python{version}"), reverse=True)
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"), reverse=True)


def _probed(path: Path) -> str:
    """The version of the Python there; "" if it does not run, or lacks what is needed."""
    try:
        done = subprocess.run([path, "-c", _PROBE], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
