"""Reads app.toml and the variables APP_DIR and APP: the app's folder, its name and the request that is measured.

An option of a command or a stack's key takes precedence over the environment, and the environment over the file.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from appfolder import USUAL
from appfolder.interpreter import PYTHON
from usererror import UserError

ROOT = Path(__file__).parents[1]
FILE = "app.toml"
APP = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*(\(\))?")
_KEYS: dict[str, type] = {
    "folder": str,
    "app": str,
    "health": str,
    "requirements": list,
    "env_file": str,
    "request": dict,
    "image": dict,
}
_REQUEST: dict[str, type] = {"method": str, "path": str, "body": str, "expect": int}
_IMAGE: dict[str, type] = {"python": str, "packages": list, "build_packages": list, "command": str}
_KINDS = {str: "a text", int: "a whole number", list: "a list of texts", dict: "a table"}


@dataclass(frozen=True)
class Request:
    """The request that is measured: method, path from /, body ("" for none), and the status that counts as success."""

    method: str = "GET"
    path: str = "/"
    body: str = ""
    expect: int = 200


@dataclass(frozen=True)
class App:
    """The app, as it is on this machine.

    folder: where it runs, absolute. spec: package.module:callable. health: a path that answers 200, "" for none.
    requirements: its files in the folder, () for the usual ones. env_file: None without one. python: "3.13".
    packages, build_packages: Debian's, in the image and while it is built. command: of the shell, run in the folder
    while the image is built, "" for none.
    """

    folder: Path
    spec: str
    health: str = ""
    requirements: tuple[str, ...] = ()
    env_file: Path | None = None
    request: Request = Request()
    python: str = "3.13"
    packages: tuple[str, ...] = ()
    build_packages: tuple[str, ...] = ()
    command: str = ""

    @property
    def source(self) -> str:
        """The folder in `folder` that is first on Python's path: "." if the module is there, or in none below.

        Else it is "src", or the only other folder that has the module, such as the "backend" of a repository.
        """
        module = self.spec.partition(":")[0]
        top = module.partition(".")[0]
        if has(self.folder, top):
            return "."
        if has(self.folder / "src", top):
            return "src"
        others = [path.name for path in _folders(self.folder) if _has_file(path, module)]
        return others[0] if len(others) == 1 else "."

    @property
    def is_own(self) -> bool:
        """Whether the folder is this project's."""
        return self.folder == ROOT


def read(
    environment: Mapping[str, str],
    folder: str = "",
    spec: str = "",
    *,
    root: Path = ROOT,
    base: Path | None = None,
) -> App:
    """The app that `root`/app.toml describes; `folder` and `spec` are those of an option or a key, "" for none.

    A relative `folder` or APP_DIR is from `base`, else from `root`. Raises UserError for a value that is none.
    """
    file = root / FILE
    app = _parse(tables(file), root, file.name)
    asked = folder or environment.get("APP_DIR", "")
    if asked:
        chosen = absolute(base or root, asked)
        if chosen != app.folder:
            # The rest of the file is about another app.
            app = App(chosen, "")
    app = replace(app, spec=spec or environment.get("APP", "") or app.spec)
    _check(app, "folder" if folder else "APP_DIR" if asked else f"{FILE}: folder")
    return app


def _check(app: App, said: str) -> None:
    if not os.path.isdir(app.folder):  # noqa: PTH112 - False too for what cannot be a path
        raise UserError(
            f"{said} is {str(app.folder)!r}, which is no folder; it is the one that your app runs in"
        )
    if os.pathsep in str(app.folder):
        raise UserError(
            f"{said} is {str(app.folder)!r}; a folder with {os.pathsep} cannot be on Python's path"
        )
    if not app.spec:
        raise UserError(
            f"APP is not set; it is your app as gunicorn takes it, for example APP=app:app{_guess(app.folder)}"
        )
    if not APP.fullmatch(app.spec) or app.spec.partition(":")[0].endswith(".py"):
        raise UserError(
            f"APP is {app.spec!r}; it is package.module:callable, for example app:app or app:create_app()"
            f"{_meant(app.spec)}"
        )
    top = app.spec.partition(":")[0].partition(".")[0]
    if not (app.is_own or has(app.folder / app.source, top) or _is_required(app, top)):
        raise UserError(
            f"APP is {app.spec!r}, but {app.folder} has no {top}.py and no folder {top}{_guess(app.folder)}"
        )
    if app.env_file and not app.env_file.is_file():
        raise UserError(f"{FILE}: env_file is {str(app.env_file)!r}, which is no file")


def _meant(spec: str) -> str:
    """A suggestion for an APP of another form: a file's name, gunicorn's short form, a factory with arguments."""
    module, _, name = spec.partition(":")
    if "(" in name and APP.fullmatch(f"{module}:{name.partition('(')[0]}"):
        factory = name.partition("(")[0]
        return (
            f"; a factory gets no arguments here: call it in a module of yours, such as wsgi.py with the lines "
            f"`from {module} import {factory}` and `app = {name}`, and APP=wsgi:app"
        )
    dotted = module.removesuffix(".py").removeprefix("./").replace("/", ".")
    meant = f"{dotted}:{name or 'application'}"
    return f"; you may mean APP={meant}" if APP.fullmatch(meant) else ""


