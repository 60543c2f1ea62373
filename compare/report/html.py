"""A Report into one self-contained page."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from compare.report import words
from compare.report.model import Report

_HERE = Path(__file__).parent


def page(report: Report) -> str:
    """The page: no script, no style and no font from elsewhere."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("page.html").render(report=report, words=words)
