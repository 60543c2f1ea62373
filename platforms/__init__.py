"""The platforms' limits and prices as values, each with its source and the date it was read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).parent
TITLES = {
    "aws": "AWS Lambda",
    "gcp": "Cloud Run",
    "apprunner": "App Runner",
    "ecs": "ECS Express Mode",
}
NAMES = tuple(TITLES)
_T = TypeVar("_T")


class FactError(LookupError):
    """A part of the project says nothing of a platform; the text names the platform and the place."""


@dataclass(frozen=True)
class Limit:
    """One fact about a platform: a number or a table of numbers, its unit, where and when (YYYY-MM) it was read."""

    value: Any
    unit: str
    source: str
    read: str
    note: str = ""


@cache
def limits(platform: str) -> dict[str, Limit]:
    """Every limit of `platform`, one of NAMES, by name; FactError for another platform.

    Raises TypeError if an entry lacks a part.
    """
    tables = of(
        tomllib.loads((HERE / "limits.toml").read_text(encoding="utf-8")), platform, "platforms/limits.toml"
    )
    return {name: Limit(**table) for name, table in tables.items()}


def of(table: Mapping[str, _T], platform: str, place: str) -> _T:
    """The entry of `platform` in a table by platform.

    FactError names `place`, where the table stands: a platform without an entry never gets another platform's.
    """
    if platform not in table:
        raise FactError(f"{platform}: {place} has nothing about it")
    return table[platform]


def has(platform: str, name: str) -> bool:
    """Whether limits.toml has a limit of that name for `platform`."""
    return name in limits(platform)


def limit(platform: str, name: str) -> Any:
    """The value alone of one limit, in the unit that limits.toml gives; FactError if there is no such limit."""
    if name not in limits(platform):
        raise FactError(f"{platform}: platforms/limits.toml has no {name}")
    return limits(platform)[name].value


def limit_or(platform: str, name: str, default: Any) -> Any:
    """The value of one limit, or `default` for a platform without such a limit."""
    return limit(platform, name) if has(platform, name) else default


def calls_a_function(platform: str) -> bool:
    """Whether a platform hands events to a function; the others send requests to a port."""
    return has(platform, "function_timeout_maximum")


def scales_by_cpu(platform: str) -> bool:
    """Whether a platform adds instances by the CPU that they use; the others add them by the requests at hand."""
    return has(platform, "scaling_cpu")


def least_instances(platform: str) -> int:
    """How many instances a platform always runs, with requests or without; 0 if it scales to zero."""
    return limit_or(platform, "instances_minimum", 0)


def keeps_an_instance(platform: str | None) -> bool:
    """Whether a platform never scales to zero; False if the platform is not known."""
    return platform is not None and least_instances(platform) > 0
