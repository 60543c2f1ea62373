"""The variables with which a process of entrypoint.sh starts, before those of its platform and of its app."""

import os
import sys
from pathlib import Path

from appfolder import environment as appfolder
from local.settings import ROOT, Settings

ENTRYPOINT = ROOT / "serve" / "entrypoint.sh"
# Variables of an env file that say where the app is and listens. Here that is as the emulation says.
OURS = ("APP_DIR", "HOST")


def of_a_process(settings: Settings, python_path: str, path: str) -> tuple[Path, dict[str, str]]:
    """The entrypoint, and the variables that it needs. The app's own PYTHONPATH and PATH stay in them, "" for none."""
    # entrypoint.sh takes python3 from PATH.
    python = settings.python or Path(sys.executable)
    variables = {
        "PATH": joined(str(python.parent), path or os.environ.get("PATH", os.defpath)),
        "HOST": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",  # as in the image
    }
    if settings.app_dir and settings.app:
        variables |= appfolder.variables(settings.app_dir, settings.app, python_path)
        return appfolder.doors() / ENTRYPOINT.name, variables
    return ENTRYPOINT, variables | ({"PYTHONPATH": python_path} if python_path else {})


def joined(first: str, others: str) -> str:
    """Two lists of folders as one."""
    return os.pathsep.join(filter(None, (first, others)))
