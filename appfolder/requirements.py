"""What an app's folder says that it requires, as files or locks of four kinds, to the words that pip installs it by.

Runs on this machine and while an image is built, where there is nothing but Python and its pip.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

# pip is there wherever this runs, and brings the reference implementation of markers and versions along.
from pip._vendor.packaging.markers import InvalidMarker, Marker
from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
from pip._vendor.packaging.utils import canonicalize_name

USUAL = ("uv.lock", "poetry.lock", "requirements.txt", "pyproject.toml")


class RequirementsError(ValueError):
    """Requirements that cannot be read; the text names the file and what to do."""


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
            f"{folder} has none of {', '.join(USUAL)} with dependencies; "
            'name your requirements in app.toml: requirements = ["FILE"]'
        )
    files, lines = list[str](), list[str]()
    for name in named:
        if not (folder / name).is_file():
            raise RequirementsError(f"requirements: {name} is not in {folder}")
        match Path(name).name:
            case "uv.lock":
                lines += _hashed_or_not(list(_uv(_toml(folder / name), name)))
            case "poetry.lock":
                lines += _hashed_or_not(list(_poetry(_toml(folder / name), _project(folder), name)))
            case "pyproject.toml":
                lines += _declared(_project(folder), folder)
            case _:
                files.append(name)
    return Found(named, tuple(files), tuple(lines))


def python_versions(folder: Path) -> str:
    """What the folder's pyproject.toml asks of Python, such as ">=3.12"; "" for nothing."""
    if not (folder / "pyproject.toml").is_file():
        return ""
    project = _project(folder)
    asked = project.get("project", {}).get("requires-python") or _poetry_table(project).get("python", "")
    return _poetry_version(asked) if isinstance(asked, str) else ""


def allows(versions: str, version: str) -> bool:
    """Whether a Python `version` is among `versions`; what cannot be read allows any."""
    try:
        return SpecifierSet(versions).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def _says(folder: Path, name: str) -> bool:
    if name != "pyproject.toml":
        return True
    project = _project(folder)
    return (
        "dependencies" in project.get("project", {}) or bool(_poetry_table(project)) or _is_dynamic(project)
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise RequirementsError(f"{path.name} cannot be read: {problem}") from None


def _project(folder: Path) -> dict[str, Any]:
    path = folder / "pyproject.toml"
    return _toml(path) if path.is_file() else {}


def _poetry_table(project: Mapping[str, Any]) -> dict[str, Any]:
    return project.get("tool", {}).get("poetry", {}).get("dependencies", {})


def _is_dynamic(project: Mapping[str, Any]) -> bool:
    return "dependencies" in project.get("project", {}).get("dynamic", ())


def _declared(project: Mapping[str, Any], folder: Path) -> list[str]:
    """The lines of a pyproject.toml without a lock."""
    if "dependencies" in project.get("project", {}):
        return list(project["project"]["dependencies"])
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
        for name, wish in _poetry_table(project).items()
        if name != "python"
        for line in _poetry_wish(name, wish)
    ]


def _applies(marker: str | None) -> bool:
    """Whether a marker is true of this Python on this machine."""
    try:
        return not marker or Marker(marker).evaluate({"extra": ""})
    except InvalidMarker as problem:
        raise RequirementsError(f"a marker cannot be read: {problem}") from None


def _hashed_or_not(lines: list[tuple[str, list[str]]]) -> list[str]:
    """Lines for pip, which wants a hash of all or of none."""
    hashed = all(hashes for _, hashes in lines)
    return [
        " ".join([line, *(f"--hash={each}" for each in hashes)]) if hashed else line for line, hashes in lines
    ]


def _uv(lock: Mapping[str, Any], name: str) -> Iterator[tuple[str, list[str]]]:
    """The packages that the lock's own project needs on this Python, each with its hashes."""
    packages = lock.get("package", [])
    own = [one for one in packages if {"virtual", "editable"} & one.get("source", {}).keys()]
    roots = [one for one in own if "." in one["source"].values()] or own
    if not roots:
        raise RequirementsError(
            f"{name}: it has no project of its own; name another file in app.toml: requirements"
        )
    seen, waiting = set[tuple[str, str, str]](), [(root, "") for root in roots]
    while waiting:
        package, extra = waiting.pop()
        key = (package["name"], package.get("version", ""), extra)
        if key in seen:
            continue
        if package not in own and not any(key[:2] == other[:2] for other in seen):
            yield _uv_line(package)
        seen.add(key)
        needs = (
            package.get("optional-dependencies", {}).get(extra, [])
            if extra
            else package.get("dependencies", [])
        )
        for need in needs:
            if _applies(need.get("marker")):
                chosen = _uv_chosen(packages, need)
                waiting += [(chosen, ""), *((chosen, one) for one in need.get("extra", ()))]


def _uv_chosen(packages: list[dict[str, Any]], need: Mapping[str, Any]) -> dict[str, Any]:
    fitting = [one for one in packages if one["name"] == need["name"]]
    if "version" in need:
        fitting = [one for one in fitting if one.get("version") == need["version"]]
    for one in fitting:
        markers = one.get("resolution-markers")
        if not markers or any(map(_applies, markers)):
            return one
    raise RequirementsError(f"uv.lock has no {need['name']} for this Python; lock again with `uv lock`")


