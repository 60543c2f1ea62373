"""The package indexes that a lock or a project names besides the usual one, as options for pip."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from appfolder.requirements.markers import RequirementsError


def of_lock(lock: Mapping[str, Any]) -> list[str]:
    """An option for each index of a uv.lock or a poetry.lock; its hashes say which files are meant."""
    sources = [package.get("source", {}) for package in lock.get("package", [])]
    urls = [
        source.get("registry") or (source.get("url") if source.get("type") == "legacy" else None)
        for source in sources
    ]
    return [f"--extra-index-url {url}" for url in dict.fromkeys(filter(_is_another, urls))]


def of_project(project: Mapping[str, Any]) -> list[str]:
    """The option for the index that a pyproject.toml without a lock names in place of the usual one.

    Raises RequirementsError for one that is asked besides: pip would take a package from either, and of its name may
    be another one in the usual index.
    """
    tools = project.get("tool", {})
    of_uv = [each for each in tools.get("uv", {}).get("index", []) if not each.get("explicit")]
    own = [each.get("url") for each in of_uv if each.get("default")]
    _check("uv lock", "[[tool.uv.index]]", [each.get("url") for each in of_uv if not each.get("default")])
    of_poetry = tools.get("poetry", {}).get("source", [])
    primary = [
        each.get("url") for each in of_poetry if each.get("priority", "primary") in {"primary", "default"}
    ]
    others = [each.get("url") for each in of_poetry if each.get("url") not in primary]
    _check("poetry lock", "[[tool.poetry.source]]", [*others, *primary[1:]])
    return [f"--index-url {url}" for url in filter(_is_another, [*own, *primary][:1])]


def _check(command: str, where: str, urls: Iterable[Any]) -> None:
    if named := list(filter(_is_another, urls)):
        shown = re.sub(r"//[^/@]*@", "//", named[0])  # without a password
        raise RequirementsError(
            f"pyproject.toml names another index ({shown}) in {where}, and only a lock says what comes from it: "
            f"type there {command}"
        )


def _is_another(url: Any) -> bool:
    # Only an app with a lock needs this part of pip, which knows the usual index.
    from pip._internal.models.index import PyPI  # noqa: PLC0415

    usual = rf"https://(www\.)?{re.escape(PyPI.netloc)}/(simple|pypi)/?"
    return isinstance(url, str) and "://" in url and not re.fullmatch(usual, url)
