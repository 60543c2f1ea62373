"""What poetry writes, a lock or [tool.poetry] of a pyproject.toml, to what pip reads."""

import platform
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

from appfolder.requirements.markers import RequirementsError, allows, applies, in_repository


def packages(
    lock: Mapping[str, Any], project: Mapping[str, Any], name: str
) -> Iterator[tuple[str, list[str]]]:
    """The packages of the main group that apply to this Python, each with its hashes."""
    locked = [package for package in lock.get("package", []) if _applies_here(package)]
    if not locked:
        raise RequirementsError(f"{name}: it has no packages for this Python; lock again with `poetry lock`")
    if all("groups" in package for package in locked):
        wanted = [
            package for package in locked if "main" in package["groups"] and not package.get("optional")
        ]
    else:
        wanted = list(_reached(locked, project))
    return (_line(package) for package in wanted)


def _applies_here(package: Mapping[str, Any]) -> bool:
    markers = package.get("markers")
    if isinstance(markers, dict):
        markers = markers.get("main")
    return applies(markers) and allows(
        version(package.get("python-versions", "*")), platform.python_version()
    )


def _reached(packages: list[dict[str, Any]], project: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the project's own dependencies lead to: older locks do not say to which group a package belongs."""
    by_name = {canonicalize_name(package["name"]): package for package in packages}
    lines = project.get("project", {}).get("dependencies", [])
    waiting = [
        *(Requirement(line).name for line in lines),
        *(key for key in dependencies(project) if key != "python"),
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
                not isinstance(package, dict)
                or (not package.get("optional") and applies(package.get("markers")))
                for package in wishes
            ):
                waiting.append(need)
            elif any(isinstance(package, dict) and package.get("optional") for package in wishes):
                waiting.append(need)  # an extra's: in the lock only if some extra is asked for


def _line(package: Mapping[str, Any]) -> tuple[str, list[str]]:
    source = package.get("source", {})
    match source.get("type"):
        case "git":
            commit = source.get("resolved_reference") or source.get("reference")
            return in_repository(package["name"], source["url"], commit, source.get("subdirectory")), []
        case "url":
            return f"{package['name']} @ {source['url']}", [file["hash"] for file in package.get("files", ())]
        case "file" | "directory":
            return f"./{source['url']}", []
        case _:
            return f"{package['name']}=={package['version']}", [
                file["hash"] for file in package.get("files", ())
            ]


def lines_of(name: str, wish: Any) -> Iterator[str]:
    """A dependency of [tool.poetry.dependencies] as lines for pip."""
    for part in wish if isinstance(wish, list) else [wish]:
        table = part if isinstance(part, dict) else {"version": part}
        if table.get("optional"):
            continue
        extras = f"[{','.join(table['extras'])}]" if table.get("extras") else ""
        if "git" in table:
            at = next((table[key] for key in ("rev", "tag", "branch") if key in table), None)
            line = in_repository(f"{name}{extras}", table["git"], at, table.get("subdirectory"))
        elif "path" in table:
            line = f"./{table['path']}"
        else:
            line = f"{name}{extras}{version(table.get('version', '*'))}"
        marker = table.get("markers", "")
        yield f"{line} ; {marker}" if marker else line


def version(text: str) -> str:
    """A version constraint as poetry writes it, as pip reads it."""
    parts = list[str]()
    for part in (clause.strip() for clause in text.split(",")):
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


def dependencies(project: Mapping[str, Any]) -> dict[str, Any]:
    """[tool.poetry.dependencies] of a pyproject.toml; empty if there is none."""
    return project.get("tool", {}).get("poetry", {}).get("dependencies", {})
