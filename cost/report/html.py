"""Writes an advice, as JSON values, as one self-contained page, or as a part of another page."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from commandline import UserError, printable
from cost import words
from cost.report import chart, text

HERE = Path(__file__).parent
MADE_BY = '<meta name="generator" content="python -m cost">'


def page(data: Mapping[str, Any]) -> str:
    """The page: no script, no style and no font from elsewhere, and no control character."""
    template = _environment().get_template("page.html")
    return printable(template.render(_values(data), section=section(data), made_by=Markup(MADE_BY)))  # noqa: S704 -- a constant


def section(data: Mapping[str, Any]) -> Markup:
    """The part of a page, with its own style, which touches nothing outside of it; headings begin at h2."""
    return Markup(_environment().get_template("section.html").render(_values(data)))  # noqa: S704 -- the template escapes


def write(data: Mapping[str, Any], path: Path) -> None:
    """Write the page; UserError if it cannot be written, or would overwrite a file that is not such a page."""
    try:
        if path.exists() and MADE_BY not in path.read_text(encoding="utf-8", errors="replace"):
            raise UserError(f"{path} exists and is not a page of this tool: name another file")
        path.write_text(page(data), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error}") from None


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "data": data,
        "words": words,
        "price": text.price,
        "bills": chart.bills(data),
        "latencies": chart.latencies(data),
        "sources": _sources(data),
    }


def _sources(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each page that a price was read from, once, with the month."""
    lines = [line for option in data["options"] for line in option["list_price"]["lines"]]
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
