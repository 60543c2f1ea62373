"""Writes an advice, as JSON values, as one self-contained page, or as a part of another page."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from commandline import printable
from cost import words
from cost.report import chart, file, text
from cost.report.file import MADE_BY

HERE = Path(__file__).parent


def page(data: Mapping[str, Any]) -> str:
    """The page: no script, no style and no font from elsewhere, and no control character."""
    return printable(render("page.html", section=section(data), **_values(data)))


def section(data: Mapping[str, Any]) -> Markup:
    """The part of a page, with its own style, which touches nothing outside of it; headings begin at h2."""
    return Markup(render("section.html", **_values(data)))  # noqa: S704 -- the template escapes


def render(template: str, **values: Any) -> str:
    """A template of this folder with its values."""
    return _environment().get_template(template).render(made_by=Markup(MADE_BY), **values)  # noqa: S704 -- a constant


def write(data: Mapping[str, Any], path: Path) -> None:
    """Write the page; UserError if that cannot be, or would overwrite a file that is not such a page."""
    file.save(page(data), path)


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "data": data,
        "words": words,
        "price": text.price,
        "bills": chart.bills(data),
        "latencies": chart.latencies(data),
        "sources": sources([option["list_price"] for option in data["options"]]),
    }


def sources(bills: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Each page that a price of some bills was read from, and when, once."""
    lines = [line for bill in bills for line in bill["lines"]]
    return sorted({(line["source"], line["read"]) for line in lines})


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