def _uv_line(package: Mapping[str, Any]) -> tuple[str, list[str]]:
    source, name = package.get("source", {}), package["name"]
    if "git" in source:
        url, _, commit = source["git"].partition("#")
        return f"{name} @ git+{url.partition('?')[0]}@{commit}", []
    if "url" in source:
        files = [*package.get("wheels", ()), package.get("sdist", {})]
        return f"{name} @ {source['url']}", [one["hash"] for one in files if "hash" in one]
    if local := source.get("path") or source.get("directory"):
        return f"./{local}", []
    files = [*package.get("wheels", ()), package.get("sdist", {})]
    return f"{name}=={package['version']}", [one["hash"] for one in files if "hash" in one]


def _poetry(
    lock: Mapping[str, Any], project: Mapping[str, Any], name: str
) -> Iterator[tuple[str, list[str]]]:
    """The packages of the main group that apply to this Python, each with its hashes."""
    packages = [one for one in lock.get("package", []) if _applies_here(one)]
    if not packages:
        raise RequirementsError(f"{name}: it has no packages for this Python; lock again with `poetry lock`")
    if all("groups" in one for one in packages):
        wanted = [one for one in packages if "main" in one["groups"] and not one.get("optional")]
    else:
        wanted = list(_poetry_reached(packages, project))
    return (_poetry_line(one) for one in wanted)


def _applies_here(package: Mapping[str, Any]) -> bool:
    markers = package.get("markers")
    if isinstance(markers, dict):
        markers = markers.get("main")
    import platform  # noqa: PLC0415 - for its version alone

    return _applies(markers) and allows(
        _poetry_version(package.get("python-versions", "*")), platform.python_version()
    )


def _poetry_reached(packages: list[dict[str, Any]], project: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the project's own dependencies lead to: older locks do not say to which group a package belongs."""
    by_name = {canonicalize_name(one["name"]): one for one in packages}
    lines = project.get("project", {}).get("dependencies", [])
    waiting = [
        *(Requirement(line).name for line in lines),
        *(key for key in _poetry_table(project) if key != "python"),
    ]
    seen = set[str]()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in seen or name not in by_name:
            continue
        seen.add(name)
        yield by_name[name]
        for need, wish in by_name[name].get("dependencies", {}).items():
            wishes = wish if isinstance(wish, list) else [wish]
            if any(
                not isinstance(one, dict) or (not one.get("optional") and _applies(one.get("markers")))
                for one in wishes
            ):
                waiting.append(need)
            elif any(isinstance(one, dict) and one.get("optional") for one in wishes):
                waiting.append(need)  # an extra's: in the lock only if some extra is asked for


def _poetry_line(package: Mapping[str, Any]) -> tuple[str, list[str]]:
    source = package.get("source", {})
    match source.get("type"):
        case "git":
            commit = source.get("resolved_reference") or source.get("reference")
            return f"{package['name']} @ git+{source['url']}@{commit}", []
        case "url":
            return f"{package['name']} @ {source['url']}", [one["hash"] for one in package.get("files", ())]
        case "file" | "directory":
            return f"./{source['url']}", []
        case _:
            return f"{package['name']}=={package['version']}", [
                one["hash"] for one in package.get("files", ())
            ]


def _poetry_wish(name: str, wish: Any) -> Iterator[str]:
    """A dependency of [tool.poetry.dependencies] as lines for pip."""
    for one in wish if isinstance(wish, list) else [wish]:
        table = one if isinstance(one, dict) else {"version": one}
        if table.get("optional"):
            continue
        extras = f"[{','.join(table['extras'])}]" if table.get("extras") else ""
        if "git" in table:
            at = next((f"@{table[key]}" for key in ("rev", "tag", "branch") if key in table), "")
            line = f"{name}{extras} @ git+{table['git']}{at}"
        elif "path" in table:
            line = f"./{table['path']}"
        else:
            line = f"{name}{extras}{_poetry_version(table.get('version', '*'))}"
        marker = table.get("markers", "")
        yield f"{line} ; {marker}" if marker else line


def _poetry_version(text: str) -> str:
    """A version constraint as poetry writes it, as pip reads it."""
    parts = list[str]()
    for part in (one.strip() for one in text.split(",")):
        bound = re.fullmatch(r"([\^~])\s*(\d+(?:\.\d+)*)(\S*)", part)
        if part in {"*", ""}:
            continue
        if not bound:
            parts.append(f"=={part}" if re.fullmatch(r"[\d.]+\*?", part) else part)
            continue
        numbers = [int(number) for number in bound[2].split(".")]
        if bound[1] == "~":
            keep = min(len(numbers), 2) - 1
        else:
            keep = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
        top = ".".join(map(str, [*numbers[:keep], numbers[keep] + 1]))
        parts.append(f">={bound[2]}{bound[3]},<{top}")
    return ",".join(parts)


def name_of(line: str) -> str:
    """The package that a line for pip names, as the index spells it; "" for a path or an option."""
    try:
        return canonicalize_name(Requirement(re.split(r"\s--hash| \\|\s#", line.strip())[0]).name)
    except InvalidRequirement:
        return ""
