"""Apps for the doctor, and what it says of them."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from appfolder.settings import App, Request
from doctor import at_import

WHOLE = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""


def app_of(folder: Path, text: str, **changes: Any) -> App:
    (folder / "shop.py").write_text(text)
    (folder / "requirements.txt").touch()
    return replace(App(folder, "shop:app", health="/", request=Request(path="/?measured")), **changes)


def seen(app: App) -> dict[str, Any]:
    found = at_import.look(app, Path(sys.executable))
    assert isinstance(found, dict), found
    return found


def texts(findings: Any) -> list[str]:
    return [finding.text for finding in findings]
