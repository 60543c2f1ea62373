"""What an app's folder requires, by files or locks of four kinds, to the words that pip installs it by.

Runs on this machine and while an image is built, where there is nothing but Python and its pip.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.utils import canonicalize_name

from appfolder import USUAL, usual
from appfolder.requirements import indexes, poetry, uv
from appfolder.requirements.markers import RequirementsError

# Files of other tools, and what writes requirements.txt from each.
_OF_OTHER_TOOLS = {
    "pdm.lock": "pdm export --prod --output requirements.txt",
    "Pipfile.lock": "pipenv requirements > requirements.txt",
    "Pipfile": "pipenv lock && pipenv requirements > requirements.txt",
    "pylock.toml": "uv pip sync pylock.toml && uv pip freeze > requirements.txt",
    "environment.yml": "pip list --format freeze > requirements.txt",
    "environment.yaml": "pip list --format freeze > requirements.txt",
    "setup.py": "echo '-e .' > requirements.txt",
    "setup.cfg": "echo '-e .' > requirements.txt",
}


class Found(NamedTuple):
    """Where the requirements stand (from the folder), files that pip reads itself, and lines for it otherwise."""

    names: tuple[str, ...]
    files: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


def find(folder: Path, named: Iterable[str] = ()) -> Found:
    """The requirements of the app in `folder`: those of the `named` files, else of the first of USUAL that is there.

    Raises RequirementsError if there is none, or if one cannot be read.
    """
    named = tuple(named) or next(
        ((name,) for name in USUAL if (folder / name).is_file() and _says(folder, name)), ()
    )
    if not named:
        raise RequirementsError(
            f"{folder} has none of {', '.join(USUAL)} with dependencies; {_way_out(folder)}"
        )
    files, lines = list[str](), list[str]()
    for name in named:
        if not (folder / name).is_file():
            raise RequirementsError(f"requirements: {name} is not in {folder}")
        match Path(name).name:
            case "uv.lock":
                lock = _toml(folder / name)
                lines += [*indexes.of_lock(lock), *_hashed_or_not(list(uv.packages(lock, name)))]
            case "poetry.lock":
                lock = _toml(folder / name)
                packages = poetry.packages(lock, _project(folder), name)
                lines += [*indexes.of_lock(lock), *_hashed_or_not(list(packages))]
            case "pyproject.toml":
                project = _project(folder)
                lines += [*indexes.of_project(project), *_declared(project, folder)]
            case _:
                files.append(name)
    return Found(named, tuple(files), tuple(lines))


def _way_out(folder: Path) -> str:
    """The advice about a folder without requirements that can be read."""
    if other := of_another_tool(folder):
        name, command = other
        return f"it has {name}, which is not read: type there {command}"
    patterns = ("*requirements*.txt", "requirements/*.txt", "requirements/*.in", "reqs/*.txt", "deps/*.txt")
    others = sorted(path.relative_to(folder).as_posix() for each in patterns for path in folder.glob(each))
    if others:
        shown = ", ".join(others[:4])
        return f'name one that it has ({shown}) in app.toml: requirements = ["{others[-1]}"]'
    if above := usual(folder.parent):
        return (
            f"{above} is in the folder above: let APP_DIR be {folder.parent}, in whose {folder.name} the app's modules "
            f"are found, or have a requirements.txt in {folder.name} too"
        )
    return (
        "write one, such as a requirements.txt with a line for each package that your app imports, or name your "
        'requirements in app.toml: requirements = ["FILE"]'
    )


def of_another_tool(folder: Path) -> tuple[str, str] | None:
    """The first file in which another tool keeps requirements, and the command that writes a requirements.txt of it."""
    return next((each for each in _OF_OTHER_TOOLS.items() if (folder / each[0]).is_file()), None)


class Identity(NamedTuple):
    """What a project calls itself: "" for what it does not say; entry points by their group."""

    name: str
    version: str
    entry_points: Mapping[str, Mapping[str, str]]


def identity(folder: Path) -> Identity:
    """The name, version and entry points of the folder's pyproject.toml."""
    tables = _project(folder)
    project = tables.get("project") or tables.get("tool", {}).get("poetry", {})
    name, version = project.get("name", ""), project.get("version", "")
    points = {"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}
    return Identity(
        name if isinstance(name, str) else "",
        version if isinstance(version, str) else "",
        {
            group: named_points
            for group, named_points in points.items()
            if isinstance(named_points, dict) and named_points
        },
    )


def workspace_lock(folder: Path) -> Path | None:
    """The uv.lock of a workspace above, of which the folder is a member; None without one."""
    folder = folder.resolve()
    for parent in folder.parents:
        if (parent / "uv.lock").is_file():
            sources = [package.get("source", {}) for package in _toml(parent / "uv.lock").get("package", [])]
            places = {source.get("editable") or source.get("virtual") for source in sources}
            return parent / "uv.lock" if folder.relative_to(parent).as_posix() in places else None
    return None


def python_versions(folder: Path) -> str:
    """What the folder's pyproject.toml asks of Python, such as ">=3.12"; "" for nothing."""
    if not (folder / "pyproject.toml").is_file():
        return ""
    project = _project(folder)
    asked = project.get("project", {}).get("requires-python") or poetry.dependencies(project).get(
        "python", ""
    )
    return poetry.version(asked) if isinstance(asked, str) else ""


def _says(folder: Path, name: str) -> bool:
    if name != "pyproject.toml":
        return True
    project = _project(folder)
    return (
        "dependencies" in project.get("project", {})
        or bool(poetry.dependencies(project))
        or _is_dynamic(project)
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise RequirementsError(f"{path.name} cannot be read: {problem}") from None


def _project(folder: Path) -> dict[str, Any]:
    path = folder / "pyproject.toml"
    return _toml(path) if path.is_file() else {}


def _is_dynamic(project: Mapping[str, Any]) -> bool:
    return "dependencies" in project.get("project", {}).get("dynamic", ())


def _declared(project: Mapping[str, Any], folder: Path) -> list[str]:
    """The lines of a pyproject.toml without a lock."""
    if "dependencies" in project.get("project", {}):
        lines = list(project["project"]["dependencies"])
        _check_sources(lines, project, folder)
        return lines
    dynamic = project.get("tool", {}).get("setuptools", {}).get("dynamic", {}).get("dependencies", {})
    if _is_dynamic(project):
        files = dynamic.get("file", [])
        files = [files] if isinstance(files, str) else files
        if not files:
            raise RequirementsError(
                f"{folder / 'pyproject.toml'}: its dependencies are dynamic; name the file that has them in app.toml: "
                'requirements = ["FILE"]'
            )
        return [f"-r {name}" for name in files]
    return [
        line
        for name, wish in poetry.dependencies(project).items()
        if name != "python"
        for line in poetry.lines_of(name, wish)
    ]


def _check_sources(lines: Iterable[str], project: Mapping[str, Any], folder: Path) -> None:
    """Raise RequirementsError if uv would take a package from elsewhere: of the index's name may be another package."""
    sources = map(canonicalize_name, project.get("tool", {}).get("uv", {}).get("sources", {}))
    if elsewhere := sorted(set(sources) & set(map(name_of, lines))):
        lock = workspace_lock(folder)
        remedy = (
            f"let APP_DIR be the workspace, {lock.parent}, whose lock has it and installs its members"
            if lock
            else "type there uv lock"
        )
        raise RequirementsError(
            f"pyproject.toml says in [tool.uv.sources] where {', '.join(elsewhere)} comes from, which only a lock "
            f"holds: {remedy}"
        )


def _hashed_or_not(lines: list[tuple[str, list[str]]]) -> list[str]:
    """Lines for pip, which wants a hash of all or of none."""
    hashed = all(hashes for _, hashes in lines)
    return [
        " ".join([line, *(f"--hash={each}" for each in hashes)]) if hashed else line for line, hashes in lines
    ]


def name_of(line: str) -> str:
    """The package that a line for pip names, as the index spells it; "" for a path or an option."""
    try:
        return canonicalize_name(Requirement(re.split(r"\s--hash| \\|\s#", line.strip())[0]).name)
    except InvalidRequirement:
        return ""
