"""Reads targets from the command line or a targets file: a name, a place, and the request to send there."""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import platforms
from commandline import UserError
from compare.targets.request import Request, header

LOCAL = tuple(f"local:{platform}" for platform in platforms.NAMES)
# The targets if none are named: from zero by the request, from zero by the instance, never from zero.
DEFAULT = ("local:aws", "local:gcp", "local:apprunner")
# Pulumi's own rule, with the organisation and project that may come before.
_STACK = re.compile(r"([A-Za-z0-9_.-]+/){0,2}[A-Za-z0-9_.-]+")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@-]*")


@dataclass(frozen=True)
class Target:
    """One thing to measure, before anything is started or looked up. A run's file keeps it.

    where: "local" (an emulated platform on this machine), "stack" (a Pulumi stack) or "url". what: the platform, the
    stack's name, or the URL. idle_s: how long it is left alone before a cold start is expected. emulator: settings of
    `local.Settings` such as app, image and engine. builds: the build ids that a stack says may answer, empty if it does
    not know, None for what is no stack.
    """

    name: str
    where: Literal["local", "stack", "url"]
    what: str
    request: Request
    path: str = "/hello"
    platform: str | None = None
    idle_s: float | None = None
    emulator: tuple[tuple[str, Any], ...] = ()
    builds: tuple[str, ...] | None = None

    def record(self) -> dict[str, Any]:
        """The target as JSON, without values of the environment."""
        return {**asdict(self), "emulator": dict(self.emulator)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Target":
        """The target of a run's file."""
        values: dict[str, Any] = dict(record)
        request: dict[str, Any] = dict(record["request"])
        request["headers"] = tuple((name, value) for name, value in request["headers"])
        values["request"] = Request(**request)
        values["emulator"] = tuple(record["emulator"].items())
        values["builds"] = None if record.get("builds") is None else tuple(record["builds"])
        return cls(**values)


def typed(words: Sequence[str], request: Request, path: str) -> list[Target]:
    """The targets of a command line, each with the request that the options describe."""
    return [_typed(word, request, path) for word in words]


def _typed(word: str, request: Request, path: str) -> Target:
    if word.startswith("local:"):
        if word not in LOCAL:
            raise UserError(f"target {word!r} is not known; emulated are {', '.join(LOCAL)}")
        platform = word.removeprefix("local:")
        return Target(word, "local", platform, request, path, platform)
    name, equals, url = word.partition("=")
    if equals:
        return Target(_name(name), "url", url, replace(request, url=_url(url, path)), path)
    if "://" in word:
        raise UserError(f"target {word!r} needs a name to stand in the report: NAME={word}")
    return _stack(word, request, path)


def _stack(word: str, request: Request, path: str) -> Target:
    if not _STACK.fullmatch(word):
        raise UserError(f"target {word!r} is not known; {_ALLOWED}")
    return Target(word.rpartition("/")[2], "stack", word, request, path)


def from_file(path: Path, request: Request, default_path: str) -> list[Target]:
    """The targets of a TOML file: one [[target]] table each, [request] for what they share (see docs/compare.md)."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise UserError(f"cannot read the targets file {path}: {failure.strerror}") from failure
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise UserError(f"the targets file {path} is not TOML: {failure}") from failure
    _only(tables, {"target", "request"}, str(path))
    listed = tables.get("target")
    if not isinstance(listed, list) or not listed or not all(isinstance(table, dict) for table in listed):
        raise UserError(f"{path} has no [[target]] table; each has a name and one of url, stack, local")
    shared = tables.get("request", {})
    if not isinstance(shared, dict):
        raise UserError(f"{path}: [request] should be a table such as {{ method = 'POST' }}")
    _only(shared, _REQUEST, f"{path}: [request]")
    return [
        _table({**shared, **table}, request, default_path, f"{path}: target {n}")
        for n, table in enumerate(listed, 1)
    ]


_REQUEST = {"method", "path", "headers", "body", "expect"}
_EMULATOR = {"app", "image", "engine", "jwt_audience", "jwt_issuer", "memory", "minimum", "snapstart"}
_WHERE = ("local", "stack", "url")
_ALLOWED = f"a target is one of {', '.join(LOCAL)}, NAME=URL, or a Pulumi stack's name"


def _table(table: Mapping[str, Any], request: Request, default_path: str, where: str) -> Target:
    _only(table, _REQUEST | _EMULATOR | set(_WHERE) | {"name", "platform", "idle"}, where)
    kinds = [kind for kind in _WHERE if kind in table]
    if len(kinds) != 1:
        raise UserError(
            f"{where}: needs exactly one of url, stack, local; it has {', '.join(kinds) or 'none'}"
        )
    what = _text(table, kinds[0], where)
    path = _text(table, "path", where, default_path)
    headers = table.get("headers", {})
    if not isinstance(headers, dict):
        raise UserError(f"{where}: headers should be a table such as {{ Accept = 'text/plain' }}")
    try:
        asked = replace(
            request,
            method=_text(table, "method", where, request.method),
            headers=(*request.headers, *(header(f"{name}: {value}") for name, value in headers.items())),
            body=_text(table, "body", where, request.body),
            expect=_whole(table, "expect", where, request.expect),
        )
        target = _placed(kinds[0], what, asked, path)
    except UserError as failure:
        raise failure if str(failure).startswith(where) else UserError(f"{where}: {failure}") from failure
    platform = _text(table, "platform", where, target.platform)
    if platform is not None and platform not in platforms.NAMES:
        raise UserError(f"{where}: platform is {platform!r}; it is one of {', '.join(platforms.NAMES)}")
    idle = _number(table, "idle", where)
    emulator = tuple((key, _setting(table, key, where)) for key in sorted(_EMULATOR & set(table)))
    if emulator and kinds[0] != "local":
        raise UserError(
            f"{where}: {emulator[0][0]} is a setting of emulated targets; this one is a {kinds[0]}"
        )
    name = _name(_text(table, "name", where, target.name))
    return replace(target, name=name, platform=platform, idle_s=idle, emulator=emulator)


def _placed(kind: str, what: str, request: Request, path: str) -> Target:
    match kind:
        case "local":
            return _typed(f"local:{what}", request, path)
        case "stack":
            return _stack(what, request, path)
        case _:
            url = _url(what, path)
            return Target(urlsplit(url).hostname or "", "url", what, replace(request, url=url), path)


def distinct(targets: Sequence[Target]) -> list[Target]:
    """`targets` again; UserError when two have one name."""
    names = [target.name for target in targets]
    for name in names:
        if names.count(name) > 1:
            raise UserError(
                f"two targets are called {name}; give each a name of its own, such as {name}-2=URL"
            )
    return list(targets)


def _url(url: str, path: str) -> str:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or re.search(r"\s", url):
        raise UserError(f"URL is {url!r}; it is written http://HOST[:PORT]/PATH or https://HOST/PATH")
    return url if urlsplit(url).path or urlsplit(url).query else url + path


def _name(name: str | None) -> str:
    if not name or not _NAME.fullmatch(name):
        raise UserError(f"a target's name is {name!r}; it has letters, digits and . _ : @ -")
    return name


def _only(table: Mapping[str, Any], allowed: set[str], where: str) -> None:
    unknown = sorted(set(table) - allowed)
    if unknown:
        raise UserError(f"{where}: {unknown[0]} is not known; allowed are {', '.join(sorted(allowed))}")


def _setting(table: Mapping[str, Any], key: str, where: str) -> Any:
    if key in {"memory", "minimum"}:
        return _whole(table, key, where, None)
    return _switch(table, key, where) if key == "snapstart" else _text(table, key, where)


def _switch(table: Mapping[str, Any], key: str, where: str) -> bool:
    value = table[key]
    if not isinstance(value, bool):
        raise UserError(f"{where}: {key} is {value!r}; it should be true or false")
    return value


def _text(table: Mapping[str, Any], key: str, where: str, default: str | None = None) -> Any:
    value = table.get(key, default)
    if value is not default and not isinstance(value, str):
        raise UserError(f"{where}: {key} is {value!r}; it should be a string")
    return value


def _number(table: Mapping[str, Any], key: str, where: str) -> Any:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise UserError(f"{where}: {key} is {value!r}; it should be a number")
    if value <= 0:
        raise UserError(f"{where}: {key} is {value!r}; it should be more than 0")
    return value


def _whole(table: Mapping[str, Any], key: str, where: str, default: int | None) -> Any:
    value = table.get(key, default)
    if value is not default and (not isinstance(value, int) or isinstance(value, bool)):
        raise UserError(f"{where}: {key} is {value!r}; it should be a whole number")
    return value
