"""An app's modules may be called whatever they like: nothing of this project takes their place, nor they its."""

import sys
import urllib.request
from pathlib import Path

import pytest

from appfolder.settings import ROOT
from local import Emulator, Settings

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("emulators")]

# What this project's folders and modules are called, but for names of Python's own modules.
OURS = sorted(
    {
        path.stem
        for path in [*ROOT.glob("*.py"), *ROOT.glob("*/__init__.py"), *(ROOT / "serve").glob("*.py")]
        for path in [path.parent if path.name == "__init__.py" else path]
    }
    - sys.stdlib_module_names
    - {"__main__", ROOT.name}
)
APP = f"""
import importlib

def app(environ, start_response):
    names = {OURS!r}
    theirs = [name for name in names if getattr(importlib.import_module(name), "mine", False)]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [" ".join(theirs).encode()]
"""


@pytest.mark.parametrize("platform", ["aws", "gcp"])
def test_every_name_of_ours_is_theirs_to_use(platform: str, tmp_path: Path) -> None:
    assert {"serve", "local", "app", "doctor", "loader", "usererror"} <= set(OURS)
    (tmp_path / "shop.py").write_text(APP)
    for number, name in enumerate(OURS):
        # Half of them as modules, half as packages.
        file = tmp_path / f"{name}.py" if number % 2 else tmp_path / name / "__init__.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine = True\n")
    settings = Settings(
        app="shop:app", app_dir=tmp_path, python=Path(sys.executable), health="", log=tmp_path / "log"
    )

    with Emulator(platform, settings) as emulator, urllib.request.urlopen(emulator.url, timeout=60) as answer:
        theirs = answer.read().decode().split()

    assert theirs == OURS


def test_the_doors_say_nothing_of_what_they_are_called() -> None:
    """Beside an app their package has another name than here, so an import by its name would fail there."""
    named = [
        f"{path.name}: {line}"
        for path in (ROOT / "serve").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith(("from serve", "import serve"))
    ]

    assert named == []
