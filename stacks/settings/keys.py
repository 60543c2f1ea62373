"""Reads the text of a configuration: a value for each key of a stack."""

import difflib
from collections.abc import Mapping
from math import isfinite

import platforms
from stacks.settings import by_platform, variables
from stacks.settings.declared import KEYS, Value

# The providers whose keys are in a configuration beside the project's own.
PROVIDERS = {"awsx", "docker-build", "pulumi"} | {
    key.partition(":")[0] for name in platforms.NAMES for key in by_platform.of(name).providers
}
KINDS: dict[type, str] = {int: "a whole number", bool: "true or false"}


def typed(config: Mapping[str, str], project: str) -> tuple[dict[str, Value], set[str], list[str]]:
    """The value of each key, the keys whose text does not fit their type, and the problems."""
    values, unread, problems = dict(KEYS), set[str](), list[str]()
    for full_key, text in config.items():
        namespace, _, key = full_key.partition(":")
        if namespace != project:
            if key in (*KEYS, *variables.KEYS) and namespace not in PROVIDERS:
                problems.append(_of_another_project(namespace, key, project))
        elif key in variables.KEYS:
            continue  # a map, which `variables` reads
        elif key not in KEYS:
            problems.append(_unknown(key))
        else:
            try:
                values[key] = _parse(key, text)
            except ValueError:
                unread.add(key)
                kind = "a number" if key == "cpu" else KINDS[type(KEYS[key])]
                problems.append(f"{key}: it is {text!r}; allowed is {kind}")
    return values, unread, problems


def _parse(key: str, text: str) -> Value:
    if key == "cpu":
        number = float(text or "0")
        if not isfinite(number):
            raise ValueError(text)
        return number if text else ""
    if isinstance(KEYS[key], bool):
        if text not in {"true", "false"}:
            raise ValueError(text)
        return text == "true"
    return int(text) if isinstance(KEYS[key], int) else text


def _of_another_project(other: str, key: str, project: str) -> str:
    secret = "--secret " if key == "secretValues" else ""
    again = f"{key} VALUE" if key in KEYS else f"{secret}--path {key}.NAME"
    return (
        f"{other}:{key}: it belongs to a project called {other}, and this one is called {project}; "
        f"type `pulumi config rm {other}:{key}` and `pulumi config set {again}`"
    )


def _unknown(key: str) -> str:
    keys = (*KEYS, *variables.KEYS)
    folded = {known.lower(): known for known in keys}
    near = difflib.get_close_matches(key.lower(), folded, n=1)
    if near:
        return f"{key}: there is no such key; did you mean {folded[near[0]]}?"
    return f"{key}: there is no such key; there are {', '.join(keys)}"