def _is_required(app: App, module: str) -> bool:
    """Whether the app may be a package that its requirements name, not a module of the folder."""
    names = app.requirements or USUAL
    word = re.compile(rf"(?i)\b{re.escape(module).replace('_', '[-_.]')}\b")
    files = [app.folder / name for name in names if (app.folder / name).is_file()]
    return any(word.search(file.read_text(encoding="utf-8", errors="replace")) for file in files)


def _guess(folder: Path) -> str:
    """A suggestion: a module in which an application is made."""
    assignment = re.compile(
        r"^(\w+)\s*(?::\s*\w+\s*)?=\s*(?:\w+\.)?(?:Flask|FastAPI|Starlette|get_wsgi_application|get_asgi_application|Quart|Bottle)\(",
        re.MULTILINE,
    )
    for path in sorted([*folder.glob("*.py"), *folder.glob("*/*.py"), *folder.glob("src/*/*.py")]):
        if match := assignment.search(path.read_text(encoding="utf-8", errors="replace")):
            parts = [
                part
                for part in path.relative_to(folder).with_suffix("").parts
                if part not in {"src", "__init__"}
            ]
            return f"; {path.relative_to(folder)} looks like APP={'.'.join(parts)}:{match[1]}"
    return ""


def absolute(base: Path, folder: str) -> Path:
    """A folder that is named from `base`. Some shells leave the ~ of `APP_DIR=~/shop` as it is."""
    return Path(os.path.abspath(base / os.path.expanduser(folder)))  # noqa: PTH100, PTH111 - take any text; links stay


def has(folder: Path, module: str) -> bool:
    """Whether a module or a package of that name, or a folder of packages, is in the folder."""
    return (folder / f"{module}.py").is_file() or (folder / module).is_dir()


def _has_file(folder: Path, module: str) -> bool:
    path = folder.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _folders(folder: Path) -> Iterator[Path]:
    """Folders directly in it that may hold modules: no package, environment or folder of tests, nor this project."""
    for path in sorted(folder.iterdir()):
        if (
            re.fullmatch(r"\w[\w.-]*", path.name)
            and path.name not in {"test", "tests", "docs", "node_modules"}
            and path != ROOT
            and path.is_dir()
            and not any((path / name).exists() for name in ("__init__.py", "pyvenv.cfg"))
        ):
            yield path


def tables(file: Path) -> dict[str, Any]:
    """What a file such as app.toml says, nothing if there is none. Raises UserError for one that cannot be read."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as failure:
        raise UserError(f"{file.name} cannot be read: {failure.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise UserError(f"{file.name} is not TOML: {failure}") from None


def _parse(tables: Mapping[str, Any], root: Path, name: str) -> App:
    _typed(tables, _KEYS, name)
    request, image = tables.get("request", {}), tables.get("image", {})
    _typed(request, _REQUEST, f"{name}: [request]")
    _typed(image, _IMAGE, f"{name}: [image]")
    folder = absolute(root, tables.get("folder", "."))
    asked = Request(**request)
    for key, path in (("health", tables.get("health", "")), ("[request] path", asked.path)):
        if path and not re.fullmatch(r"/[!-~]*", path):
            raise UserError(f"{name}: {key} is {path!r}; it begins with / and has no spaces")
    if not 100 <= asked.expect <= 599:  # noqa: PLR2004 - what HTTP calls a status
        raise UserError(f"{name}: [request] expect is {asked.expect}; it is an HTTP status from 100 to 599")
    python = image.get("python", "3.13")
    if not re.fullmatch(PYTHON, python):
        raise UserError(f"{name}: [image] python is {python!r}; it is 3.11 or newer, such as 3.13")
    return App(
        folder=folder,
        spec=tables.get("app", ""),
        health=tables.get("health", ""),
        requirements=tuple(tables.get("requirements", ())),
        env_file=folder / tables["env_file"] if tables.get("env_file") else None,
        request=asked,
        python=python,
        packages=_packages(image, "packages", name),
        build_packages=_packages(image, "build_packages", name),
        command=image.get("command", ""),
    )


def _packages(image: Mapping[str, Any], key: str, name: str) -> tuple[str, ...]:
    for package in image.get(key, ()):
        if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", package):
            raise UserError(
                f"{name}: [image] {key} has {package!r}; it is the name of a Debian package, such as libpq5"
            )
    return tuple(image.get(key, ()))


def _typed(table: Mapping[str, Any], kinds: Mapping[str, type], where: str) -> None:
    for key, value in table.items():
        if key not in kinds:
            raise UserError(f"{where}: {key} is not known; allowed are {', '.join(kinds)}")
        kind = kinds[key]
        fits = _is_texts(value) if kind is list else isinstance(value, kind) and not isinstance(value, bool)
        if not fits:
            raise UserError(f"{where}: {key} is {value!r}; it should be {_KINDS[kind]}")


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)
