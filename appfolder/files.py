"""Finds the files of a folder that go into an image, and the id that the image gets from them."""

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from appfolder.ignore import Ignore


class Entry(NamedTuple):
    """A file, link or folder that goes in: its path from the folder, with /, and its place."""

    name: str
    path: Path


class Listing(NamedTuple):
    """The files that go in, and the names that stay out; of a folder that stays out as a whole, only its own name."""

    goes_in: list[Entry]
    stays_out: list[str]


def listing(folder: Path, ignore: Ignore) -> Listing:
    """What the build copies of `folder` and what not, each sorted; sockets and the like are neither."""
    goes_in, stays_out = _below(folder, "", ignore, ())
    return Listing(sorted(goes_in), sorted(stays_out))


def _below(folder: Path, prefix: str, ignore: Ignore, parent: tuple[bool, ...]) -> Listing:
    goes_in, stays_out = list[Entry](), list[str]()
    with os.scandir(folder) as entries:
        for each in entries:
            name = f"{prefix}{each.name}"
            out, matched = ignore.excludes(name, parent)
            if not each.is_dir(follow_symlinks=False):
                if out:
                    stays_out.append(name)
                elif each.is_symlink() or each.is_file():
                    goes_in.append(Entry(name, Path(each.path)))
                continue
            below = Listing([], [])
            if not out or ignore.may_take_back(name):
                below = _below(Path(each.path), f"{name}/", ignore, matched)
            if out and not below.goes_in:
                stays_out.append(name)
                continue
            # A folder that stays out is still there if something in it goes in.
            goes_in += [Entry(name, Path(each.path)), *below.goes_in]
            stays_out += below.stays_out
    return Listing(goes_in, stays_out)


def content_id(parts: Mapping[str, Iterable[Entry]], arguments: Mapping[str, str]) -> str:
    """16 hexadecimal digits over all that decides an image: files by name, and the build's arguments.

    Of a file's mode only git's bit counts, whether its owner may execute it: the others hang on who checked it out.
    """
    digest = hashlib.sha256()
    for name, value in sorted(arguments.items()):
        digest.update(f"{name}={value}\0".encode())
    for part, files in sorted(parts.items()):
        for name, path in files:
            kind, content = _content(path)
            digest.update(os.fsencode(f"{part}/{name}\0{kind}\0{len(content)}\0"))
            digest.update(content)
    return digest.hexdigest()[:16]


def _content(path: Path) -> tuple[str, bytes]:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "link", os.fsencode(path.readlink())
    if stat.S_ISDIR(mode):
        return "folder", b""
    return ("program" if mode & 0o100 else "file"), path.read_bytes()
