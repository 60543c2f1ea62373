"""Whether a requirement is for this Python on this machine, and how pip names one in a repository."""

import re

# pip is there wherever this runs, and brings the reference implementation of markers and versions along.
from pip._vendor.packaging.markers import InvalidMarker, Marker
from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet


class RequirementsError(ValueError):
    """Requirements that cannot be read; the text names the file and what to do."""


def applies(marker: str | None) -> bool:
    """Whether a marker is true of this Python on this machine."""
    try:
        return not marker or Marker(marker).evaluate({"extra": ""})
    except InvalidMarker as problem:
        raise RequirementsError(f"a marker cannot be read: {problem}") from None


def allows(versions: str, version: str) -> bool:
    """Whether a Python `version` is among `versions`; what cannot be read allows any."""
    try:
        return SpecifierSet(versions).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def in_repository(name: str, url: str, commit: str | None, folder: str | None) -> str:
    """The package `name` in a git repository as pip reads it; `folder` is the one that it has there, None for the top.

    A url such as git@example.com:team/shop.git, which git takes and pip does not, is written as ssh://.
    """
    if short := re.fullmatch(r"(\w+@[\w.-]+):(?!//)(.+)", url):
        url = f"ssh://{short[1]}/{short[2].lstrip('/')}"
    return f"{name} @ git+{url}{f'@{commit}' if commit else ''}{f'#subdirectory={folder}' if folder else ''}"
