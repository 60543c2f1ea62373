"""The patterns of traffic that have names, and of those that follow the week, how much each of its hours has."""

import math

WEEK_HOURS = 168


def _day_and_night() -> list[float]:
    """Most at three in the afternoon, a ninth of that at three in the morning."""
    return [1 + 0.8 * math.cos((hour - 15) / 24 * 2 * math.pi) for hour in range(24)]


def _office_week() -> list[float]:
    """Nineteen in twenty requests between 8 and 18 o'clock from Monday to Friday."""
    office = [day < 5 and 8 <= hour < 18 for day in range(7) for hour in range(24)]  # noqa: PLR2004 -- days, hours
    hours = sum(office)
    return [0.95 / hours if inside else 0.05 / (WEEK_HOURS - hours) for inside in office]


RHYTHMS: dict[str, tuple[str, list[float]]] = {
    "daily": ("most in the afternoon, few at night", _day_and_night() * 7),
    "weekly": (
        "most in the afternoon, few at night, and half as many at weekends",
        _day_and_night() * 5 + [weight / 2 for weight in _day_and_night()] * 2,
    ),
    "office-hours": ("95% of them on working days between 8 and 18 o'clock", _office_week()),
}
PATTERNS = ("steady", "bursty", *RHYTHMS)
