"""The platforms' limits and prices as values, each with its source and the date it was read."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NAMES = ("aws", "gcp", "apprunner", "ecs")
TITLES = {
    "aws": "AWS Lambda",
    "gcp": "Cloud Run",
    "apprunner": "App Runner",
    "ecs": "ECS Express Mode",
}


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
    """Every limit of `platform`, one of NAMES, by name.

    Raises KeyError for another platform, TypeError where an entry lacks a part.
    """
    tables = tomllib.loads((HERE / "limits.toml").read_text(encoding="utf-8"))[platform]
    return {name: Limit(**table) for name, table in tables.items()}


def has(platform: str, name: str) -> bool:
    """Whether limits.toml has a limit of that name for `platform`."""
    return name in limits(platform)


def limit(platform: str, name: str) -> Any:
    """The value alone of one limit, in the unit that limits.toml gives; KeyError if there is no such limit."""
    return limits(platform)[name].value


def limit_or(platform: str, name: str, default: Any) -> Any:
    """The value of one limit, or `default` for a platform without such a limit."""
    return limit(platform, name) if has(platform, name) else default


def calls_a_function(platform: str) -> bool:
    """Whether a platform hands events to a function, where others send requests to a port."""
    return has(platform, "function_timeout_maximum")


def scales_by_cpu(platform: str) -> bool:
    """Whether a platform adds instances for their CPU, where others do for the requests at hand."""
    return has(platform, "scaling_cpu")


def least_instances(platform: str) -> int:
    """How many instances a platform always runs, called or not: 0 where it scales to zero."""
    return limit_or(platform, "instances_minimum", 0)


def keeps_an_instance(platform: str | None) -> bool:
    """Whether a platform never scales to zero; of one that is not known nobody can say so."""
    return platform is not None and least_instances(platform) > 0
