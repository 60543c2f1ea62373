"""What people type for durations and shares into numbers: "1.5s", "10m", "5%"."""

import re

from commandline import UserError

_SECONDS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds(text: str, option: str) -> float:
    """Seconds of "500ms", "90", "1.5s", "10m" or "2h"; UserError naming `option` for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|)", text.strip())
    if not match:
        raise UserError(f"{option} is {text!r}; it is a duration such as 500ms, 90, 1.5s, 10m or 2h")
    return float(match[1]) * _SECONDS[match[2]]


def share(text: str, option: str) -> float:
    """The fraction of "5%" or "0.05"; UserError naming `option` for anything else, and for a bare "5"."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", text.strip())
    if not match or (not match[2] and float(match[1]) >= 1):
        raise UserError(f"{option} is {text!r}; it is a share such as 5% or 0.05")
    return float(match[1]) / (100 if match[2] else 1)


def spoken(duration: float) -> str:
    """Seconds as people say them: "40 s", "3 min", "2 h 40 min", "3 days 4 h"."""
    if duration < 90:  # noqa: PLR2004 -- up to a minute and a half seconds read better
        return f"{duration:.0f} s"
    minutes = round(duration / 60)
    if minutes < 60:  # noqa: PLR2004 -- minutes in an hour
        return f"{minutes} min"
    hours = round(minutes / 60)
    if hours >= 48:  # noqa: PLR2004 -- two days
        return f"{hours // 24} days" + (f" {hours % 24} h" if hours % 24 else "")
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
