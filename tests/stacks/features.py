"""Every key of a stack once away from its default, alone and in pairs, for each platform."""

import itertools
import json
import random
from collections.abc import Mapping
from functools import cache
from typing import Any

from stacks.settings import ConfigError
from stacks.settings.rules import COMMON, rules
from tests.stacks.graph import service

Settings = Mapping[str, Any]
# Keys that say where and which, and those that need a release of before; each has tests of its own.
NOT_HERE = {"platform", "image", "pin", "app", "appDir"}
_TOKENS = {"access": "jwt", "jwtIssuer": "https://login.example.com/", "jwtAudience": "a,b"}
_ALARM = {"alarmEmail": "ops@example.com"}
_DOMAIN = {"domain": "api.example.com"}
# By the key that each is about, with what that key needs besides.
EVERYWHERE: dict[str, Settings] = {
    "alarmEmail": _ALARM,
    "otlpEndpoint": {"otlpEndpoint": "https://collector.example.com"},
    "environment": {"environment": {"GREETING": "hello"}},
    "secretValues": {"secretValues": {"TOKEN": "a secret"}},
}
OF_PLATFORM: dict[str, dict[str, Settings]] = {
    "aws": {
        "memory": {"memory": 1769},
        "architecture": {"architecture": "arm64"},
        "timeout": {"timeout": 7},
        "minInstances": {"minInstances": 1},
        "maxInstances": {"maxInstances": 3},
        "door": {"door": "function-url"},
        "snapStart": {"snapStart": True},
        "eventsPath": {"eventsPath": "/events"},
        "throttleRate": {"throttleRate": 3},
        "throttleBurst": {"throttleBurst": 4},
        "logDays": {"logDays": 7},
        "tracing": {"tracing": True},
        "canaryPercent": {"canaryPercent": 10},
        "access": {"access": "private"},
        "jwtIssuer": _TOKENS,
        "jwtAudience": _TOKENS,
        "budget": {**_ALARM, "budget": 5},
        "wakeUp": {"wakeUp": False},
        "domain": _DOMAIN,
        "dnsZone": {**_DOMAIN, "dnsZone": "example.com"},
        "domainReady": {**_DOMAIN, "domainReady": True},
    },
    "gcp": {
        "memory": {"memory": 1024},
        "cpu": {"cpu": "0.5"},
        "timeout": {"timeout": 7},
        "billing": {"billing": "instance"},
        "concurrency": {"concurrency": 5},
        "minInstances": {"minInstances": 1},
        "maxInstances": {"maxInstances": 3},
        "canaryPercent": {"canaryPercent": 10},
        "access": {"access": "private"},
        "invokers": {"access": "private", "invokers": "user:ann@example.com,user:bob@example.com"},
        "budget": {**_ALARM, "budget": 5, "billingAccount": "0A1B2C-3D4E5F-6A7B8C"},
        "billingAccount": {**_ALARM, "budget": 6, "billingAccount": "0A1B2C-3D4E5F-6A7B8C"},
        "domain": _DOMAIN,
        "dnsZone": {**_DOMAIN, "dnsZone": "example.com"},
    },
    "apprunner": {
        "memory": {"memory": 1024},
        "cpu": {"cpu": "0.5", "memory": 1024},
        "concurrency": {"concurrency": 5},
        "minInstances": {"minInstances": 2},
        "maxInstances": {"maxInstances": 3},
        "budget": {**_ALARM, "budget": 5},
        "domain": _DOMAIN,
        "dnsZone": {**_DOMAIN, "dnsZone": "example.com"},
    },
    "ecs": {
        "memory": {"memory": 1024},
        "cpu": {"cpu": "0.5", "memory": 1024},
        "minInstances": {"minInstances": 2},
        "maxInstances": {"maxInstances": 3},
        "logDays": {"logDays": 7},
        "budget": {**_ALARM, "budget": 5},
    },
}


def features(platform: str) -> dict[str, Settings]:
    """What is set for each key of `platform`."""
    return {**OF_PLATFORM[platform], **EVERYWHERE}


def keys(platform: str) -> set[str]:
    """The keys of `platform` that leave a choice and belong here."""
    fixed = {
        key for key, rule in rules(platform).items() if not rule.is_free and len(list(rule.allowed)) == 1
    }
    return {*rules(platform), *COMMON, "environment", "secretValues"} - NOT_HERE - fixed


def together(chosen: Settings, more: Settings) -> dict[str, Any] | None:
    """Both, or None if they want one key to be two things."""
    if any(chosen[key] != more[key] for key in {*chosen} & {*more}):
        return None
    return {**chosen, **more}


def is_allowed(platform: str, settings: Settings) -> bool:
    """Whether a stack of `platform` takes `settings`."""
    try:
        service(platform, **as_text(settings))
    except ConfigError:
        return False
    return True


def as_text(settings: Settings) -> dict[str, Any]:
    """Maps as JSON, as the engine hands them over."""
    return {key: json.dumps(value) if isinstance(value, dict) else value for key, value in settings.items()}


@cache
def pairwise(platform: str) -> tuple[dict[str, Any], ...]:
    """Few settings among which every two features are set together that can be, and each without the other."""
    wanted, rows = set(pairs(platform)), list[dict[str, Any]]()
    drawn = random.Random(1)
    while wanted:
        tries = [_names(platform, drawn, wanted) for _ in range(20)]
        names = max(tries, key=lambda of: len(wanted & _covered(platform, of)))
        row = {key: value for name in sorted(names) for key, value in features(platform)[name].items()}
        assert is_allowed(platform, row), row
        wanted -= _covered(platform, names)
        rows.append(row)
    return tuple(rows)


@cache
def pairs(platform: str) -> frozenset[tuple[str, str, bool]]:
    """Each two features that may be set together with True; each with False with every other that it is without."""
    named = features(platform)
    alone = {(one, other, False) for one, other in itertools.permutations(named, 2)}
    both = {
        (one, other, True)
        for one, other in itertools.combinations(named, 2)
        if (row := together(named[one], named[other])) is not None and is_allowed(platform, row)
    }
    return frozenset(alone | both)


def _names(platform: str, drawn: random.Random, wanted: set[tuple[str, str, bool]]) -> frozenset[str]:
    """Features in a random order, each that goes with those before; begun with a pair that is wanted yet."""
    one, other, both = drawn.choice(sorted(wanted))
    rest = [name for name in features(platform) if name not in (one, other) and drawn.random() < 0.6]
    drawn.shuffle(rest)
    names = [one, *([other] if both else [])]
    for name in rest:
        if all({(name, before, True), (before, name, True)} & pairs(platform) for before in names):
            names.append(name)
    return frozenset(names)


def _covered(platform: str, names: frozenset[str]) -> set[tuple[str, str, bool]]:
    order = list(features(platform))
    both = {(one, other, True) for one, other in itertools.combinations(order, 2) if {one, other} <= names}
    alone = {(one, other, False) for one in names for other in order if other not in names}
    return both | alone
