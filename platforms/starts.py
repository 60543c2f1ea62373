"""Published cold starts and idle times as values, each with its source and the month in which it was read."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from platforms import of

FILE = Path(__file__).parent / "starts.toml"
_PLACE = "platforms/starts.toml"


@dataclass(frozen=True)
class Start:
    """How long starts take: quantiles are (share of starts, seconds at most), ascending; see starts.toml.

    imported: whether an app's imports are in it. boosted: whether an instance has a whole vCPU while it starts.
    """

    quantiles: tuple[tuple[float, float], ...]
    unbilled: float
    imported: bool
    boosted: bool
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


def start(platform: str, variant: str = "") -> Start:
    """The published start of a platform, or of one of its variants that has its own; FactError for another name."""
    of_platform = of(_tables(), platform, _PLACE)
    table = of_platform["start"] | of_platform.get(f"start_{variant}", {})
    factor = table.pop("factor", 1.0)
    quantiles = tuple((share, seconds * factor) for share, seconds in table.pop("quantiles"))
    return Start(quantiles=quantiles, **table)


def idle(platform: str) -> Idle:
    """The published idle time of a platform; FactError for another name."""
    table = dict(of(_tables(), platform, _PLACE)["idle"])
    least, likely, most = table.pop("seconds")
    return Idle(seconds=(least, likely, most), **table)


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
