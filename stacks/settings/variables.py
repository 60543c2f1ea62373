"""Checks the app's own settings and secrets, as a person typed them: gives maps by variable, or errors."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import platforms
from stacks.settings import by_platform
from stacks.settings.stack_file import IsSecret

# Keys that hold a map each. Pulumi.yaml declares them, with {} as the default.
KEYS = ("environment", "secrets", "secretValues")

NO_SECRETS = {
    "environment": "and what is in environment is in the state as plain text",
    "secrets": "and secrets holds names in the platform's own store, no values",
}

# What every platform takes as a variable's name; Lambda is the strictest.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
# Variables that belong to the image; a platform's table has those that the stack sets or the platform keeps.
OF_THE_IMAGE = {
    "APP": "the key app",
    "APP_DIR": "the key appDir",
    "BUILD_ID": "the build",
    "HEALTH_PATH": "health in app.toml",
    "RUN_MODE": "the platform",
}

# What OpenTelemetry's exporter reads; the stack's key otlpEndpoint sets it.
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@dataclass(frozen=True)
class Variables:
    """The variables of the app's environment, by name."""

    plain: Mapping[str, str] = field(default_factory=dict[str, str])
    stored: Mapping[str, str] = field(default_factory=dict[str, str])  # to a name in the platform's own store
    # Values that the stack puts into that store; no log and no error may show them.
    values: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def has_secrets(self) -> bool:
        """Whether there is any."""
        return bool(self.stored or self.values)


def read(
    config: Mapping[str, str],
    project: str,
    platform: str,
    region: str,
    is_secret: IsSecret,
    otlp_endpoint: str = "",
) -> tuple[Variables, list[str]]:
    """The Variables of a configuration, and its problems; no sentence shows a secret value.

    `otlp_endpoint` is one of them too, if it is set.
    """
    maps, problems = dict[str, dict[str, str]](), list[str]()
    for key in KEYS:
        maps[key], wrong = _map(key, config.get(f"{project}:{key}") or "{}")
        secret = {name for name in maps[key] if is_secret(f"{project}:{key}", name)}
        problems += wrong + _secrecy(key, sorted(maps[key]), secret)
        if key != "secretValues":
            maps[key] = {name: value for name, value in maps[key].items() if name not in secret}
    for key, entries in maps.items():
        problems += [problem for name in entries for problem in _name(key, name, platform)]
    traces = {ENDPOINT: otlp_endpoint} if otlp_endpoint else {}
    problems += _twice({**maps, "otlpEndpoint": traces})
    maps["environment"] = maps["environment"] | traces
    problems += [
        problem
        for name, place in maps["secrets"].items()
        for problem in _place(name, place, platform, region)
    ]
    problems += _sizes(maps, platform) + _empty(maps["environment"], platform)
    return Variables(maps["environment"], maps["secrets"], maps["secretValues"]), problems


def _map(key: str, text: str) -> tuple[dict[str, str], list[str]]:
    try:
        parsed: Any = json.loads(text)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        return {}, [f"{key}: it is no map; type `pulumi config set --path {key}.NAME VALUE`"]
    entries: dict[str, Any] = parsed
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in entries.items()
        if isinstance(value, str | int | float)
    }
    return texts, [f"{key}.{name}: allowed is one text" for name in entries.keys() - texts.keys()]


def _secrecy(key: str, names: list[str], secret: Collection[str]) -> list[str]:
    if key == "secretValues":
        return [
            f"{key}.{name}: it is in the stack's file as plain text; type `pulumi config set --secret --path "
            f"{key}.{name}`, and treat the value as known to others"
            for name in names
            if name not in secret
        ]
    return [
        f"{key}.{name}: it was set with --secret, {NO_SECRETS[key]}; type `pulumi config rm --path {key}.{name}` and "
        f"`pulumi config set --secret --path secretValues.{name}`"
        for name in names
        if name in secret
    ]


def _name(key: str, name: str, platform: str) -> list[str]:
    if not NAME.fullmatch(name):
        return [f"{key}.{name}: allowed as a name are letters, digits and _, two or more, a letter first"]
    if name in OF_THE_IMAGE:
        return [f"{key}.{name}: this variable belongs to the image; {OF_THE_IMAGE[name]} decides it"]
    if by_platform.of(platform).reserved.fullmatch(name):
        return [f"{key}.{name}: this variable is set for {platforms.TITLES[platform]} already"]
    return []


def _twice(maps: Mapping[str, Mapping[str, str]]) -> list[str]:
    names = [name for entries in maps.values() for name in entries]
    return [
        f"{name}: it is in {' and in '.join(key for key in maps if name in maps[key])}; one of them has to go"
        for name in sorted({name for name in names if names.count(name) > 1})
    ]


def _place(name: str, place: str, platform: str, region: str) -> list[str]:
    store = by_platform.of(platform).secrets
    match = store.names.fullmatch(place)
    if not match:
        return [f"secrets.{name}: it is {place!r}; allowed is {store.allowed}"]
    its_region = match.groupdict().get("region")
    if its_region and region and its_region != region:
        return [f"secrets.{name}: it is in {its_region}, and this stack is in {region}"]
    return []


def _sizes(maps: Mapping[str, Mapping[str, str]], platform: str) -> list[str]:
    most = platforms.limit(platform, "secret_bytes")
    problems = [
        f"secretValues.{name}: allowed are 1 to {most} bytes"
        for name, value in maps["secretValues"].items()
        if not 1 <= len(value.encode()) <= most
    ]
    if platforms.has(platform, "environment_bytes"):
        room = platforms.limit(platform, "environment_bytes")
        taken = sum(len(f"{name}{value}".encode()) for name, value in maps["environment"].items())
        # Each secret takes part of it too, by its name.
        taken += sum(len(name) + len(maps["secrets"].get(name, "")) + 60 for name in _secret_names(maps))
        if taken > room:
            problems.append(
                f"environment: it takes {taken} bytes with the names of the secrets; "
                f"{platforms.TITLES[platform]} allows {room}"
            )
    return problems


def _empty(environment: Mapping[str, str], platform: str) -> list[str]:
    # The platform leaves such a variable out, and each `up` would find it missing.
    return [
        f"environment.{name}: it is empty; {platforms.TITLES[platform]} drops a variable without a value. Type "
        f"`pulumi config rm --path environment.{name}`"
        for name, value in environment.items()
        if not value and by_platform.of(platform).drops_empty_variables
    ]


def _secret_names(maps: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [*maps["secrets"], *maps["secretValues"]]
