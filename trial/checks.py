"""A stack's outputs into what is wrong with them, step by step; each function gives a sentence for each thing."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Outputs = Mapping[str, Any]
ALL = 100  # percent
_IMAGE = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")


def keeps_releases(outputs: Outputs) -> bool:
    """Whether the platform keeps earlier releases: otherwise only a digest can name one."""
    return not str(outputs.get("promoted", "")).startswith("sha256:")


def deployed(outputs: Outputs) -> list[str]:
    """A stack that gives all traffic to its newest release, and says so."""
    wrong = list[str]()
    if not str(outputs.get("url", "")).startswith(("https://", "http://")):
        wrong.append(f"the output url is {outputs.get('url')!r}, which is no URL")
    if not _IMAGE.fullmatch(str(outputs.get("image", ""))):
        wrong.append(f"the output image is {outputs.get('image')!r}, which is no REPOSITORY@sha256:DIGEST")
    newest = _newest(outputs)
    if newest is None:
        return [*wrong, f"the output releases is {outputs.get('releases')!r}, which names no release"]
    if outputs.get("promoted") != newest:
        wrong.append(f"{newest} is the newest release, and {outputs.get('promoted')!r} is promoted")
    return wrong + _shared(outputs, {newest: ALL})


def changed(before: Outputs, after: Outputs) -> list[str]:
    """The same image with another setting: the URL stays, and a platform that keeps releases has one more."""
    wrong = _same(before, after, "url") + _same(before, after, "image") + deployed(after)
    if keeps_releases(before) and _newest(before) == _newest(after):
        wrong.append(f"there is no release after {_newest(before)}, though a setting has changed")
    return wrong


def canary(before: Outputs, after: Outputs, share: int) -> list[str]:
    """A newer release has `share` percent, and what was promoted `before` has the rest."""
    promoted, newest = str(before.get("promoted")), _newest(after)
    wrong = _same(before, after, "url") + _same(before, after, "promoted")
    if newest in (None, promoted):
        return [*wrong, f"there is no release after {promoted}, though a setting has changed"]
    shares = {promoted: ALL - share, newest: share}
    return wrong + _shared(after, {release: percent for release, percent in shares.items() if percent})


def _same(before: Outputs, after: Outputs, name: str) -> list[str]:
    if before.get(name) == after.get(name):
        return []
    return [f"the output {name} was {before.get(name)!r}, and is {after.get(name)!r} now"]


def _shared(outputs: Outputs, wanted: Mapping[str, int]) -> list[str]:
    traffic = outputs.get("traffic")
    if isinstance(traffic, dict) and {key: round(percent) for key, percent in traffic.items()} == wanted:
        return []
    return [f"the output traffic is {traffic!r}, and should be {dict(wanted)!r}"]


def _newest(outputs: Outputs) -> str | None:
    releases = outputs.get("releases")
    if not isinstance(releases, Sequence) or not releases or not isinstance(releases[-1], dict):
        return None
    return str(releases[-1].get("version"))
