"""Writes APP_DIR and APP, as they were typed, to app.toml, which holds them from then on."""

import json
import os
import re
import tomllib
from pathlib import Path

from appfolder.interpreter import version_file
from appfolder.settings import FILE, ROOT, App, read
from usererror import UserError

_TEMPLATE = re.compile(r"(?m)^(?P<key>[a-z_]+) = (?P<value>\"(?:[^\"\\]|\\.)*\"|\[[^\]]*\]|\d+)")


def remember(folder: str, spec: str, *, root: Path = ROOT, base: Path | None = None) -> str:
    """Write both to `root`/app.toml; the sentence that says so, "" if it holds them already.

    For another folder the file is written anew, and the earlier one is kept beside it. Raises UserError as `read` does.
    """
    file = root / FILE
    app = read({}, folder, spec, root=root, base=base)
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    same = bool(before) and os.path.abspath(root / _folder(before)) == str(app.folder)  # noqa: PTH100 - as read
    text = _changed(before, {"app": app.spec}) if same else _changed(template(), _lines(app, root))
    if text == before:
        return ""
    kept = ""
    if before and not same:
        file.with_suffix(".toml.before").write_text(before, encoding="utf-8")
        kept = f"; what it said of the app before is in {FILE}.before"
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as failure:
        raise UserError(f"{FILE} cannot be written: {failure.strerror}") from None
    return f"{FILE} says from now on: {app.spec} in {_shown(app.folder, root)}{kept}"


def _folder(text: str) -> str:
    try:
        return str(tomllib.loads(text).get("folder", "."))
    except tomllib.TOMLDecodeError as problem:
        raise UserError(f"{FILE} is not TOML: {problem}") from None


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
    changed = _TEMPLATE.sub(line, text)
    missing = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()]
    return "".join(missing) + changed


def template() -> str:
    """The lines of a file for an app that nothing is known of."""
    return (Path(__file__).parent / "template.toml").read_text(encoding="utf-8")
