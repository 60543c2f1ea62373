"""Another checkout of this project, with an app.toml of its own."""

import shutil
from pathlib import Path

from appfolder.settings import ROOT

FOLDERS = ("app", "appfolder", "compare", "cost", "local", "platforms", "requirements", "runs", "serve")
FILES = ("commandline.py", "terminal.py", "usererror.py", "app.toml", "Dockerfile")


def checkout(folder: Path) -> Path:
    """Copy what `python -m compare` and `python -m local` need into `folder`, which is given back."""
    for name in FOLDERS:
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "start.index")
        )
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    return folder
