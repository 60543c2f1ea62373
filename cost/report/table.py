"""Makes of an advice, as JSON values, a title, sentences and one table of text, for a part of another report."""

from collections.abc import Mapping
from typing import Any

from cost import words

COLUMNS = ["platform", "wait for a start", "p50", "p95", "p99", "a month", "without the free tier"]


def of_advice(data: Mapping[str, Any]) -> dict[str, Any]:
    """title, words (a list of sentences), columns, rows (lists of text, as many as columns), notes (a list)."""
    return {
        "title": "What it would cost, who would wait",
        "words": [
            f"At {words.monthly(data['monthly'])}: {data['traffic']}.",
            data["recommendation"],
            *([data["less"]] if data.get("less") else []),
            *([f"With the free tiers, {', '.join(changes)}."] if (changes := words.changes(data)) else []),
        ],
        "columns": COLUMNS,
        "rows": [_row(option) for option in data["options"]],
        "notes": data["notes"],
    }


def _row(option: Mapping[str, Any]) -> list[str]:
    waiting = option["waiting"]
    return [
        option["title"],
        words.ranged(words.share, waiting),
        *(
            words.ranged(words.seconds, figure) if figure else "n too small"
            for figure in option["latency"].values()
        ),
        _month(option["free"], option["dollars"]),
        _month(option["list_price"], option["list_dollars"]),
    ]


def _month(bill: Mapping[str, Any], dollars: Mapping[str, float]) -> str:
    """A month's total, its range, and the lines that both leave out because their price is not confirmed."""
    spread = words.spread(words.money(dollars["low"]), words.money(dollars["high"]))
    left_out = f"and {words.money(bill['unsure'])} not confirmed" if bill["unsure"] else ""
    return "\n".join(line for line in (words.total(bill), spread, left_out) if line)
