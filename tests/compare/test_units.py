"""Durations and shares as people write them, and in words."""

from compare.units import seconds, share, spoken


def test_durations_and_shares_are_read_as_people_write_them() -> None:
    """And said back in words."""
    assert [seconds(text, "--x") for text in ("500ms", "90", "1.5s", "10m", "2h")] == [
        0.5,
        90,
        1.5,
        600,
        7200,
    ]
    assert [share(text, "--x") for text in ("5%", "0.05", "110 %", "0")] == [0.05, 0.05, 1.1, 0]
    assert [spoken(value) for value in (4, 89, 120, 9600, 7200, 172_799, 273_600)] == [
        "4 s",
        "89 s",
        "2 min",
        "2 h 40 min",
        "2 h",
        "2 days",
        "3 days 4 h",
    ]
