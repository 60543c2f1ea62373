"""A front, as JSON values, into one self-contained page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commandline import printable
from cost import words
from cost.front import chart
from cost.front import text as front_text
from cost.front.words import WAIT_TITLES, wait
from cost.report import file, html, text


def page(data: Mapping[str, Any]) -> str:
    """The page: no script, no style and no font from elsewhere."""
    return printable(
        html.render(
            "front.html",
            data=data,
            words=words,
            wait=wait,
            wait_titles=WAIT_TITLES,
            price=text.price,
            bill_of=front_text.bill_of,
            to_make=front_text.to_make(data),
            chart=chart.front(data),
            sources=html.sources([point["bill"] for point in data["front"]]),
        )
    )


def write(data: Mapping[str, Any], path: Path) -> None:
    """Write the page; UserError if that cannot be, or would overwrite a file that is not such a page."""
    file.save(page(data), path)
