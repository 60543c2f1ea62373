"""A uv.lock to the packages that its own project needs here."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

from appfolder.requirements.markers import RequirementsError, applies, in_repository


def packages(lock: Mapping[str, Any], name: str) -> Iterator[tuple[str, list[str]]]:
    """The packages that the lock's own project needs on this Python, each with its hashes."""
    locked = lock.get("package", [])
    members = [entry for entry in locked if {"virtual", "editable"} & entry.get("source", {}).keys()]
    roots = [entry for entry in members if "." in entry["source"].values()] or members
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
        if _is_installed(package) and not any(key[:2] == other[:2] for other in seen):
            yield _line(package)
        seen.add(key)
        needs = (
            package.get("optional-dependencies", {}).get(extra, [])
            if extra
            else package.get("dependencies", [])
        )
        for need in needs:
            if applies(need.get("marker")):
                chosen = _chosen(locked, need)
                waiting += [(chosen, ""), *((chosen, entry) for entry in need.get("extra", ()))]


def _is_installed(package: Mapping[str, Any]) -> bool:
    """Whether it is a package to install: the folder's own project is not, nor a member of a workspace without a build.

    If the folder has no project of its own, the app is one of the members, and may need the others.
    """
    source = package.get("source", {})
    return "virtual" not in source and source.get("editable") != "."


def _chosen(packages: list[dict[str, Any]], need: Mapping[str, Any]) -> dict[str, Any]:
    fitting = [package for package in packages if package["name"] == need["name"]]
    if "version" in need:
        fitting = [package for package in fitting if package.get("version") == need["version"]]
    for package in fitting:
        markers = package.get("resolution-markers")
        if not markers or any(map(applies, markers)):
            return package
    raise RequirementsError(f"uv.lock has no {need['name']} for this Python; lock again with `uv lock`")


def _line(package: Mapping[str, Any]) -> tuple[str, list[str]]:
    source, name = package.get("source", {}), package["name"]
    if "git" in source:
        place, _, commit = source["git"].partition("#")
        url, _, query = place.partition("?")
        folder = parse_qs(query).get("subdirectory", [None])[0]
        return in_repository(name, url, commit, folder), []
    if "url" in source:
        files = [*package.get("wheels", ()), package.get("sdist", {})]
        folder = f"#subdirectory={source['subdirectory']}" if "subdirectory" in source else ""
        return f"{name} @ {source['url']}{folder}", [file["hash"] for file in files if "hash" in file]
    if member := source.get("editable"):
        return f"-e ./{member}", []
    if local := source.get("path") or source.get("directory"):
        return f"./{local}", []
    files = [*package.get("wheels", ()), package.get("sdist", {})]
    return f"{name}=={package['version']}", [file["hash"] for file in files if "hash" in file]
