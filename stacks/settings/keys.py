"""The keys of a stack, and a configuration's text turned into a value for each of them."""

import difflib
from collections.abc import Mapping

from stacks.settings import variables
from stacks.settings.rules import Value

# Every key with its neutral value, which says nothing and leaves the choice to the platform. Pulumi.yaml declares
# the same (tested): the engine demands a default of each key there and copies it into every stack's configuration.
KEYS: dict[str, Value] = {
    "platform": "",
    "app": "",
    "appDir": "",
    "image": "",
    "memory": 512,
    "cpu": "",
    "architecture": "amd64",
    "timeout": 0,
    "concurrency": 0,
    "minInstances": 0,
    "maxInstances": 0,
    "door": "http-api",
    "eventsPath": "",
    "throttleRate": 0,
    "throttleBurst": 0,
    "logDays": 0,
    "tracing": False,
    "otlpEndpoint": "",
    "canaryPercent": 100,
    "pin": "",
    "access": "public",
    "jwtIssuer": "",
    "jwtAudience": "",
    "invokers": "",
    "alarmEmail": "",
    "budget": 0,
    "billingAccount": "",
    "wakeUp": True,
    "domain": "",
    "dnsZone": "",
    "domainReady": False,
}

# Whose keys stand beside the project's own in a configuration.
PROVIDERS = ("aws", "awsx", "gcp", "docker-build", "pulumi")
KINDS: dict[type, str] = {int: "a whole number", bool: "true or false"}


def typed(config: Mapping[str, str], project: str) -> tuple[dict[str, Value], set[str], list[str]]:
    """The value of each key, the keys whose text is none of their type, and what is wrong."""
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
        return float(text) if text else ""
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
