"""The file of published cold starts and idle times as values, each with its source and the month it was read."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "starts.toml"


@dataclass(frozen=True)
class Start:
    """How long starts take: quantiles are (share of starts, seconds at most), ascending; see starts.toml."""

    quantiles: tuple[tuple[float, float], ...]
    unbilled: float
    supported: float
    what: str
    source: str
    read: str
    note: str


@dataclass(frozen=True)
class Idle:
    """How long an idle instance stays, seconds: least, most likely, most."""

    seconds: tuple[float, float, float]
    source: str
    read: str
    note: str


def start(platform: str) -> Start:
    """The published start of a platform; KeyError for another name."""
    table = dict(_tables()[platform]["start"])
    quantiles = tuple((share, seconds) for share, seconds in table.pop("quantiles"))
    return Start(quantiles=quantiles, **table)


def idle(platform: str) -> Idle:
    """The published idle time of a platform; KeyError for another name."""
    table = dict(_tables()[platform]["idle"])
    least, likely, most = table.pop("seconds")
    return Idle(seconds=(least, likely, most), **table)


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
