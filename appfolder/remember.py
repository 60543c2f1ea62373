"""Writes APP_DIR and APP, as they were typed, to app.toml, which holds them from then on."""

import itertools
import json
import os
import re
from pathlib import Path

from appfolder.interpreter import version_file
from appfolder.settings import FILE, ROOT, App, absolute, read, tables
from usererror import UserError

# A line of the file, as people write it too.
_LINE = re.compile(r"(?m)^(?P<key>[a-z_]+)[ \t]*=[ \t]*(?:\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|\[[^\]]*\]|\d+)")


def remember(folder: str, spec: str, *, root: Path = ROOT, base: Path | None = None) -> str:
    """Write both to `root`/app.toml; the sentence that says so, "" if it holds them already.

    For another folder the file is kept beside, and taken again when that folder is named again; a folder that is new
    gets new lines. Raises UserError as `read` does.
    """
    file = root / FILE
    kept = _kept(root, absolute(base or root, folder)) if folder else None
    app = read({}, folder, spec or (tables(kept).get("app", "") if kept else ""), root=root, base=base)
    before = _text(file) if file.exists() else ""
    same = bool(before) and _is_about(file, app.folder)
    beside = file if same or not before else kept or _free(root)
    lines = before if same else _text(kept) if kept else _changed(template(), _lines(app, root))
    text = _changed(lines, {"app": app.spec})
    if text == before:
        return ""
    try:
        if beside != file:
            # By renaming, so that no moment has lost what a person wrote.
            aside = file.with_suffix(".toml.aside")
            file.rename(aside)
            file.write_text(text, encoding="utf-8")
            aside.replace(beside)
        else:
            file.write_text(text, encoding="utf-8")
    except OSError as failure:
        raise UserError(f"{FILE} cannot be written: {failure.strerror}") from None
    said = f"{FILE} says from now on: {app.spec} in {_shown(app.folder, root)}"
    again = ", with all that it said of it before" if kept and not same else ""
    return f"{said}{again}" + (
        f"; what it said of the app before is in {beside.name}" if beside != file else ""
    )


def _kept(root: Path, folder: Path) -> Path | None:
    """The file beside app.toml that is about `folder`."""
    return next((file for file in sorted(root.glob(f"{FILE}.before*")) if _is_about(file, folder)), None)


def _free(root: Path) -> Path:
    """A name beside app.toml that is not taken."""
    names = itertools.chain([f"{FILE}.before"], (f"{FILE}.before.{number}" for number in itertools.count(2)))
    return next(path for path in (root / name for name in names) if not path.exists())


def _is_about(file: Path, folder: Path) -> bool:
    try:
        return absolute(file.parent, str(tables(file).get("folder", "."))) == folder
    except UserError:
        return False


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8-sig")


def _shown(folder: Path, root: Path) -> str:
    """Relative if the two are neighbours, which are moved together."""
    relative = os.path.relpath(folder, root)
    return str(folder) if relative.startswith("../../..") else relative


def _lines(app: App, root: Path) -> dict[str, str | list[str]]:
    asked = version_file(app.folder)
    return {
        **({"python": asked} if asked else {}),
        "folder": _shown(app.folder, root),
        "app": app.spec,
        "health": app.health,
        "requirements": list(app.requirements),
        "path": app.request.path,
    }


def _changed(text: str, values: dict[str, str | list[str]]) -> str:
    """`text` with other values behind these keys; comments and other lines stay."""

    def line(match: re.Match[str]) -> str:
        key = match["key"]
        if key not in values:
            return match[0]
        return f"{key} = {json.dumps(values.pop(key), ensure_ascii=False)}"

    values = dict(values)
    changed = _LINE.sub(line, text)
    missing = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()]
    return "".join(missing) + changed


def template() -> str:
    """The lines of a file for an app that nothing is known of."""
    return (Path(__file__).parent / "template.toml").read_text(encoding="utf-8")
