"""Amounts, shares and times in words."""

import pytest

from cost import words


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "$0.00"),
        (0.004, "under $0.01"),
        (0.28, "$0.28"),
        (12.345, "$12.35"),
        (1234.5, "$1,234"),
        (None, "unknown"),
    ],
)
def test_money_is_never_rounded_to_nothing(value: float | None, expected: str) -> None:
    assert words.money(value) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (0, "no request waits for a start"),
        (0.00001, "hardly any request waits for a start"),
        (0.00101, "1 request in 990 waits for a start"),
        (0.0069, "1 request in 140 waits for a start"),
        (0.13, "13% of the requests wait for a start"),
        (1, "every request waits for a start"),
    ],
)
def test_who_waits_in_words(part: float, expected: str) -> None:
    assert words.one_in(part) == expected


def test_shares_counts_and_times_in_words() -> None:
    assert [words.share(part) for part in (0, 1e-6, 0.00123, 0.0456, 1)] == [
        "none",
        "under 0.01%",
        "0.12%",
        "4.6%",
        "100.0%",
    ]
    assert [words.count(number) for number in (0, 999, 40_000, 2_942_650)] == ["0", "999", "40 k", "2.94 M"]
    assert [words.seconds(value) for value in (0.0123, 0.4756, 0.9996, 1.753, 24.97, 135.2)] == [
        "12 ms",
        "476 ms",
        "1.00 s",
        "1.75 s",
        "25.0 s",
        "135 s",
    ]
    assert [words.monthly(number) for number in (1, 40_000)] == [
        "1 request a month",
        "40,000 requests a month",
    ]


@pytest.mark.parametrize(
    ("known", "at_least", "expected"),
    [(0.004, False, "under $0.01"), (0.004, True, "at least $0.00"), (3404.28, True, "at least $3,404")],
)
def test_a_total_in_words(known: float, at_least: bool, expected: str) -> None:
    assert words.total({"total": known, "at_least": at_least}) == expected
